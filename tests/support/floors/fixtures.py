"""Floors on a database of one's own."""

from collections.abc import AsyncIterator

import pytest

from support.floors.booking_floor import Floor, open_floor
from support.floors.use_case_env import World, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The small floor with POLICY live."""
    async with open_world(database_url) as world:
        yield world


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    """The small floor with calendars: leads that can be handed over, closers who can be booked."""
    async with open_floor(database_url) as floor:
        yield floor

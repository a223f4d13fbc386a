"""The small floor with POLICY live."""

from collections.abc import AsyncIterator

import pytest

from worlds import World, open_world


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as world:
        yield world

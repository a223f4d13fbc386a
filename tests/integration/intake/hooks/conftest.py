"""The small floor with connections that take in."""

from collections.abc import AsyncIterator

import pytest

from support.floors.hook_floor import HookFloor, open_hook_floor


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[HookFloor]:
    async with open_hook_floor(database_url) as opened:
        yield opened

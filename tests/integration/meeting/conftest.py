"""A floor with calendars, on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from meeting_floor import Floor, open_floor


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as floor:
        yield floor

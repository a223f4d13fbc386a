"""The service over the small floor of use cases."""

from collections.abc import AsyncIterator

import pytest

from pointsman.settings import Settings, load_settings
from support.floors.use_case_env import World, open_world
from support.http.keys import SECRET


@pytest.fixture
def settings(database_url: str, world: World) -> Settings:
    return load_settings(database_url=database_url, secret_keys=SECRET, pool_size=5)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened

"""Fixtures of the tests of Google Calendar."""

from collections.abc import AsyncIterator

import pytest

from contract.google.world import World
from pointsman_google import GoogleConnector
from pointsman_google.fake import Description


@pytest.fixture
async def world(anyio_backend: object) -> AsyncIterator[World]:
    made = World()
    async with made.http:
        yield made
    assert made.vendor.faults == [], "a request that Google's description does not know"


@pytest.fixture
def google(world: World) -> GoogleConnector:
    return world.connect()


@pytest.fixture
def description() -> Description:
    found = Description.from_environment()
    if found is None:
        pytest.skip("POINTSMAN_GOOGLE_DISCOVERY names no description of the API (a discovery document)")
    return found

"""Fixtures of the tests of HubSpot."""

from collections.abc import AsyncIterator

import pytest

from contract.hubspot.world import World
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.fake import Description


@pytest.fixture
async def world(anyio_backend: object) -> AsyncIterator[World]:
    made = World()
    async with made.http:
        yield made
    assert made.vendor.faults == [], "a request that HubSpot's descriptions do not know"


@pytest.fixture
def hubspot(world: World) -> HubSpotConnector:
    return world.connect()


@pytest.fixture
def description() -> Description:
    found = Description.from_environment()
    if found is None:
        pytest.skip("POINTSMAN_HUBSPOT_SPECS names no folder with descriptions of the API (OpenAPI)")
    return found

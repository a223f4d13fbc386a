"""One rep with a calendar at a vendor, that is watched and was read: at each of both, or at one of them."""

from collections.abc import AsyncIterator

import pytest

from support.vendors.two_vendors import GOOGLE, MICROSOFT, TwoVendors, open_two_vendors

VENDORS = [pytest.param("anna", id=GOOGLE), pytest.param("ben", id=MICROSOFT)]


@pytest.fixture(params=VENDORS)
async def here(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[TwoVendors]:
    async with open_two_vendors(database_url, reps=[request.param]) as here:
        yield here


@pytest.fixture
async def google(database_url: str) -> AsyncIterator[TwoVendors]:
    async with open_two_vendors(database_url, reps=["anna"]) as here:
        yield here


@pytest.fixture
async def graph(database_url: str) -> AsyncIterator[TwoVendors]:
    async with open_two_vendors(database_url, reps=["ben"]) as here:
        yield here

"""The booking page without a socket, over a floor on a database of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest

from support.floors.booking_floor import Floor, open_floor
from support.http.booking_links import Page, open_page, policy_with_purpose


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=policy_with_purpose()) as floor:
        yield floor


@pytest.fixture
async def page(floor: Floor) -> AsyncIterator[Page]:
    async with open_page(floor) as page:
        yield page


@pytest.fixture
async def buyer(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(page.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://pointsman.test") as client:
        yield client

"""A floor behind the service with the pages of its leads."""

from collections.abc import AsyncIterator

import httpx
import pytest

from support.floors.booking_floor import Floor, open_floor
from support.http.booking_links import Page, open_page, policy_with_purpose
from support.http.service import caller_of, client_of


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url, policy=policy_with_purpose()) as floor:
        yield floor


@pytest.fixture
async def page(floor: Floor) -> AsyncIterator[Page]:
    async with open_page(floor) as page:
        yield page


@pytest.fixture
async def admin(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    async with caller_of(page.app, "admin") as client:
        yield client


@pytest.fixture
async def browser(page: Page) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with client_of(page.app) as client:
        yield client

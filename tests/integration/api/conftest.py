"""The service without a socket, over a database shared by tests that keep to rows of their own.

A test that needs one for itself asks for `own_database` too.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from pointsman.main import create_app
from pointsman.services.operations.api_keys import create_key
from pointsman.services.ports import Actor
from pointsman.settings import Settings, load_settings
from support.http_keys import SECRET, MakeKey


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    own = "own_database" in request.fixturenames
    url = request.getfixturevalue("database_url" if own else "shared_database_url")
    return load_settings(database_url=url, secret_keys=SECRET, pool_size=5)


@pytest.fixture
def own_database(database_url: str) -> str:
    return database_url


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pointsman.test") as opened:
        yield opened


@pytest.fixture
def sign_in(app: FastAPI) -> MakeKey:
    """`await sign_in("read")` makes a key with these scopes and gives the headers to send."""

    async def make(*scopes: str, supplier: str | None = None) -> dict[str, str]:
        made = await create_key(app.state.env, name="test", scopes=scopes, supplier=supplier, actor=Actor(name="test"))
        return {"Authorization": f"Bearer {made.token}"}

    return make

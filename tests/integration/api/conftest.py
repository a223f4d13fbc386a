"""The service without a socket, over a database shared by tests that keep to rows of their own.

A test that needs one for itself asks for `own_database` too.
"""

from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
from fastapi import FastAPI

from pointsman.settings import Settings, load_settings
from support.http.keys import SECRET, MakeKey
from support.http.service import client_of, headers_of_key, serve


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
    async with serve(settings) as made:
        yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as opened:
        yield opened


@pytest.fixture
def sign_in(app: FastAPI) -> MakeKey:
    """`await sign_in("read")` makes a key with these scopes and gives the headers to send."""

    return partial(headers_of_key, app.state.env)

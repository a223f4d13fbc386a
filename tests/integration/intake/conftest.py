"""The service over the small floor, with intakes that sign."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.intake.intakes import IntakeInput, create_intake
from pointsman.services.ports import Env
from pointsman.settings import load_settings
from support.floors.use_case_env import ADMIN, POLICY, World, open_world
from support.http.keys import SECRET as VAULT_KEY
from support.http.keys import MakeKey
from support.http.service import client_of, headers_of_key, serve
from support.http.signing import SECRET

MakeIntake = Callable[..., Awaitable[None]]

FIELDS = {
    "lead.email": "email",
    "lead.first_name": "name",
    "lead.country": "country",
    "lead.source": "source",
    "company.name": "company",
    "company.employees": "employees",
    "company.domain": "website",
}
SAMPLE = {"email": "sam.sample@sample.example", "name": "Sam", "country": "DE", "employees": "120"}


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    policy = POLICY | {"fields": {"custom.seats": "number", "custom.newsletter": "boolean"}}
    async with open_world(database_url, policy=policy) as opened:
        yield opened


@pytest.fixture
async def app(database_url: str, world: World) -> AsyncIterator[FastAPI]:
    async with serve(load_settings(database_url=database_url, secret_keys=VAULT_KEY, pool_size=10)) as made:
        yield made


@pytest.fixture
def env(app: FastAPI) -> Env:
    found: Env = app.state.env
    return found


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, raise_app_exceptions=False) as opened:
        yield opened


@pytest.fixture
def sign_in(env: Env) -> MakeKey:
    return partial(headers_of_key, env)


@pytest.fixture
def make_intake(env: Env) -> MakeIntake:
    """`await make_intake("form", mapping={...})` makes an intake that signs with plain HMAC unless told otherwise."""

    async def make(key: str, **over: Any) -> None:
        given: dict[str, Any] = {
            "title": key,
            "kind": "lead",
            "verifier": {"scheme": "hmac"},
            "secrets": [SECRET],
            "mapping": {"fields": FIELDS},
            "sample": SAMPLE,
            "active": True,
        }
        given |= over
        await create_intake(env, key, IntakeInput(**given), actor=ADMIN)

    return make

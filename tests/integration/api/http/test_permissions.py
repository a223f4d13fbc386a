"""Every operation of the description, asked by every kind of caller; the table of permissions says what is answered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.api.booking_page import routes as booking_page
from pointsman.api.http.auth import operation_of
from pointsman.domain.permissions.ask import is_allowed
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind, Scope
from pointsman.domain.permissions.operations import PERMISSIONS, TABLE, Operation
from pointsman.services.operations.api_keys import create_key
from pointsman.services.signed_links.tokens import SignedLink, sign_link
from support.floors.use_case_env import ADMIN
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

_HOURS = [{"weekday": 0, "start": "09:00", "end": "17:00"}]
_REP = {"role": "Founder", "time_zone": "Europe/Berlin", "working_hours": _HOURS}
_ROSTER = {
    "roles": [{"name": "Founder", "works": ["qualification", "closing"]}],
    "suppliers": [
        {"key": "in-house", "name": "In-house", "kind": "in-house"},
        {"key": "callwerk", "name": "Callwerk", "kind": "partner"},
    ],
    "reps": [
        {"key": "anna", "name": "Anna", "email": "anna@example.test", **_REP},
        {"key": "paul", "name": "Paul", "email": "paul@example.test", "supplier": "callwerk", **_REP},
    ],
}
#: What each kind of key is bound to.
_BINDINGS: Mapping[CallerKind, dict[str, str]] = {
    CallerKind.HOUSE: {},
    CallerKind.PARTNER: {"supplier": "callwerk"},
    CallerKind.REP: {"rep": "anna"},
    CallerKind.PARTNER_REP: {"rep": "paul"},
}
_ID = "01999999-0000-7000-8000-000000000000"
#: Values of path parameters that are neither an id nor a name that is not there.
_VALUES = {"version": "1", "other": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An operation as the description has it."""

    method: str
    path: str
    operation: Operation

    async def ask(self, client: httpx.AsyncClient, headers: dict[str, str], *, rep: str | None) -> httpx.Response:
        """Ask about things that are not there, with a body that says nothing; time off is asked of the key's own rep."""
        own = {"key": rep} if rep is not None and self.operation is Operation.TIME_OFF else {}
        values = _VALUES | own
        path = re.sub(
            r"\{(\w+)\}", lambda part: values.get(part[1], _ID if part[1].endswith("_id") else "x"), self.path
        )
        body = {} if self.method in {"POST", "PUT", "PATCH"} else None
        return await client.request(self.method, path, json=body, headers=headers)


def _endpoints(app: FastAPI) -> list[Endpoint]:
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return [
        Endpoint(method=method.upper(), path=path, operation=Operation(said["x-operation"]))
        for path, item in paths.items()
        for method, said in item.items()
    ]


async def test_every_key_may_do_what_the_table_says_and_nothing_else(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    admin = await sign_in("admin")
    saved = await client.put("/v1/roster", json=_ROSTER, headers=admin)
    assert saved.status_code == 200, saved.text
    callers = [(CallerKind.ADMIN, Scope.ADMIN, admin)]
    for kind, bound in _BINDINGS.items():
        for scope in Scope:
            if scope in SCOPES_FOR_WORK or (kind is CallerKind.HOUSE and scope is not Scope.ADMIN):
                made = await create_key(app.state.env, name="t", scopes=[scope], actor=ADMIN, **bound)
                callers.append((kind, scope, {"Authorization": f"Bearer {made.token}"}))
    wrong = []
    for kind, scope, headers in callers:
        for endpoint in _endpoints(app):
            rep = _BINDINGS.get(kind, {}).get("rep")
            answer = await endpoint.ask(client, headers, rep=rep)
            allowed = is_allowed(kind, frozenset({scope}), endpoint.operation)
            proves_itself = endpoint.operation is Operation.WEBHOOK_SEND
            if (answer.status_code not in (401, 403)) != allowed and not proves_itself:
                wrong.append(f"{kind} {scope}: {endpoint.method} {endpoint.path} {answer.status_code}")
    assert wrong == []


async def test_without_a_known_key_only_what_needs_none_is_answered(app: FastAPI, client: httpx.AsyncClient) -> None:
    env = app.state.env
    link = sign_link(env.secrets, SignedLink(id=env.new_id(), expires_at=env.clock()))
    for token in (None, f"pm_000000000000_{'0' * 48}", link):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        for endpoint in _endpoints(app):
            answer = await endpoint.ask(client, headers, rep=None)
            if not PERMISSIONS[endpoint.operation].needs_no_key:
                assert answer.status_code == 401, f"{endpoint.method} {endpoint.path}: {answer.text}"


def test_every_row_of_the_table_is_an_endpoint_and_every_endpoint_a_row(app: FastAPI) -> None:
    assert {endpoint.operation for endpoint in _endpoints(app)} == set(Operation)
    assert [row.operation for row in TABLE] == list(Operation)


def test_every_part_of_the_booking_page_is_something_that_a_buyer_may_do() -> None:
    operations = {operation_of(route) for route in booking_page.router.routes}
    assert all(is_allowed(CallerKind.BUYER, frozenset(), operation) for operation in operations)
    allowed = {row.operation for row in TABLE if CallerKind.BUYER in row.kinds and not row.needs_no_key}
    assert operations == allowed


def test_an_endpoint_that_names_no_operation_is_refused_when_the_service_starts() -> None:
    bare = FastAPI()

    @bare.get("/v1/secrets")
    async def secrets() -> None: ...

    with pytest.raises(LookupError, match="/v1/secrets"):
        operation_of(bare.routes[-1])

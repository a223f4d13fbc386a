"""A service that holds nothing yet: the first role, rep and policy need nothing unsaid, and faults point at what was written."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from pointsman.services.policies.lifecycle import add_draft
from support.databases.roles import for_libpq
from support.floors.use_case_env import ADMIN
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

REP = {"key": "anna", "name": "Anna Berg", "email": "anna@example.test", "role": "SDR"}
PARTNER = {"name": "Callwerk", "kind": "partner"}


class Start:
    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def send(self, method: str, path: str, body: Any, status: int = 200) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def fault(self, method: str, path: str, body: Any) -> tuple[str, str]:
        faults = (await self.send(method, path, body, 422))["faults"]
        assert len(faults) == 1
        return faults[0]["path"], faults[0]["message"]


@pytest.fixture
async def start(client: httpx.AsyncClient, sign_in: MakeKey) -> Start:
    return Start(client, await sign_in("admin"))


async def test_the_first_rep_is_in_house_without_a_word(start: Start) -> None:
    await start.send("PUT", "/v1/roles/SDR", {"works": ["qualification"]})
    assert (await start.send("POST", "/v1/reps", REP, 201))["supplier"] == "in-house"
    roster = await start.send("GET", "/v1/roster", None)
    assert roster["suppliers"] == [{"key": "in-house", "name": "In-house", "kind": "in-house", "barred_domains": []}]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "Anna"}, "'Anna' is not a key: write small letters, digits, dots, dashes and underscores."),
        ({"email": "anna"}, "'anna' is not a mail address."),
        (
            {"working_hours": [{"weekday": 0, "start": "9:00", "end": "17:00"}]},
            "'9:00' is not a time of day: write '09:00', with quotes.",
        ),
        ({"time_zone": "Berlin"}, "'Berlin' is not an IANA time zone; write one such as 'Europe/Berlin'."),
        ({"role": "sdr"}, "there is no role 'sdr': did you mean 'SDR'? Else PUT /v1/roles/{name} adds one"),
    ],
)
async def test_a_form_is_told_in_words(start: Start, change: dict[str, Any], said: str) -> None:
    await start.send("PUT", "/v1/roles/SDR", {"works": ["qualification"]})
    assert (await start.fault("POST", "/v1/reps", {**REP, **change}))[1] == said


async def test_a_fault_of_the_roster_points_at_what_was_written(start: Start) -> None:
    path, said = await start.fault("POST", "/v1/reps", REP)
    assert (path, said) == ("body.role", "there is no role 'SDR': PUT /v1/roles/{name} adds one")
    path, said = await start.fault("PUT", "/v1/roster", {"reps": [REP]})
    assert (path, said) == ("body.reps[0].role", "there is no role 'SDR': add it under roles")
    await start.send("PUT", "/v1/roles/SDR", {"works": ["qualification"]})
    await start.send("POST", "/v1/reps", REP, 201)
    for method, body in (
        ("PATCH", {"supplier": "callwerk"}),
        ("PUT", {"name": "A", "email": "a@b.test", "role": "SDR", "supplier": "callwerk"}),
    ):
        path, said = await start.fault(method, "/v1/reps/anna", body)
        assert path == "body.supplier"
        assert said == "there is no supplier 'callwerk': PUT /v1/suppliers/{key} adds one, or use one of in-house"
    assert (await start.fault("PATCH", "/v1/reps/anna", {"holidays": "XX-YY"}))[0] == "body.holidays"
    assert (await start.fault("PATCH", "/v1/reps/anna", {"role": "Boss"}))[1].endswith("or use one of SDR")


async def test_a_role_that_cannot_be_is_refused_where_its_name_stands(start: Start) -> None:
    assert (await start.fault("PUT", "/v1/roles/%20SDR", {"works": ["closing"]}))[0] == "path.name"
    assert (await start.fault("PUT", f"/v1/roles/{'x' * 101}", {"works": ["closing"]}))[0] == "path.name"


async def test_in_house_is_never_a_partner_and_never_gone(start: Start, database_url: str, owner_url: str) -> None:
    assert (await start.fault("PUT", "/v1/suppliers/in-house", PARTNER))[0] == "body.kind"
    listed = {"suppliers": [{"key": "callwerk", **PARTNER}, {"key": "in-house", **PARTNER}]}
    assert (await start.fault("PUT", "/v1/roster", listed))[0] == "body.suppliers[1].kind"
    renamed = {"name": "Nordwerk Software", "kind": "in-house"}
    assert (await start.send("PUT", "/v1/suppliers/in-house", renamed))["changed"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(for_libpq(database_url)) as service:
        service.execute("delete from suppliers where key = 'in-house'")
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(for_libpq(owner_url)) as owner:
        owner.execute("update suppliers set kind = 'partner' where key = 'in-house'")


async def test_the_first_publication_expects_nothing_and_a_later_one_says_what(start: Start, app: FastAPI) -> None:
    document = {"rules": [{"name": "all", "work": "nurture"}]}
    for _ in range(2):
        await add_draft(app.state.env, document, note="", actor=ADMIN)
    assert (await start.send("POST", "/v1/policies/1/publish", {"note": "first"}))["state"] == "published"
    unsaid = await start.send("POST", "/v1/policies/2/publish", {"note": "second"}, 409)
    assert unsaid["current"] == 1
    assert "publish with `expected_current`: 1" in unsaid["detail"]
    await start.send("POST", "/v1/policies/2/publish", {"note": "second", "expected_current": 1})

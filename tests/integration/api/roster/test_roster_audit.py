"""Each change of a role, a supplier or a rep is found in the audit by that subject, with before and after."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pointsman.services.operations.api_keys import create_key
from support.floors.use_case_env import ADMIN
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

_REP = {
    "key": "anna",
    "name": "Anna Berg",
    "email": "anna@example.test",
    "role": "SDR",
    "time_zone": "Europe/Berlin",
    "working_hours": [{"weekday": 0, "start": "09:00", "end": "17:00"}],
}
_ROSTER = {
    "roles": [{"name": "SDR", "works": ["qualification"]}, {"name": "Closer", "works": ["closing"]}],
    "suppliers": [{"key": "acme", "name": "Acme", "kind": "partner"}],
    "reps": [_REP],
}


class Trail:
    """An admin's client, and the newest audit line of a subject."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._client.request(method, path, json=body, headers=self._headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def newest(self, subject: str) -> dict[str, Any]:
        lines = (await self.send("GET", f"/v1/audit?subject={subject}"))["items"]
        return {name: lines[0][name] for name in ("action", "before", "after")}


@pytest.fixture
async def trail(client: httpx.AsyncClient, sign_in: MakeKey) -> Trail:
    made = Trail(client, await sign_in("admin"))
    assert (await made.send("PUT", "/v1/roster", _ROSTER))["changed"]
    return made


async def test_a_line_names_the_key_that_made_the_change(trail: Trail) -> None:
    (line, *_) = (await trail.send("GET", "/v1/audit?subject=role:SDR"))["items"]
    kind, _, key = line["actor"].partition(":")
    assert (kind, line["actor_name"].partition(" ")[0], key in line["actor_name"]) == ("key", "key", False)


async def test_a_new_floor_has_a_line_for_each_role_supplier_and_rep(trail: Trail) -> None:
    assert await trail.newest("role:SDR") == {
        "action": "role.added",
        "before": None,
        "after": {"works": ["qualification"]},
    }
    assert (await trail.newest("supplier:acme"))["action"] == "supplier.added"
    added = await trail.newest("rep:anna")
    assert (added["action"], added["before"], added["after"]["role"]) == ("rep.added", None, "SDR")
    assert "Anna" not in str(added)
    assert "anna@example.test" not in str(added)


async def test_a_role_and_a_supplier_that_no_rep_has_are_a_change_too(trail: Trail) -> None:
    changed = await trail.send("PUT", "/v1/roles/Founder", {"works": ["closing", "qualification"]})
    assert changed["changed"]
    assert (await trail.newest("role:Founder"))["after"] == {"works": ["closing", "qualification"]}
    partner = {"name": "Callwerk", "kind": "partner", "barred_domains": ["a.example"]}
    assert (await trail.send("PUT", "/v1/suppliers/callwerk", partner))["changed"]
    assert not (await trail.send("PUT", "/v1/suppliers/callwerk", partner))["changed"]
    await trail.send("PUT", "/v1/suppliers/callwerk", {**partner, "barred_domains": ["a.example", "b.example"]})
    assert await trail.newest("supplier:callwerk") == {
        "action": "supplier.changed",
        "before": {"barred_domains": []},
        "after": {"barred_domains": ["b.example"]},
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "before", "after"),
    [
        ("PATCH", "/v1/reps/anna", {"weight": 3}, "rep.changed", {"weight": 1}, {"weight": 3}),
        ("PATCH", "/v1/reps/anna", {"role": "Closer"}, "rep.changed", {"role": "SDR"}, {"role": "Closer"}),
        ("PATCH", "/v1/reps/anna", {"email": "b@example.test"}, "rep.changed", {}, {"personal": ["email"]}),
        ("PUT", "/v1/roster", {"reps": [{**_REP, "tier": 2}]}, "rep.changed", {"tier": 1}, {"tier": 2}),
        ("POST", "/v1/reps/anna/deactivate", None, "rep.deactivated", {"active": True}, {"active": False}),
    ],
)
async def test_a_changed_rep_is_found_whichever_way_it_was_changed(
    trail: Trail, method: str, path: str, body: Any, action: str, before: Any, after: Any
) -> None:
    await trail.send(method, path, body)
    assert await trail.newest("rep:anna") == {"action": action, "before": before, "after": after}


async def test_works_taken_from_a_role_are_said_of_the_role_and_not_of_its_reps(trail: Trail) -> None:
    before = await trail.newest("rep:anna")
    await trail.send("PUT", "/v1/roles/SDR", {"works": ["qualification", "prospecting"]})
    assert await trail.newest("role:SDR") == {
        "action": "role.changed",
        "before": {"works": ["qualification"]},
        "after": {"works": ["prospecting", "qualification"]},
    }
    assert await trail.newest("rep:anna") == before


async def test_time_off_that_a_rep_adds_with_their_own_key_is_found_by_the_rep(
    trail: Trail, client: httpx.AsyncClient, app: FastAPI
) -> None:
    made = await create_key(app.state.env, name="anna", scopes=["booking"], rep="anna", actor=ADMIN)
    headers = {"Authorization": f"Bearer {made.token}"}
    start = app.state.env.clock()
    span = {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat(), "reason": "a day off"}
    answer = await client.post("/v1/reps/anna/time-off", json=span, headers=headers)
    assert answer.status_code == 201, answer.text
    line = await trail.newest("rep:anna")
    assert line["action"] == "time-off.added"
    assert (line["before"]["time_off"], len(line["after"]["time_off"])) == ([], 1)
    other = await client.post("/v1/reps/otto/time-off", json=span, headers=headers)
    assert (other.status_code, other.json()["code"]) == (403, "not-your-rep")

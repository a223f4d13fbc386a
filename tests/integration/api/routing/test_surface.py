"""The admin's day over HTTP: put the floor, publish the rules, see why, move leads, allow exceptions, check the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from support.databases.fixtures import make_floor
from support.floors.use_case_env import POLICY
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

HOURS = [{"weekday": day, "start": "09:00", "end": "17:00"} for day in range(5)]
YAML = {"Content-Type": "text/yaml"}


def rep(key: str, role: str = "SDR", **over: Any) -> dict[str, Any]:
    supplier = "callwerk" if key in {"mia", "paul"} else "in-house"
    return {
        "key": key, "name": key.capitalize(), "email": f"{key}@example.com", "role": role, "time_zone": "Europe/Berlin",
        "working_hours": HOURS, "supplier": supplier, **over,
    }  # fmt: skip


FLOOR = {
    "roles": [
        {"name": "SDR", "works": ["prospecting", "qualification"]},
        {"name": "Closer", "works": ["closing"]},
        {"name": "Customer manager", "works": ["customer_service"]},
    ],
    "suppliers": [
        {"key": "in-house", "name": "In-house", "kind": "in-house"},
        {"key": "callwerk", "name": "Callwerk", "kind": "partner", "barred_domains": ["rival.example"]},
    ],
    "reps": [
        *[rep(key) for key in ("lena", "jonas", "sofia", "mia", "paul")],
        *[rep(key, "Closer") for key in ("anna", "ben", "clara")],
        rep("eva", "Customer manager"),
    ],
}


class Floor:
    """An admin's client on a service with the floor and the policy live."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def get(self, path: str, status: int = 200, **more: Any) -> Any:
        return self._read(await self.client.get(path, headers=self.headers, **more), status)

    async def send(self, method: str, path: str, body: Any, status: int = 200) -> Any:
        return self._read(await self.client.request(method, path, json=body, headers=self.headers), status)

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        return await self.send("POST", path, body, status)

    async def lead(self, country: str = "DE", **fields: Any) -> Any:
        body = {
            "email": f"p{datetime.now(UTC).timestamp()}@lead.example",
            "fields": {"lead.country": country, **fields},
        }
        answer = await self.client.post("/v1/leads", json=body, headers=self.headers)
        assert answer.status_code in {200, 201, 202}, answer.text  # 202: a partner's
        return answer.json()

    @staticmethod
    def _read(answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
async def floor(client: httpx.AsyncClient, own_database: str, sign_in: MakeKey) -> Floor:
    async def make() -> None:
        floor = Floor(client, await sign_in("admin"))
        await floor.send("PUT", "/v1/roster", FLOOR)
        await floor.post("/v1/policies", POLICY, 201)
        await floor.post("/v1/policies/1/publish", {"note": "first", "expected_current": None})

    await make_floor(own_database, f"{FLOOR} {POLICY}", make)
    return Floor(client, await sign_in("admin"))


# ── roster ──────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_floor_twice_changes_nothing(floor: Floor) -> None:
    before = await floor.get("/v1/roster")
    again = await floor.send("PUT", "/v1/roster", FLOOR)
    assert (again["version"], again["changed"]) == (before["version"], False)
    assert await floor.get("/v1/roster") == before
    assert len(before["reps"]) == 9


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"time_zone": "Europe/Bielefeld"}, "body.reps[0].time_zone"),
        ({"time_zone": "../../etc/passwd"}, "body.reps[0].time_zone"),
        ({"weight": 0}, "body.reps[0].weight"),
        ({"caps": {"per_day": -1}}, "body.reps[0].caps.per_day"),
        ({"caps": {"per_fortnight": 1}}, "body.reps[0].caps.per_fortnight"),
        ({"working_hours": [{"weekday": 7, "start": "09:00", "end": "10:00"}]}, "body.reps[0].working_hours[0].weekday"),
        ({"working_hours": [{"weekday": 0, "start": "10:00", "end": "09:00"}]}, "body.reps[0].working_hours[0]"),
        ({"working_hours": [*HOURS, {"weekday": 0, "start": "16:00", "end": "24:00"}]}, "body.reps[0].working_hours"),
        ({"email": "nobody"}, "body.reps[0].email"),
        ({"email": "lena\u200b@example.com"}, "body.reps[0].email"),
        ({"started_on": "9999-12-31"}, "body.reps[0].started_on"),  # no step of a ramp-up could be counted from it
        ({"started_on": "0001-01-01"}, "body.reps[0].started_on"),
        ({"role": "Wizard"}, "body.reps[0].role"),
        ({"supplier": "nobody"}, "body.reps[0].supplier"),
        ({"time_off": [{"start": "2027-01-02T00:00", "end": "2027-01-03T00:00Z"}]}, "body.reps[0].time_off[0].start"),
        ({"time_off": [{"start": "2027-01-04T00:00Z", "end": "2027-01-03T00:00Z"}]}, "body.reps[0].time_off[0]"),
    ],
)  # fmt: skip
async def test_a_rep_that_cannot_be_is_refused_with_the_path(floor: Floor, over: dict[str, Any], path: str) -> None:
    before = await floor.get("/v1/roster")
    problem = await floor.send("PUT", "/v1/roster", {"reps": [rep("nora", **over)]}, 422)
    assert [fault["path"] for fault in problem["faults"]] == [path]
    assert await floor.get("/v1/roster") == before


async def test_a_rep_is_added_changed_and_taken_off_the_floor(floor: Floor) -> None:
    made = await floor.post("/v1/reps", rep("nora"), 201)
    assert made["works"] == ["prospecting", "qualification"]
    assert (await floor.post("/v1/reps", rep("nora"), 409))["code"] == "rep-exists"
    patched = await floor.send("PATCH", "/v1/reps/nora", {"weight": 3, "caps": {"per_day": 5}})
    assert (patched["weight"], patched["caps"]["per_day"], patched["time_zone"]) == (3, 5, "Europe/Berlin")
    assert [(hint["path"], hint["code"]) for hint in patched["hints"]] == [("body.key", "in-no-pool")]
    assert (await floor.send("PATCH", "/v1/reps/nora", {"name": "Nora L."}))["hints"] == []
    whole = await floor.send("PUT", "/v1/roster", {"reps": [rep("lena"), rep("mia", tier=2)]})
    assert [(hint["path"], hint["code"]) for hint in whole["hints"]] == [("body.reps[1].tier", "no-ranked-pool")]
    off = {"start": "2027-02-01T00:00:00+01:00", "end": "2027-02-08T00:00:00+01:00", "reason": "holiday"}
    away = await floor.post("/v1/reps/nora/time-off", off, 201)
    assert (await floor.get("/v1/reps/nora"))["time_off"][0]["start"] == "2027-01-31T23:00:00Z"
    await floor.send("DELETE", f"/v1/reps/nora/time-off/{away['id']}", None)
    assert (await floor.get("/v1/reps/nora"))["time_off"] == []
    gone = await floor.post("/v1/reps/nora/deactivate", None)
    assert gone["leads"] == []
    assert (await floor.get("/v1/reps/nora"))["active"] is False
    assert (await floor.get("/v1/reps/ghost", 404))["code"] == "not-found"


async def test_every_change_of_the_roster_is_a_new_version_with_an_audit_line(floor: Floor) -> None:
    before = (await floor.get("/v1/roster"))["version"]
    await floor.send("PATCH", "/v1/reps/lena", {"weight": 2})
    await floor.send("PATCH", "/v1/reps/lena", {"weight": 2})
    assert (await floor.get("/v1/roster"))["version"] == before + 1
    lines = (await floor.get("/v1/audit", params={"subject": f"roster:{before + 1}"}))["items"]
    assert [line["after"] for line in lines] == [{"subjects": ["rep:lena"]}]
    own = (await floor.get("/v1/audit", params={"subject": "rep:lena"}))["items"]
    assert (own[0]["before"], own[0]["after"]) == ({"weight": 1}, {"weight": 2})


async def test_a_role_change_that_leaves_work_outside_the_role_names_the_leads(floor: Floor) -> None:
    lead = await floor.lead()
    holder = lead["decision"]["rep"]
    problem = await floor.send("PATCH", f"/v1/reps/{holder}", {"role": "Closer"}, 409)
    assert problem["code"] == "work-outside-role"
    assert problem["leads"] == [{"lead_id": lead["lead"]["id"], "rep": holder, "work": "qualification"}]
    narrowed = await floor.send("PUT", "/v1/roles/SDR", {"works": ["prospecting"]}, 409)
    assert narrowed["leads"] == problem["leads"]
    assert (await floor.get(f"/v1/reps/{holder}"))["role"] == "SDR"


# ── policies ────────────────────────────────────────────────────────────────────────────────────


async def test_a_policy_is_sent_as_yaml_checked_published_compared_and_rolled_back(floor: Floor) -> None:
    rules = [dict(rule) for rule in POLICY["rules"]]
    rules[-1] = {**rules[-1], "else": "nurture"}
    changed = {**POLICY, "rules": rules}
    answer = await floor.client.post(
        "/v1/policies", content=yaml.safe_dump(changed), headers={**floor.headers, **YAML}, params={"note": "softer"}
    )
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert (draft["version"], draft["state"], draft["publishable"]) == (2, "draft", True)
    stale = await floor.post("/v1/policies/2/publish", {"note": "x", "expected_current": None}, 409)
    assert (stale["code"], stale["current"]) == ("stale-version", 1)
    await floor.post("/v1/policies/2/publish", {"note": "softer", "expected_current": 1})
    assert (await floor.get("/v1/policies/current"))["version"] == 2
    assert [row["state"] for row in (await floor.get("/v1/policies"))["items"]] == ["published", "archived"]
    found = await floor.get("/v1/policies/1/diff/2")
    assert [(part["part"], [change["path"] for change in part["changes"]]) for part in found["parts"]] == [
        ("rules", ["rules[4].else"])
    ]
    back = await floor.post("/v1/policies/rollback", {"note": "too soft"})
    assert (back["version"], back["state"]) == (1, "published")
    assert [row["state"] for row in (await floor.get("/v1/policies"))["items"]] == ["archived", "published"]
    assert (await floor.post("/v1/policies/2/publish", {"note": "x", "expected_current": 1}, 409))[
        "code"
    ] == "use-rollback"


async def test_a_policy_with_errors_is_stored_as_a_draft_but_never_goes_live(floor: Floor) -> None:
    broken = {**POLICY, "rules": [{"name": "To the closers", "work": "qualification", "pool": "closers-mid-market"}]}
    draft = await floor.post("/v1/policies", broken, 201)
    assert draft["publishable"] is False
    problem = await floor.post(f"/v1/policies/{draft['version']}/publish", {"note": "x", "expected_current": 1}, 422)
    assert problem["code"] == "policy-invalid"
    assert problem["faults"][0]["path"].startswith("rules[0]")
    assert (await floor.get("/v1/policies/current"))["version"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("rules: [", "unreadable"),
        ("a: &a [1]\n" + "\n".join(f"b{i}: *a" for i in range(200)), "unreadable"),
        ("!!python/object/apply:os.system [id]", "unreadable"),
        ("rules: 7", "not-a-list"),
        ("rulez: []", "unknown-key"),
        ("- 1", "not-an-object"),
        ("", "not-an-object"),
    ],
)
async def test_yaml_that_is_no_policy_is_refused(floor: Floor, body: str, code: str) -> None:
    answer = await floor.client.post("/v1/policies", content=body, headers={**floor.headers, **YAML})
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"][0]["code"] == code


async def test_a_check_writes_nothing(floor: Floor) -> None:
    found = await floor.post("/v1/policies/check", {"rules": [{"name": "x", "work": "closing", "pool": "nowhere"}]})
    assert found["publishable"] is False
    assert "unknown-pool" in [finding["code"] for finding in found["findings"]]
    assert len((await floor.get("/v1/policies"))["items"]) == 1


async def test_explaining_writes_nothing_and_says_why(floor: Floor) -> None:
    trace = await floor.post("/v1/policies/explain", {"facts": {"lead.country": "AT"}})
    assert (trace["outcome"], trace["pool"]) == ("assigned", "sdr-dach")
    assert len(trace["candidates"]) == 3
    shut = await floor.post("/v1/policies/explain", {"facts": {"company.employees": 99}, "purpose": "closing"})
    assert shut["hold_reason"] == "gate-closed"
    assert (await floor.get("/v1/decisions"))["items"] == []
    assert (await floor.get("/v1/policies/schema"))["title"] == "Pointsman policy"


# ── decisions, moves, overrides ─────────────────────────────────────────────────────────────────


async def test_a_decision_can_be_read_in_full_and_taken_again(floor: Floor) -> None:
    lead = await floor.lead()
    decision = lead["decision"]["id"]
    whole = await floor.get(f"/v1/decisions/{decision}")
    assert whole["trace"]["rep"] == lead["decision"]["rep"]
    assert whole["trace"]["steps"]
    assert {b["exact"] for b in whole["trace"]["ledger_after"].values()} == {"1/3", "-2/3"}
    await floor.send("PATCH", "/v1/reps/lena", {"weight": 5, "active": False})
    again = await floor.post(f"/v1/decisions/{decision}/replay", None)
    assert (again["same"], again["differs"]) == (True, [])
    of_lead = await floor.get(f"/v1/leads/{lead['lead']['id']}/decisions")
    assert [row["id"] for row in of_lead["items"]] == [decision]


async def test_a_partner_sees_its_own_decisions_without_the_others_and_not_the_floor(
    floor: Floor, sign_in: MakeKey
) -> None:
    ours = await floor.lead()
    theirs = await floor.lead(**{"lead.source": "cold_list"})
    partner = Floor(floor.client, await sign_in("read", supplier="callwerk"))
    listed = (await partner.get("/v1/decisions"))["items"]
    assert [row["id"] for row in listed] == [theirs["decision"]["id"]]
    assert (await partner.get(f"/v1/decisions/{theirs['decision']['id']}"))["trace"]["candidates"] == []
    await partner.get(f"/v1/decisions/{ours['decision']['id']}", 404)
    await partner.get(f"/v1/leads/{ours['lead']['id']}/decisions", 404)
    for path in ("/v1/roster", "/v1/reps/lena", "/v1/policies/current", "/v1/pools/sdr-dach/ledger"):
        await partner.get(path, 403)


async def test_a_partner_is_told_where_its_lead_went_and_nothing_of_the_others(floor: Floor, sign_in: MakeKey) -> None:
    partner = Floor(floor.client, await sign_in("intake", "read", "handover", supplier="callwerk"))
    sent = await partner.lead(**{"lead.source": "cold_list"})
    rep = sent["decision"]["rep"]
    assert rep in {"mia", "paul"}
    short = f"{rep.capitalize()} has this lead for prospecting."
    assert (sent["decision"]["summary"], sent["decision"]["candidates"]) == (short, [])
    assert [row["summary"] for row in (await partner.get("/v1/decisions"))["items"]] == [short]
    whole = await partner.get(f"/v1/decisions/{sent['decision']['id']}")
    assert (whole["summary"], whole["trace"]["summary"], whole["trace"]["steps"]) == (short, short, [])
    assert (sent["decision"]["rule"], whole["rule"], whole["trace"]["rule"]) == (None, None, None)
    for closer in ("anna", "ben", "clara"):
        await floor.post(f"/v1/reps/{closer}/deactivate", {})
    evidence = [
        {"name": name, "value": "said so on the phone"}
        for name in ("need", "authority", "fit", "intent", "urgency", "offer_known")
    ]
    handed = await partner.post(f"/v1/leads/{sent['lead']['id']}/handovers", {"evidence": evidence})
    waits = "This lead waits until a rep can take it."
    assert (handed["passed"], handed["stage"], handed["what_happens"]) == (True, "held", waits)
    assert handed["decision"]["summary"] == waits
    assert [row["sentence"] for row in (await partner.get("/v1/holds"))["items"]] == [waits]
    assert (await floor.get("/v1/holds"))["items"][0]["sentence"] != waits


async def test_a_partner_reads_that_its_lead_is_with_marketing_but_not_the_houses_reason(
    floor: Floor, sign_in: MakeKey
) -> None:
    partner = Floor(floor.client, await sign_in("intake", "read", "handover", supplier="callwerk"))
    lead = (await partner.lead(**{"lead.source": "cold_list"}))["lead"]["id"]
    denied = [{"name": "need", "value": "wants nothing", "affirmed": False}]
    await partner.post(f"/v1/leads/{lead}/handovers", {"evidence": denied})
    theirs, ours = await partner.get(f"/v1/leads/{lead}"), await floor.get(f"/v1/leads/{lead}")
    assert (theirs["stage"], theirs["nurture_until"]) == ("nurture", ours["nurture_until"])
    assert ours["nurture_reason"]
    assert theirs["nurture_reason"] is None


async def test_closing_by_hand_says_what_is_missing_and_an_override_is_the_way(floor: Floor) -> None:
    lead = (await floor.lead())["lead"]["id"]
    wish = {"rep": "lena", "work": "closing", "reason": "she asked"}
    problem = await floor.post(f"/v1/leads/{lead}/assign", wish, 409)
    assert (problem["code"], problem["missing"]) == ("role-protected", ["role", "gate"])
    assert "/v1/overrides" in problem["detail"]
    closer = await floor.post(f"/v1/leads/{lead}/assign", {**wish, "rep": "anna"}, 409)
    assert (closer["code"], closer["missing"]) == ("gate-closed", ["gate"])
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    asked = {
        "lead_id": lead,
        "rep": "lena",
        "work": "closing",
        "reason": "founder",
        "approver": "boss",
        "expires_at": soon,
    }
    override = await floor.post("/v1/overrides", asked, 201)
    await floor.post(f"/v1/leads/{lead}/assign", {**wish, "rep": "jonas"}, 409)
    done = await floor.post(f"/v1/leads/{lead}/assign", {**wish, "override_id": override["id"]})
    assert (done["rep"], done["work"]) == ("lena", "closing")
    listed = (await floor.get("/v1/overrides"))["items"]
    assert [(row["id"], row["used"]) for row in listed] == [(override["id"], 1)]
    ended = await floor.post(f"/v1/overrides/{override['id']}/revoke", {"reason": "enough"})
    assert ended["revoked_at"] is not None
    assert (await floor.post(f"/v1/overrides/{override['id']}/revoke", {"reason": "x"}, 409))[
        "code"
    ] == "already-revoked"


async def test_an_override_of_a_merged_lead_is_listed_with_the_lead_that_it_is_now(floor: Floor) -> None:
    into, merged = [(await floor.lead())["lead"]["id"] for _ in range(2)]
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    asked = {"rep": "lena", "work": "closing", "reason": "founder", "approver": "boss", "expires_at": soon}
    made = await floor.post("/v1/overrides", asked | {"lead_id": merged}, 201)
    await floor.post(f"/v1/leads/{merged}/merge", {"into": into, "reason": "one person"})
    listed = (await floor.get(f"/v1/overrides?lead={into}"))["items"]
    assert [(row["id"], row["lead_id"]) for row in listed] == [(made["id"], merged)]


@pytest.mark.parametrize("days", [-1, 8])
async def test_an_override_ends_within_a_week(floor: Floor, days: int) -> None:
    lead = (await floor.lead())["lead"]["id"]
    at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    asked = {"lead_id": lead, "rep": "lena", "work": "closing", "reason": "r", "approver": "a", "expires_at": at}
    assert (await floor.post("/v1/overrides", asked, 422))["faults"][0]["path"] == "expires_at"


async def test_a_lead_is_reassigned_to_somebody_new_and_the_credit_moves(floor: Floor) -> None:
    lead = await floor.lead()
    seen = [lead["decision"]["rep"]]
    for _ in range(2):
        moved = await floor.post(f"/v1/leads/{lead['lead']['id']}/reassign", {"reason": "on leave"})
        seen.append(moved["rep"])
    assert sorted(seen) == ["jonas", "lena", "sofia"]
    standing = await floor.get("/v1/pools/sdr-dach/ledger")
    members = {m["rep"]: (m["turns"], m["credits"]) for m in standing["members"]}
    assert members == {seen[0]: (1, 1), seen[1]: (1, 1), seen[2]: (1, 0)}
    nobody = await floor.post(f"/v1/leads/{lead['lead']['id']}/reassign", {"reason": "again"})
    assert nobody["hold_reason"] == "nobody-eligible"
    assert (await floor.post(f"/v1/leads/{lead['lead']['id']}/reassign", {"reason": "x"}, 409))[
        "code"
    ] == "not-assigned"


async def test_a_waiting_lead_is_listed_and_can_be_tried_now(floor: Floor) -> None:
    lead = await floor.lead("FR")
    [hold] = (await floor.get("/v1/holds"))["items"]
    assert (hold["lead_id"], hold["reason"]) == (lead["lead"]["id"], "no-rule")
    same = await floor.post(f"/v1/holds/{hold['id']}/retry", None)
    assert same["outcome"] == "held"
    rules = [*POLICY["rules"], {"name": "The rest", "work": "qualification", "pool": "sdr-dach"}]
    await floor.post("/v1/policies", {**POLICY, "rules": rules}, 201)
    await floor.post("/v1/policies/2/publish", {"note": "catch the rest", "expected_current": 1})
    assert (await floor.post(f"/v1/holds/{hold['id']}/retry", None))["outcome"] == "assigned"
    assert (await floor.post(f"/v1/holds/{hold['id']}/retry", None, 409))["code"] == "hold-released"


# ── pools ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_balance_is_corrected_with_a_reason_and_the_sum_stays_zero(floor: Floor) -> None:
    await floor.lead()
    ledger = await floor.post("/v1/pools/sdr-dach/adjustments", {"rep": "lena", "amount": "1/2", "reason": "spam"}, 201)
    total = sum(m["balance"]["decimal"] for m in ledger["members"])
    assert abs(total) < 0.01
    verified = await floor.post("/v1/pools/sdr-dach/verify", None)
    assert (verified["agrees"], verified["entries"]) == (True, 2)
    for amount in ("0", "1/0", "abc", "1000.5", "9999999"):
        await floor.post("/v1/pools/sdr-dach/adjustments", {"rep": "lena", "amount": amount, "reason": "x"}, 422)
    await floor.post("/v1/pools/sdr-dach/adjustments", {"rep": "anna", "amount": "1", "reason": "x"}, 422)
    await floor.get("/v1/pools/nowhere/ledger", 404)


async def test_a_turn_is_skipped_once_listed_meanwhile_and_cancelled_while_unused(floor: Floor) -> None:
    path = "/v1/pools/sdr-dach/skips"
    for _ in range(3):
        await floor.lead()
    asked = await floor.post(path, {"rep": "lena", "reason": "walk-in", "costs_turn": True}, 201)
    assert (asked["rep"], asked["costs_turn"], asked["used_at"]) == ("lena", True, None)
    ledger = await floor.get("/v1/pools/sdr-dach/ledger")
    assert [skip["id"] for skip in ledger["skips"]] == [asked["id"]]
    assert {m["rep"]: m["balance"]["exact"] for m in ledger["members"]} == {
        "lena": "-1",
        "jonas": "1/2",
        "sofia": "1/2",
    }
    assert (await floor.post(path, {"rep": "lena", "reason": "again"}, 409))["code"] == "skip-pending"
    cancelled = await floor.send("DELETE", f"{path}/{asked['id']}", None)
    assert cancelled["cancelled_at"] is not None
    ledger = await floor.get("/v1/pools/sdr-dach/ledger")
    assert (ledger["skips"], {m["balance"]["exact"] for m in ledger["members"]}) == ([], {"0"})
    assert (await floor.send("DELETE", f"{path}/{asked['id']}", None, 409))["code"] == "skip-closed"
    for body in ({"rep": "lena"}, {"rep": "lena", "reason": " "}, {"rep": "lena", "reason": "x", "turns": 2}):
        await floor.post(path, body, 422)
    await floor.post(path, {"rep": "anna", "reason": "x"}, 422)
    await floor.post("/v1/pools/nowhere/skips", {"rep": "lena", "reason": "x"}, 404)


async def test_balances_are_rebuilt_from_their_history_only_where_they_differ(floor: Floor, app: FastAPI) -> None:
    await floor.lead()
    refused = await floor.post("/v1/pools/sdr-dach/rebuild", {"reason": "to be sure"}, 409)
    assert refused["code"] == "nothing-to-rebuild"
    async with app.state.env.uow() as tx:
        (row,) = (await tx.ledgers.lock(["sdr-dach"])).values()
        await tx.ledgers.store(replace(row, ledger={"denominator": "1", "balances": {"lena": "5", "jonas": "-5"}}))
    found = await floor.post("/v1/pools/sdr-dach/rebuild", {"reason": "a backup"})
    assert (found["agrees"], found["stored"]["lena"]) == (False, "5")
    assert (await floor.post("/v1/pools/sdr-dach/verify", None))["agrees"] is True


async def test_a_rep_is_capped_by_category_and_has_a_first_day(floor: Floor) -> None:
    caps = {"per_day": 9, "categories": {"enterprise": {"per_week": 2}}}
    made = await floor.post("/v1/reps", rep("nora", caps=caps, started_on="2026-11-02"), 201)
    assert made["caps"]["categories"]["enterprise"] == {
        "per_hour": None, "per_day": None, "per_week": 2, "open_load": None,
        "appointments_per_day": None, "appointments_per_week": None,
    }  # fmt: skip
    assert made["started_on"] == "2026-11-02"
    before = await floor.get("/v1/roster")
    again = await floor.send("PUT", "/v1/roster", {"reps": [rep("nora", caps=caps, started_on="2026-11-02")]})
    assert (again["version"], again["changed"]) == (before["version"], False)
    patched = await floor.send("PATCH", "/v1/reps/nora", {"started_on": "2026-11-09"})
    assert (patched["started_on"], patched["caps"]["categories"]["enterprise"]["per_week"]) == ("2026-11-09", 2)
    assert (await floor.send("PATCH", "/v1/reps/nora", {"weight": 2}))["started_on"] == "2026-11-09"
    assert (await floor.send("PATCH", "/v1/reps/nora", {"started_on": None}))["started_on"] is None
    for wrong in (
        {"enterprise": {"per_fortnight": 1}},
        {"enterprise": {"per_day": -1}},
        {"enterprise": {"categories": {}}},
        {"an enterprise": {"per_day": 1}},
        {f"c{i}": {"per_day": 1} for i in range(51)},
    ):
        await floor.send("PATCH", "/v1/reps/nora", {"caps": {"categories": wrong}}, 422)

"""What waits, what would release it, and everything that somebody holds in other hands, over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from support.databases.fixtures import make_floor
from support.http.keys import MakeKey

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("own_database")]

POLICY = {
    "rules": [
        {
            "name": "DACH",
            "when": {"field": "lead.country", "in": ["DE", "AT"]},
            "work": "qualification",
            "pool": "sdrs",
            "alert_after": "30m",
        }
    ],
    "pools": {"sdrs": {"work": "qualification", "members": ["lena", "jonas"]}},
}
ROSTER = {
    "roles": [{"name": "SDR", "works": ["qualification"]}],
    "suppliers": [
        {"key": "in-house", "name": "In-house", "kind": "in-house"},
        {"key": "callwerk", "name": "Callwerk", "kind": "partner"},
    ],
    "reps": [
        {
            "key": key,
            "name": key.capitalize(),
            "email": f"{key}@nordwerk.example",
            "role": "SDR",
            "time_zone": "Europe/Berlin",
            "supplier": supplier,
        }
        for key, supplier in (("lena", "in-house"), ("jonas", "callwerk"))
    ],
}


class Admin:
    """An admin's client on a service with two SDRs."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.sent = 0

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        answer = await self.client.request(method, path, json=body, headers=self.headers, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def lead(self, country: str = "DE") -> str:
        self.sent += 1
        body = {"email": f"buyer{self.sent}@lead.example", "fields": {"lead.country": country}}
        answer = await self.ask("POST", "/v1/leads", body, 201)
        return str(answer["lead"]["id"])

    async def away(self, key: str, *, days: int) -> str:
        now = datetime.now(UTC)
        body = {
            "start": (now - timedelta(hours=1)).isoformat(),
            "end": (now + timedelta(days=days)).isoformat(),
        }
        return str((await self.ask("POST", f"/v1/reps/{key}/time-off", {**body, "reason": "leave"}, 201))["end"])


@pytest.fixture
async def admin(client: httpx.AsyncClient, own_database: str, sign_in: MakeKey) -> Admin:
    async def make() -> None:
        admin = Admin(client, await sign_in("admin"))
        await admin.ask("PUT", "/v1/roster", ROSTER)
        await admin.ask("POST", "/v1/policies", POLICY, 201)
        await admin.ask("POST", "/v1/policies/1/publish", {"note": "first", "expected_current": None})

    await make_floor(own_database, f"{ROSTER} {POLICY}", make)
    return Admin(client, await sign_in("admin"))


async def test_the_queue_shows_age_promise_and_what_would_release_each_lead(admin: Admin) -> None:
    back = await admin.away("jonas", days=1)
    await admin.away("lena", days=3)
    first, second = await admin.lead(), await admin.lead("FR")
    one, two = (await admin.ask("GET", "/v1/holds"))["items"]
    assert [one["lead_id"], two["lead_id"]] == [first, second]
    assert (one["overdue"], one["age"], one["age_s"] < 60) == (False, "less than a minute", True)
    assert [(r["code"], r["rep"]) for r in one["releases"]] == [("time-off", "jonas"), ("time-off", "lena")]
    assert one["next_try_at"] == one["releases"][0]["at"]
    assert datetime.fromisoformat(one["next_try_at"]) == datetime.fromisoformat(back)
    assert "(CE" in one["releases"][0]["sentence"]  # in Berlin
    waits = datetime.fromisoformat(one["due_at"]) - datetime.fromisoformat(one["held_at"])
    assert waits == timedelta(minutes=30)
    assert [r["code"] for r in two["releases"]] == ["no-rule"]
    assert two["next_try_at"] is None


async def test_the_queue_is_filtered_paged_and_counted(admin: Admin) -> None:
    await admin.away("jonas", days=1)
    await admin.away("lena", days=1)
    for country in ("DE", "FR", "DE"):
        await admin.lead(country)
    page = await admin.ask("GET", "/v1/holds", params={"pool": "sdrs", "limit": 1})
    rest = await admin.ask("GET", "/v1/holds", params={"pool": "sdrs", "limit": 1, "cursor": page["next"]})
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [1, 1, None]
    assert len((await admin.ask("GET", "/v1/holds", params={"reason": "no-rule"}))["items"]) == 1
    assert (await admin.ask("GET", "/v1/holds", params={"overdue": "true"}))["items"] == []
    summary = await admin.ask("GET", "/v1/holds/summary")
    assert (summary["waiting"], summary["overdue"]) == (3, 0)
    assert [(g["reason"], g["pool"], g["waiting"]) for g in summary["groups"]] == [
        ("nobody-eligible", "sdrs", 2),
        ("no-rule", None, 1),
    ]
    assert summary["oldest"] == page["items"][0]["held_at"]


async def test_a_partner_is_not_told_who_else_is_waited_for(admin: Admin, sign_in: MakeKey) -> None:
    lead = await admin.lead()
    body = {"rep": "jonas", "work": "qualification", "reason": "a partner's lead"}
    await admin.client.post(f"/v1/leads/{lead}/assign", json=body, headers=admin.headers)
    await admin.away("lena", days=3)
    await admin.ask("POST", f"/v1/leads/{lead}/reassign", {"reason": "too slow"})
    partner = Admin(admin.client, await sign_in("read", supplier="callwerk"))
    (hold,) = (await partner.ask("GET", "/v1/holds"))["items"]
    assert (hold["releases"], hold["next_try_at"]) == ([], None)
    assert "lena" not in str(hold).lower()
    await partner.ask("GET", "/v1/holds/summary", status=403)


async def test_somebody_is_ill_and_one_call_moves_what_they_hold(admin: Admin) -> None:
    for _ in range(4):
        await admin.lead()
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"reason": "Lena is ill", "until": until}
    said = await admin.ask("POST", "/v1/reps/lena/reassign", {**body, "dry_run": True})
    assert said["counts"] == {"reassigned": 2, "held": 0, "nurture": 0, "unchanged": 0}
    assert (said["dry_run"], said["remaining"]) == (True, 2)
    moved = await admin.ask("POST", "/v1/reps/lena/reassign", body)
    assert moved["counts"] == said["counts"]
    assert (moved["remaining"], moved["next"], moved["note"]) == (0, None, None)
    assert {item["rep"] for item in moved["items"]} == {"jonas"}
    assert (await admin.ask("POST", "/v1/reps/lena/reassign", body))["items"] == []
    assert len((await admin.ask("GET", "/v1/reps/lena"))["time_off"]) == 1


async def test_a_call_goes_on_where_the_one_before_stopped(admin: Admin) -> None:
    await admin.away("jonas", days=1)
    leads = [await admin.lead() for _ in range(3)]
    first = await admin.ask("POST", "/v1/reps/lena/reassign", {"reason": "ill", "limit": 2})
    assert [item["outcome"] for item in first["items"]] == ["held", "held"]
    rest = await admin.ask("POST", "/v1/reps/lena/reassign", {"reason": "ill", "limit": 2, "cursor": first["next"]})
    assert [item["lead_id"] for item in [*first["items"], *rest["items"]]] == leads
    assert rest["next"] is None


async def test_chosen_leads_move_and_the_others_say_why_not(admin: Admin) -> None:
    lead, unknown = await admin.lead(), "01999999-0000-7000-8000-000000000000"
    moved = await admin.ask("POST", "/v1/leads/reassign", {"lead_ids": [lead, unknown], "reason": "new territory"})
    assert [(item["outcome"], item["code"]) for item in moved["items"]] == [
        ("reassigned", None),
        ("unchanged", "not-found"),
    ]
    assert moved["remaining"] is None


@pytest.mark.parametrize(
    ("path", "body", "status", "fault"),
    [
        ("/v1/reps/ghost/reassign", {"reason": "x"}, 404, None),
        ("/v1/reps/lena/reassign", {"reason": " "}, 422, "body.reason"),
        ("/v1/reps/lena/reassign", {"reason": "x", "works": []}, 422, "body.works"),
        ("/v1/reps/lena/reassign", {"reason": "x", "works": ["cooking"]}, 422, "body.works[0]"),
        ("/v1/reps/lena/reassign", {"reason": "x", "until": "2020-01-01T00:00:00Z"}, 422, "body.until"),
        ("/v1/reps/lena/reassign", {"reason": "x", "until": "2030-01-01T00:00:00"}, 422, "body.until"),
        ("/v1/reps/lena/reassign", {"reason": "x", "until": "9999-12-31T23:59:59Z"}, 422, "body.until"),
        ("/v1/reps/lena/reassign", {"reason": "x", "cursor": "!"}, 422, "body.cursor"),
        ("/v1/reps/lena/reassign", {"reason": "x", "everybody": True}, 422, "body.everybody"),
        ("/v1/leads/reassign", {"lead_ids": [], "reason": "x"}, 422, "body.lead_ids"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_the_path(
    admin: Admin, path: str, body: dict[str, Any], status: int, fault: str | None
) -> None:
    problem = await admin.ask("POST", path, body, status)
    assert [f["path"] for f in problem["faults"]] == ([fault] if fault else [])


async def test_a_rep_who_leaves_with_leads_is_an_alert_until_they_are_moved(admin: Admin) -> None:
    await admin.lead()
    await admin.lead()
    await admin.ask("POST", "/v1/reps/lena/deactivate")
    (alert,) = (await admin.ask("GET", "/v1/alerts"))["items"]
    assert (alert["code"], alert["subject"]) == ("inactive-holder", "rep:lena")
    assert "POST /v1/reps/lena/reassign" in alert["message"]
    german = await admin.client.get("/v1/alerts", headers={**admin.headers, "Accept-Language": "de-AT"})
    assert german.json()["items"][0]["message"].startswith("Lena ist nicht aktiv und hat noch ")
    assert german.headers["content-language"] == "de"
    await admin.ask("POST", "/v1/reps/lena/reassign", {"reason": "left us"})
    assert (await admin.ask("GET", "/v1/alerts"))["items"] == []

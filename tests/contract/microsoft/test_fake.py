"""The fake refuses what Graph does not know, and is served to other processes with its sign-in beside it."""

from typing import Any

import httpx
import pytest

from contract.microsoft.world import ANNA, world
from pointsman_microsoft.fake import GraphVendor, served
from pointsman_sdk import PlaceGone, all_items
from pointsman_sdk.fakes import FakeServer, Fault, FaultPlan, Rates
from pointsman_sdk.live import Sandbox, live_checks
from pointsman_sdk.testing import NOW, appointment, at

pytestmark = pytest.mark.anyio
TIMES = {
    "start": {"dateTime": "2031-03-30T09:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2031-03-30T10:00:00", "timeZone": "UTC"},
}
ASKED = {"startTime": TIMES["start"], "endTime": TIMES["end"]}
CALENDAR = f"/v1.0/users/{ANNA}/calendar"


@pytest.fixture
def vendor() -> GraphVendor:
    made = GraphVendor(clock=lambda: NOW)
    made.oauth.access["token"], made.oauth.issued_to["token"] = NOW + made.oauth.lifetime, "app-1"
    return made


async def ask(vendor: GraphVendor, method: str, path: str, **values: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=vendor.transport, base_url="https://graph.microsoft.com") as http:
        headers = {"Authorization": "Bearer token", **values.pop("headers", {})}
        return await http.request(method, path, headers=headers, **values)


@pytest.mark.parametrize(
    ("method", "path", "values", "status"),
    [
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "no_such": 1}}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "showAs": "gone"}}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "subject": 7}}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "isAllDay": 1}}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {"subject": "no times"}}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "subject": "x" * 256}}, 400),
        ("POST", f"{CALENDAR}/events", {"content": b"{"}, 400),
        ("POST", f"{CALENDAR}/events", {"json": {**TIMES, "singleValueExtendedProperties": [{"id": "key", "value": "1"}]}}, 400),
        ("GET", f"{CALENDAR}/events?$orderby=subject", {}, 400),
        ("GET", f"{CALENDAR}/events?$filter=subject eq 'a'", {}, 400),
        ("GET", f"{CALENDAR}/events?$top=0", {}, 400),
        ("GET", f"{CALENDAR}/events?$select=no_such", {}, 400),
        ("GET", f"{CALENDAR}/calendarView", {}, 400),
        ("GET", f"/v1.0/users/{ANNA}/calendarView/delta?$select=id", {}, 400),
        ("GET", f"/v1.0/users/{ANNA}/messages", {}, 400),
        ("PUT", f"{CALENDAR}/events", {}, 405),
        ("POST", f"{CALENDAR}/getSchedule", {"json": {"schedules": ["a"] * 21, **ASKED}}, 400),
        ("GET", "/v1.0/me/calendar", {}, 400),
        ("GET", "/v1.0/users/unknown@example.com/calendar", {}, 404),
        ("GET", CALENDAR, {"headers": {"Authorization": "Bearer another"}}, 401),
        ("GET", CALENDAR, {}, 200),
    ],
)  # fmt: skip
async def test_a_request_that_graph_does_not_know_is_refused(
    vendor: GraphVendor, method: str, path: str, values: dict[str, Any], status: int
) -> None:
    answer = await ask(vendor, method, path, **dict(values))
    assert answer.status_code == status
    assert status == 200 or set(answer.json()["error"]) == {"code", "message", "innerError"}


async def test_a_schedule_of_more_than_62_days_is_refused(vendor: GraphVendor) -> None:
    times = {"startTime": TIMES["start"], "endTime": {"dateTime": "2031-06-30T10:00:00", "timeZone": "UTC"}}
    answer = await ask(vendor, "POST", f"{CALENDAR}/getSchedule", json={"schedules": [ANNA], **times})
    assert answer.json()["error"]["code"] == "ErrorTimeIntervalTooBig"


async def test_without_a_preference_times_are_in_the_mailbox_s_zone_and_ids_change_when_an_event_is_moved(
    vendor: GraphVendor,
) -> None:
    event = vendor.directory.block(ANNA, at(9))
    other = vendor.directory.add_calendar(ANNA, "Other")
    (before,) = (await ask(vendor, "GET", f"{CALENDAR}/events")).json()["value"]
    assert before["start"] == {"dateTime": "2031-03-30T09:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    vendor.directory.move(ANNA, event.id, other)
    assert (await ask(vendor, "GET", f"/v1.0/users/{ANNA}/events/{before['id']}")).status_code == 404
    assert (await ask(vendor, "GET", f"/v1.0/users/{ANNA}/events/{event.id}")).status_code == 200


async def test_a_transaction_is_for_one_event(vendor: GraphVendor) -> None:
    said = {**TIMES, "subject": "First", "transactionId": "t-1"}
    first, again = [await ask(vendor, "POST", f"{CALENDAR}/events", json=said) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    other = await ask(vendor, "POST", f"{CALENDAR}/events", json={**said, "subject": "Second"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "ErrorDuplicateTransactionId")
    vendor.directory.erase(ANNA)
    assert (await ask(vendor, "POST", f"{CALENDAR}/events", json=said)).status_code == 409


async def test_the_served_fake_leads_back_to_itself_and_writes_its_calls_down() -> None:
    server, url = served(), "http://127.0.0.1:8426"
    vendor = server.vendor
    assert isinstance(vendor, GraphVendor)
    vendor.page_size, other = 1, vendor.directory.add_calendar(ANNA, "Other")
    transport = httpx.ASGITransport(app=server)
    async with world(transport=transport, vendor=vendor, url=f"{url}/v1.0", login_url=url) as here:
        assert [one.id async for one in all_items(here.connector.calendars.page)] == [ANNA, other]
        await here.connector.appointments.put(appointment(ANNA))
        assert {(one.url.host, one.url.port) for one in here.seen} == {("127.0.0.1", 8426)}
    async with httpx.AsyncClient(transport=transport, base_url=url) as http:
        items = (await http.get("/_control/items")).json()
    assert {place: len(events) for place, events in items["events"].items()} == {ANNA: 1, other: 0}
    async with world(app=True, transport=transport, vendor=vendor, url=f"{url}/v1.0", login_url=url) as here:
        assert await here.connector.appointments.get("new@example.com", "check-g1") is None
        with pytest.raises(PlaceGone):
            await here.connector.appointments.get("new@elsewhere.example", "check-g1")
    assert {call.connection for call in server.ledger.calls} >= {"sign-in-1", "app-graph-client"}


@pytest.mark.parametrize("app", [False, True])
async def test_the_live_checks_of_a_sandbox_pass_twice_and_leave_nothing_there(*, app: bool) -> None:
    async with world(app=app) as here:
        box = Sandbox(key="pm-check-1", now=NOW, calendar=ANNA, zone="Europe/Berlin")
        for _ in range(2):
            for check in live_checks(here.connector, box):
                await check.run(here.connector)
            assert here.events() == []
        assert here.vendor.directory.mailed == []


@pytest.mark.parametrize(
    ("rates", "status"), [(Rates(throttled=1.0), 429), (Rates(failed=1.0), None)], ids=["throttled", "failed"]
)
async def test_faults_by_a_plan_are_said_as_graph_says_them(
    vendor: GraphVendor, rates: Rates, status: int | None
) -> None:
    server = FakeServer(vendor, FaultPlan(rates=rates))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=server), base_url="http://127.0.0.1") as http:
        answer = await http.get(CALENDAR, headers={"Authorization": "Bearer token"})
    assert answer.status_code == (status or server.ledger.calls[0].status)
    assert answer.json()["error"]["code"] in ("ApplicationThrottled", "serviceNotAvailable")
    assert server.ledger.calls[0].fault in (Fault.THROTTLED, Fault.FAILED)

"""The fake of Google Calendar: it answers as Google's own description says, and judges requests by it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contract.google.world import ANNA, World
from pointsman_google import GoogleConnector
from pointsman_google.fake import Description, GoogleVendor, served
from pointsman_google.fake.wire import Asked, selected
from pointsman_sdk import CREATE_MEETING, CalendarRef, Invites, Retryable, Slot
from pointsman_sdk.fakes import Fault, FaultPlan, Rates, Turn
from pointsman_sdk.testing import NOW, appointment, at
from pointsman_sdk.testing.samples import SPRING

pytestmark = pytest.mark.anyio
SECRET = SecretStr("s" * 64)
EVENTS = ("calendars", ANNA, "events")
TIMES = {"start": {"dateTime": "2031-01-01T10:00:00Z"}, "end": {"dateTime": "2031-01-01T11:00:00Z"}}


# -- the description


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(method="POST", path=EVENTS, body=TIMES), ""),
        (Asked(method="PUT", path=EVENTS, body=TIMES), "there is no PUT"),
        (Asked(method="GET", path=("calendars", ANNA, "event")), "there is no GET"),
        (Asked(method="GET", path=EVENTS, query={"maxResult": ["5"]}), "no parameter maxResult"),
        (Asked(method="GET", path=EVENTS, query={"calendarId": ["a"]}), "no parameter calendarId"),
        (Asked(method="GET", path=EVENTS, query={"maxResults": ["0"]}), "maxResults is not of its type"),
        (Asked(method="GET", path=EVENTS, query={"maxResults": ["1", "2"]}), "comes twice"),
        (Asked(method="GET", path=EVENTS, query={"showDeleted": ["yes"]}), "showDeleted is not of its type"),
        (Asked(method="GET", path=EVENTS, query={"timeMin": ["2031-01-01T10:00:00"]}), "timeMin is not of its type"),
        (Asked(method="GET", path=EVENTS, query={"privateExtendedProperty": ["a=1", "b=2"]}), ""),
        (Asked(method="GET", path=EVENTS, query={"fields": ["items"], "quotaUser": ["a"]}), ""),
        (Asked(method="GET", path=EVENTS, body={}), "a body where none is known"),
        (Asked(method="POST", path=EVENTS, query={"sendUpdates": ["most"]}, body=TIMES), "sendUpdates is none of"),
        (Asked(method="POST", path=EVENTS), "no body"),
        (Asked(method="POST", path=EVENTS, body={"start": TIMES["start"]}), "Event lacks end"),
        (Asked(method="PATCH", path=(*EVENTS, "a1"), body={"summary": None, "start": {"date": None}}), ""),
        (Asked(method="POST", path=EVENTS, body={**TIMES, "summary": None}), "Event.summary is not of its type"),
        (Asked(method="POST", path=EVENTS, body={**TIMES, "subject": "x"}), "Event has no subject"),
        (Asked(method="POST", path=EVENTS, body={**TIMES, "htmlLink": "x"}), "htmlLink is Google's to say"),
        (Asked(method="POST", path=EVENTS, body={**TIMES, "attendees": {}}), "attendees is no array"),
        (Asked(method="POST", path=EVENTS, body={**TIMES, "attendees": [{"mail": "x"}]}), "attendees[0] has no mail"),
        (
            Asked(method="POST", path=EVENTS, body={**TIMES, "extendedProperties": {"private": {"a": 1}}}),
            "private.a is not of its type",
        ),
        (Asked(method="POST", path=("channels", "stop"), body={"expiration": 5}), "expiration is not of its type"),
    ],
)
def test_requests_are_judged_by_the_description(description: Description, asked: Asked, said: str) -> None:
    found = description.faults(asked)
    assert (said in found[0]) if said else (found == [])


async def test_every_request_of_a_whole_life_is_in_the_description(
    description: Description, world: World, google: GoogleConnector
) -> None:
    begun = await google.watches.changed(ANNA, None)
    watch = await google.watches.watch(ANNA, "https://host.example/push", SECRET)
    assert watch is not None
    for sequence, meeting in enumerate((CREATE_MEETING, "https://meet.example/1", None)):
        await google.appointments.put(appointment(ANNA, sequence=sequence, slot=at(9 + sequence), meeting=meeting))
    await google.appointments.get(ANNA, "check-g1")
    await google.appointments.ours(ANNA, Slot(SPRING, SPRING + timedelta(days=1)))
    await google.busy.read([CalendarRef(id=ANNA, zone="Europe/Berlin")], at(9))
    await google.calendars.page()
    await google.watches.changed(ANNA, begun.cursor)
    await google.appointments.drop(ANNA, "check-g1")
    await google.watches.unwatch(ANNA, watch.state)
    methods = {(one.method, one.url.path.rpartition("/")[2][:9]) for one in world.wire.seen}
    assert len(methods) >= 9
    assert world.vendor.description is not None
    assert world.vendor.faults == []


async def test_a_request_that_is_not_in_the_description_is_refused_and_noted(description: Description) -> None:
    vendor = GoogleVendor(clock=lambda: NOW, description=description)
    vendor.calendar(ANNA)
    answer = ask(vendor, "GET", f"calendars/{ANNA}/events?limit=5")
    assert (answer.status_code, vendor.faults) == (400, ["there is no parameter limit"])


# -- its answers


def ask(vendor: GoogleVendor, method: str, path: str, body: Any = None) -> httpx.Response:
    access, _ = vendor.oauth.sign_in()
    url = f"https://google.example/calendar/v3/{path}"
    return vendor.handle(httpx.Request(method, url, json=body, headers={"Authorization": f"Bearer {access}"}))


def test_an_error_has_a_reason_in_a_list() -> None:
    vendor = GoogleVendor(clock=lambda: NOW)
    told = ask(vendor, "GET", "calendars/nobody/events").json()["error"]
    assert (told["code"], told["errors"][0]["reason"]) == (404, "notFound")
    assert (
        vendor.handle(httpx.Request("GET", "https://google.example/calendar/v3/users/me/calendarList")).status_code
        == 401
    )


@pytest.mark.parametrize(
    ("status", "wait", "reason"),
    [(429, 3, "rateLimitExceeded"), (403, 3, "rateLimitExceeded"), (500, None, "backendError")],
)
def test_a_fault_of_a_plan_is_worded_as_googles(status: int, wait: int | None, reason: str) -> None:
    fault = Fault.FAILED if wait is None else Fault.THROTTLED
    turn = Turn(fault=fault, status=status, retry_after=None if wait is None else timedelta(seconds=wait))
    answer = GoogleVendor(clock=lambda: NOW).failure(turn, now=NOW)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (status, reason)
    assert answer.headers.get("Retry-After") == (None if wait is None else str(wait))


def test_fields_select_what_is_sent() -> None:
    answer = {"kind": "k", "etag": "e", "items": [{"id": 1, "a": {"b": 2}}, {"id": 2}], "nextPageToken": "p"}
    assert selected(answer, None) == answer
    assert selected(answer, "kind,items(id)") == {"kind": "k", "items": [{"id": 1}, {"id": 2}]}
    assert selected(answer, "nextPageToken") == {"nextPageToken": "p"}


async def test_it_is_served_with_faults_and_a_ledger() -> None:
    server = served()
    assert isinstance(server.vendor, GoogleVendor)
    access, _ = server.vendor.oauth.sign_in()
    server.plan = FaultPlan(rates=Rates(throttled=1.0), throttle_statuses=(403,))
    headers = {"Authorization": f"Bearer {access}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://google.example") as http:
        throttled = await http.get("/calendar/v3/users/me/calendarList", headers=headers)
        server.plan.on = False
        listed = await http.get("/calendar/v3/users/me/calendarList", headers=headers)
        standing = await http.get("/_control/items")
    assert (throttled.status_code, listed.status_code) == (403, 200)
    assert [one["id"] for one in listed.json()["items"]] == [ANNA]
    assert [(call.status, call.connection) for call in server.ledger.calls] == [(403, "sign-in-1"), (200, "sign-in-1")]
    assert standing.json()["events"] == {ANNA: []}


@pytest.mark.parametrize("seed", range(4))
async def test_many_faults_leave_one_event_and_one_mail_for_each_state(world: World, seed: int) -> None:
    """Lost answers, 5xx, and "too many calls" by 403, half of all calls, through a whole life of an appointment."""
    rates = Rates(failed=0.2, throttled=0.15, lost=0.15)
    plan = FaultPlan(rates=rates, seed=seed, throttle_statuses=(403, 429))

    def faulty(request: httpx.Request) -> httpx.Response:
        turn = plan.turn()
        acted = world.vendor.handle(request) if turn.acts else None
        if turn.fault is Fault.LOST:
            raise httpx.ReadTimeout("lost", request=request)
        failed = turn.fault is not Fault.NONE or acted is None
        return world.vendor.failure(turn, now=NOW) if failed else acted

    world.answers = faulty
    google, tries = world.connect(), 0

    async def until_done(call: Callable[[], Awaitable[object]]) -> None:
        nonlocal tries
        for _ in range(50):
            tries += 1
            with suppress(Retryable):
                await call()
                return
        raise AssertionError("fifty tries did not bring it there")

    states = [
        appointment(ANNA, sequence=number, slot=at(8 + number % 9), invites=Invites.VENDOR) for number in range(12)
    ]
    for state in states:
        await until_done(partial(google.appointments.put, state))
        (event,) = world.vendor.calendar(ANNA).events.values()
        assert event["start"]["dateTime"] == state.slot.utc().start.isoformat()
    await until_done(lambda: google.appointments.drop(ANNA, "check-g1"))
    told = [(seen["status"], seen["start"]["dateTime"]) for _, seen in world.vendor.events.mailed]
    wanted = [("confirmed", state.slot.utc().start.isoformat()) for state in states]
    assert told == [*wanted, ("cancelled", wanted[-1][1])]
    assert tries > len(states) + 1, "the plan failed some"

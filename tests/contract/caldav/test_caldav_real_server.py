"""What only a real CalDAV server shows."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Event

from contract.caldav.test_caldav_servers import CALENDAR, DAY
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_caldav import CaldavConnector
from pointsman_caldav.events import written
from pointsman_sdk import AmbiguousOutcome, Appointment, ReauthRequired, Rejected, Retryable, Slot
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import HOSTILE, NOW, appointment, at
from pointsman_sdk.testing.samples import PRIVATE, SHARED
from support.connections.pages import ROOT
from support.programs.caldav_calls import busy, on
from support.programs.calendar_servers import RealServer
from support.programs.radicale_vendor import RadicaleVendor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def real(
    anyio_backend: object, caldav_server: RealServer, caldav_vendor: RadicaleVendor
) -> AsyncIterator[tuple[CaldavConnector, RadicaleVendor]]:
    async with make_client(caldav_vendor.transport) as http:
        yield on(http, **caldav_server.config), caldav_vendor


async def test_recurring_and_all_day_and_cancelled_events_are_read_right(real: Any) -> None:
    connector, vendor = real
    daily, holiday, cancelled = Event(), Event(), Event()
    for number, event in enumerate((daily, holiday, cancelled)):
        event.add("UID", f"foreign-{number}")
        event.add("DTSTAMP", NOW)
    daily.add("DTSTART", datetime(2031, 3, 1, 8, tzinfo=UTC))
    daily.add("DTEND", datetime(2031, 3, 1, 9, tzinfo=UTC))
    daily.add("RRULE", {"FREQ": "DAILY", "COUNT": 60})
    holiday.add("DTSTART", date(2031, 4, 2))
    cancelled.add("DTSTART", datetime(2031, 3, 30, 15, tzinfo=UTC))
    cancelled.add("DTEND", datetime(2031, 3, 30, 16, tzinfo=UTC))
    cancelled.add("STATUS", "CANCELLED")
    for event in (daily, holiday, cancelled):
        vendor.put(str(event["UID"]), event)
    found = await busy(connector, vendor.calendar, DAY)
    assert [(slot.utc().start, slot.length) for slot in found] == [
        (datetime(2031, 3, 30, 8, tzinfo=UTC), timedelta(hours=1))
    ]
    free = Slot(datetime(2031, 4, 2, 10, tzinfo=UTC), datetime(2031, 4, 2, 11, tzinfo=UTC))
    assert any(slot.overlaps(free) for slot in await busy(connector, vendor.calendar, free))


async def test_event_is_what_a_calendar_program_expects(real: Any) -> None:
    connector, vendor = real
    await connector.appointments.put(appointment(vendor.calendar))
    (event,) = vendor.stored()
    assert str(event["UID"]) == "check-g1@pointsman"
    assert (event.get("ORGANIZER"), event.get("ATTENDEE")) == (None, None)  # a server would write to them
    assert str(event["DESCRIPTION"]) == f"{SHARED}\n\n{PRIVATE}"
    assert (str(event["STATUS"]), str(event["TRANSP"]), int(event["SEQUENCE"])) == ("CONFIRMED", "OPAQUE", 0)
    await connector.appointments.put(appointment(vendor.calendar, slot=at(14), sequence=1))
    (event,) = vendor.stored()
    assert int(event["SEQUENCE"]) == 1


def test_control_characters_are_not_written() -> None:
    # Asked of the writer itself: some servers drop them, others refuse the event.
    content = written(appointment(CALENDAR, contact=HOSTILE), now=NOW)
    assert not set(content) & (set(range(0x20)) - set(b"\r\n\t"))


async def test_twenty_writers_of_one_key_leave_one_event(real: Any) -> None:
    connector, vendor = real
    asked = appointment(vendor.calendar)
    answers = await asyncio.gather(*(connector.appointments.put(asked) for _ in range(20)), return_exceptions=True)
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= {Retryable, AmbiguousOutcome}
    assert len(vendor.stored()) == 1


async def renamed(real: Any) -> Appointment:
    """An event of ours that its owner's program moved away and back, under a name of its own."""
    connector, vendor = real
    asked = appointment(vendor.calendar)
    await connector.appointments.put(asked)
    text = vendor.ask("GET", f"{vendor.calendar}{asked.key}.ics").content
    vendor.ask("DELETE", f"{vendor.calendar}{asked.key}.ics").raise_for_status()
    vendor.ask("PUT", f"{vendor.calendar}An%20event@home.ics", text).raise_for_status()
    return asked


async def test_event_that_its_owners_program_named_otherwise_is_found_and_changed_there(real: Any) -> None:
    connector, vendor = real
    asked = await renamed(real)
    found = await connector.appointments.get(vendor.calendar, asked.key)
    assert (found.slot, found.sequence) == (asked.slot, asked.sequence)
    for later in (replace(asked, slot=at(14)), replace(asked, slot=at(16), sequence=1)):
        record = await connector.appointments.put(later)
        assert record.slot == later.slot
        (event,) = vendor.stored()
        assert event["DTSTART"].dt == later.slot.utc().start


async def test_event_that_its_owners_program_named_otherwise_is_removed_there(real: Any) -> None:
    connector, vendor = real
    asked = await renamed(real)
    await connector.appointments.drop(vendor.calendar, asked.key)
    assert vendor.stored() == []
    await connector.appointments.drop(vendor.calendar, asked.key)


async def test_wrong_password_asks_for_another(caldav_server: RealServer, anyio_backend: object) -> None:
    """In the words that its page tells what to do about."""
    page = (ROOT / "docs" / "connections" / "caldav.md").read_text(encoding="utf-8")
    async with make_client(httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)) as http:
        connector = on(http, **caldav_server.config | {"password": "wrong"})
        for call in (connector.check, lambda: busy(connector, f"{caldav_server.home}x/", DAY)):
            with pytest.raises(ReauthRequired) as caught:
                await call()
            assert f"\n| {caught.value} |" in page


async def test_calendar_that_does_not_exist_is_refused_by_book(real: Any, caldav_server: RealServer) -> None:
    connector, _ = real
    with pytest.raises(Rejected):
        await connector.appointments.put(appointment(f"{caldav_server.home}no-such-calendar/"))


@pytest.mark.parametrize(
    ("token", "age"),
    [
        ("nonsense", timedelta(0)),
        ("data:,999999999", timedelta(0)),
        ("", timedelta(0)),
        ("data:,1", timedelta(days=6)),
    ],
)
async def test_a_sync_token_that_the_server_does_not_know_has_all_read_again(
    real: Any, token: str, age: timedelta
) -> None:
    connector, vendor = real
    lost = await connector.watches.changed(vendor.calendar, f"token:{int((NOW - age).timestamp())}:{token}")
    assert not lost.complete
    asked = appointment(vendor.calendar)
    await connector.appointments.put(asked)
    found = await connector.watches.changed(vendor.calendar, lost.cursor)
    assert (found.complete, list(found.keys), found.others) == (True, [asked.key], True)
    await connector.appointments.drop(vendor.calendar, asked.key)
    gone = await connector.watches.changed(vendor.calendar, found.cursor)
    assert (gone.complete, list(gone.keys)) == (True, [asked.key])
    same = await connector.watches.changed(vendor.calendar, gone.cursor)
    assert (same.complete, same.keys, same.others) == (True, [], False)

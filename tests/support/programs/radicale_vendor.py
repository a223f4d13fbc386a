"""Radicale for the conformance kit: what a calendar there holds is read from the server's own files."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

import httpx
from icalendar import Calendar, Event, vCalAddress, vText

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_sdk import Capability, Slot
from pointsman_sdk.testing import Odd, Row, at
from support.programs.calendar_servers import USER, RealServer

OWNER = "rep1@example.com"


class RadicaleVendor:
    """Two fresh calendars on the server; the truth of the first is read from the server's files."""

    refuses_overlaps = False
    knows_tentative = True
    owner = OWNER
    _numbers = count(1)

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)
        name = f"calendar-{next(self._numbers)}"
        self.calendar, self.second = f"/{USER}/{name}/", f"/{USER}/{name}-b/"
        self.unreadable = "/rep2/private/"
        self._files = server.folder / "collections" / "collection-root" / USER / name
        for path in (self.calendar, self.second):
            self.ask("MKCALENDAR", path).raise_for_status()

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        """A request of our own, past the connector."""
        return self.server.ask(method, path, content)

    def put(self, name: str, event: Event) -> None:
        """Store an event of somebody else's, or in the place of one of ours what its owner made of it."""
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//Someone//Else//EN")
        calendar.add_component(event)
        self.ask("PUT", f"{self.calendar}{name}.ics", calendar.to_ical()).raise_for_status()

    def stored(self) -> list[Event]:
        """Every event in the server's files."""
        texts = [path.read_bytes() for path in sorted(self._files.glob("*.ics"))]
        return [event for text in texts for event in Calendar.from_ical(text).walk("VEVENT")]

    def ours(self) -> list[Event]:
        """Those that the connector made."""
        return [event for event in self.stored() if not str(event["UID"]).startswith("foreign")]

    def rows(self, kind: Capability) -> Sequence[Row]:
        assert kind is Capability.APPOINTMENTS
        return [_seen(event) for event in self.ours()]

    def annotate(self, kind: Capability, note: str) -> bool:
        assert kind is Capability.APPOINTMENTS
        for event in self.ours():
            event.pop("COMMENT", None)
            event.add("COMMENT", note)
            self._rewrite(event)
        return True

    def gone(self, kind: Capability) -> str | None:
        assert kind is Capability.APPOINTMENTS
        return f"/{USER}/no-such-calendar/"

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        self._put_foreign(slot, TRANSP="OPAQUE" if busy else "TRANSPARENT")

    def put_odd(self, odd: Odd) -> bool:
        nine = at(9)
        match odd:
            case Odd.TRANSPARENT:
                self._put_foreign(nine, TRANSP="TRANSPARENT")
            case Odd.DECLINED:
                me = vCalAddress(f"mailto:{OWNER}")
                me.params["PARTSTAT"] = vText("DECLINED")
                self._put_foreign(nine, ATTENDEE=me)
            case Odd.TENTATIVE:
                self._put_foreign(nine, STATUS="TENTATIVE")
            case Odd.WHOLE_DAY:
                event = self._foreign()
                event.add("DTSTART", date(2031, 3, 30))
                self.put(str(event["UID"]), event)
            case Odd.LONG:
                self._put_foreign(Slot(nine.start, nine.utc().start + timedelta(hours=25)))
            case Odd.WEEKLY:
                before = nine.start - timedelta(weeks=4)  # the same wall clock, before the clocks changed
                event = self._foreign()
                event.add("DTSTART", before)
                event.add("DURATION", timedelta(minutes=30))
                event.add("RRULE", {"FREQ": "WEEKLY"})
                self.put(str(event["UID"]), event)
            case Odd.PRIVATE:
                self._put_foreign(nine, CLASS="PRIVATE")
        return True

    def refuse_guests(self) -> bool:
        return False

    def repeat(self, *, times: int, without: int) -> bool:
        for event in self.ours():
            event.add("RRULE", {"FREQ": "WEEKLY", "COUNT": times})
            for number in range(without):
                event.add("EXDATE", event.decoded("DTSTART") + timedelta(weeks=number))
            self._rewrite(event)
        return True

    def erase(self, kind: Capability) -> None:
        assert kind is Capability.APPOINTMENTS
        for path in self._files.glob("*.ics"):
            self.ask("DELETE", f"{self.calendar}{path.name}").raise_for_status()

    def _rewrite(self, event: Event) -> None:
        """One of ours, as its owner's program left it."""
        self.put(str(event["UID"]).removesuffix("@pointsman"), event)

    def _foreign(self) -> Event:
        event = Event()
        event.add("UID", f"foreign-{next(self._numbers)}")
        event.add("DTSTAMP", at(9).utc().start)
        return event

    def _put_foreign(self, slot: Slot, **values: object) -> None:
        event = self._foreign()
        event.add("DTSTART", slot.utc().start)
        event.add("DTEND", slot.utc().end)
        for name, value in values.items():
            event.add(name, value)
        self.put(str(event["UID"]), event)


def _seen(event: Event) -> Row:
    guests = event.get("ATTENDEE", [])
    guests = [guests] if isinstance(guests, vCalAddress) else guests
    return Row(
        text=str(event["SUMMARY"]),
        slot=Slot(event.decoded("DTSTART"), event.decoded("DTEND")),
        guests=frozenset(str(guest).removeprefix("mailto:") for guest in guests),
        guest_text=event.to_ical().decode() if guests else "",
        repeats="RRULE" in event,
        tentative=event.get("STATUS") == "TENTATIVE",
        note=str(event.get("COMMENT", "")),
    )

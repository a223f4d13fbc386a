"""Radicale for the conformance kit: what a calendar there holds is read from the server's own files."""

from collections.abc import Sequence
from itertools import count

import httpx
from icalendar import Calendar, Event, vCalAddress

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_sdk import Slot
from pointsman_sdk.testing import Event as SeenEvent
from support.programs.calendar_servers import USER, RealServer


class RadicaleVendor:
    """One fresh calendar on the server; its truth is read from the server's files."""

    refuses_overlaps = False
    knows_tentative = True
    _numbers = count(1)

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)
        name = f"calendar-{next(self._numbers)}"
        self.calendar = f"/{USER}/{name}/"
        self.unreadable = "/rep2/private/"
        self._files = server.folder / "collections" / "collection-root" / USER / name
        self.ask("MKCALENDAR", self.calendar).raise_for_status()

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        """A request of our own, past the connector."""
        return self.server.ask(method, path, content)

    def put(self, name: str, event: Event) -> None:
        """Store an event of somebody else's."""
        calendar = Calendar()
        calendar.add("VERSION", "2.0")
        calendar.add("PRODID", "-//Someone//Else//EN")
        calendar.add_component(event)
        self.ask("PUT", f"{self.calendar}{name}.ics", calendar.to_ical()).raise_for_status()

    def stored(self) -> list[Event]:
        """Every event in the server's files."""
        texts = [path.read_bytes() for path in sorted(self._files.glob("*.ics"))]
        return [event for text in texts for event in Calendar.from_ical(text).walk("VEVENT")]

    def events(self) -> Sequence[SeenEvent]:
        return [_seen(event) for event in self.stored() if not str(event["UID"]).startswith("foreign")]

    def block(self, slot: Slot, *, busy: bool = True) -> None:
        number = next(self._numbers)
        event = Event()
        event.add("UID", f"foreign-{number}")
        event.add("DTSTAMP", slot.utc().start)
        event.add("DTSTART", slot.utc().start)
        event.add("DTEND", slot.utc().end)
        event.add("TRANSP", "OPAQUE" if busy else "TRANSPARENT")
        self.put(f"foreign-{number}", event)

    def erase(self) -> None:
        for path in self._files.glob("*.ics"):
            self.ask("DELETE", f"{self.calendar}{path.name}").raise_for_status()


def _seen(event: Event) -> SeenEvent:
    guests = event.get("ATTENDEE", [])
    guests = [guests] if isinstance(guests, vCalAddress) else guests
    return SeenEvent(
        slot=Slot(event.decoded("DTSTART"), event.decoded("DTEND")),
        title=str(event["SUMMARY"]),
        attendees=frozenset(str(guest).removeprefix("mailto:") for guest in guests),
        tentative=event.get("STATUS") == "TENTATIVE",
    )

"""A second real CalDAV server for the conformance kit, which differs from the first wherever the standard lets it."""

import re

import httpx
from icalendar import Calendar, Event

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_sdk import Capability
from support.programs.calendar_servers import RealServer
from support.programs.radicale_vendor import RadicaleVendor


class XandikosVendor(RadicaleVendor):
    """One fresh calendar on the server; its truth is asked of the server itself, past the connector."""

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)
        self.calendar, self.second = (server.make_calendar(f"calendar-{next(self._numbers)}") for _ in range(2))
        self.unreadable = f"{server.home}no-such-calendar/"

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        headers = {"Content-Type": "text/calendar"} if method == "PUT" else {"Depth": "1"}
        return self.server.ask(method, path, content, headers)

    def stored(self) -> list[Event]:
        texts = [self.ask("GET", path).content for path in self._paths()]
        return [event for text in texts for event in Calendar.from_ical(text).walk("VEVENT")]

    def gone(self, kind: Capability) -> str | None:
        assert kind is Capability.APPOINTMENTS
        return self.unreadable

    def erase(self, kind: Capability) -> None:
        assert kind is Capability.APPOINTMENTS
        for path in self._paths():
            self.ask("DELETE", path).raise_for_status()

    def _paths(self) -> list[str]:
        return sorted(set(re.findall(r"href>([^<]*\.ics)<", self.ask("PROPFIND", self.calendar).text)))

"""DAViCal for the conformance kit: its truth is asked of the server itself, past the connector."""

from dataclasses import replace

import httpx

from davical.server import OTHER_PASSWORD, OTHER_USER
from support.programs.calendar_servers import USER, RealServer
from support.programs.xandikos_vendor import XandikosVendor


class DavicalVendor(XandikosVendor):
    """Two fresh calendars of one user, and one of another, who shows its busy times alone."""

    def __init__(self, server: RealServer) -> None:
        super().__init__(server)
        home = server.home.replace(f"/{USER}/", f"/{OTHER_USER}/")
        self.other = replace(server, home=home, login=(OTHER_USER, OTHER_PASSWORD))
        self.unreadable = self.other.make_calendar("private")

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        kind = "text/calendar" if method == "PUT" else "application/xml"
        return self.server.ask(method, path, content, {"Content-Type": kind, "Depth": "1"})

    def gone(self, kind: object) -> str:
        return f"{self.server.home}no-such-calendar/"

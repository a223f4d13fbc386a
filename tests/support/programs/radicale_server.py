"""A real CalDAV server for tests: Radicale as its own process, on a free loopback port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
from icalendar import Calendar, Event, vCalAddress

from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman_sdk import Slot
from pointsman_sdk.testing import Event as SeenEvent
from support.waiting import PATIENCE_S, wait_until

USER, PASSWORD = "rep1", "s3cret-password"
_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {folder}/collections
[web]
type = none
[logging]
level = error
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server listens, and where it keeps its files."""

    url: str
    folder: Path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def radicale(folder: Path) -> Iterator[Server]:
    """Run a server until the block ends."""
    port = _free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\nrep2:other\n")
    (folder / "config").write_text(_CONFIG.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "radicale", "--config", str(folder / "config")],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONWARNINGS": ""},
        )
    try:
        _wait_until_it_answers(port, process, folder / "log")
        yield Server(f"http://127.0.0.1:{port}/", folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"radicale did not start: {log.read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)


class RadicaleVendor:
    """One fresh calendar on the server; its truth is read from the server's files."""

    refuses_overlaps = False
    knows_tentative = True
    _numbers = count(1)

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: httpx.AsyncBaseTransport = httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES)
        name = f"calendar-{next(self._numbers)}"
        self.calendar = f"/{USER}/{name}/"
        self.unreadable = "/rep2/private/"
        self._files = server.folder / "collections" / "collection-root" / USER / name
        self.ask("MKCALENDAR", self.calendar).raise_for_status()

    def ask(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        """A request of our own, past the connector."""
        url = httpx.URL(self.server.url).join(path)
        return httpx.request(
            method, url, auth=(USER, PASSWORD), content=content, trust_env=False, verify=NO_AUTHORITIES
        )

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

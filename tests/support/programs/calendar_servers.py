"""Real CalDAV servers as processes of their own: Radicale, which asks for a login, and Xandikos, which asks for none.

A server can be killed and started again on the same port with the same data. `Phone` is a calendar program of the owner's:
plain HTTP, nothing of ours.
"""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from pointsman.local.plain_http import NO_AUTHORITIES
from support.programs.free_port import free_port
from support.waiting import PATIENCE_S, wait_until

USER, PASSWORD = "rep1", "s3cret-password"
#: The body of a MKCOL that makes one (RFC 5689).
ADDRESS_BOOK = (
    '<D:mkcol xmlns:D="DAV:" xmlns:A="urn:ietf:params:xml:ns:carddav"><D:set><D:prop><D:resourcetype><D:collection/>'
    "<A:addressbook/></D:resourcetype></D:prop></D:set></D:mkcol>"
)
_RADICALE = """
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


@dataclass(slots=True, kw_only=True)
class RealServer:
    """A server of one kind; `root` is where its CalDAV begins, `home` where its user's calendars lie."""

    name: str
    folder: Path
    port: int
    command: list[str]
    home: str
    login: tuple[str, str] | None
    root: str = "/"
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def config(self) -> dict[str, str]:
        """What a connection to it is configured with."""
        login = dict(zip(("username", "password"), self.login, strict=True)) if self.login else {}
        return {"base_url": self.url + self.root.removeprefix("/")} | login

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        started = self.process

        def answers() -> bool:
            if started.poll() is not None:
                raise RuntimeError(f"{self.name} did not start: {(self.folder / 'log').read_text()}")
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until(answers)

    def kill(self) -> None:
        """Without a chance to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=PATIENCE_S)
            self.process = None

    def ask(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """A request past everything of ours."""
        url = httpx.URL(self.url).join(path)
        return httpx.request(
            method, url, auth=self.login, content=content, headers=headers, trust_env=False, verify=NO_AUTHORITIES
        )

    def make_calendar(self, name: str) -> str:
        """A new and empty calendar; its path."""
        return self.make("MKCALENDAR", name)

    def make(self, method: str, name: str, body: str = "") -> str:
        """A new collection in the place of what is there; its path."""
        path = f"{self.home}{name}/"
        self.ask("DELETE", path)
        self.ask(method, path, body.encode() or None).raise_for_status()
        return path


def radicale(folder: Path) -> RealServer:
    port = free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}\nrep2:other\n")
    (folder / "config").write_text(_RADICALE.format(port=port, folder=folder))
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    login = (USER, PASSWORD)
    return RealServer(name="Radicale", folder=folder, port=port, command=command, home=f"/{USER}/", login=login)


def xandikos(folder: Path) -> RealServer:
    port = free_port()
    where = ["-d", str(folder / "data"), "--state-dir", str(folder / "state"), "-l", "127.0.0.1", "-p", str(port)]
    options = ["--defaults", "--current-user-principal", "/user/", "--no-detect-systemd"]
    command = [sys.executable, "-m", "xandikos", "serve", *where, *options]
    return RealServer(name="Xandikos", folder=folder, port=port, command=command, home="/user/calendars/", login=None)


@contextmanager
def running(server: RealServer) -> Iterator[RealServer]:
    """Run a server until the block ends."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


SERVERS: tuple[Callable[[Path], RealServer], ...] = (radicale, xandikos)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """The owner's own calendar program, looking at one calendar."""

    server: RealServer
    calendar: str

    def events(self) -> dict[str, str]:
        """Every event by its path, unfolded."""
        listing = self.server.ask("PROPFIND", self.calendar, headers={"Depth": "1"})
        paths = set(re.findall(r"<(?:\w+:)?href>([^<]*\.ics)</", listing.text))
        texts = {path: self.server.ask("GET", path).text for path in sorted(paths)}
        return {path: text.replace("\r\n", "\n").replace("\n ", "") for path, text in texts.items()}

    def ours(self, appointment: object) -> tuple[str, str] | None:
        """The path and the text of an appointment's event."""
        found = [(path, text) for path, text in self.events().items() if f"UID:pm-{appointment}" in text]
        assert len(found) <= 1, "one live event per appointment and calendar"
        return found[0] if found else None

    def edit(self, appointment: object, change: Callable[[str], str]) -> None:
        """Write the event back with a change, as any calendar program does."""
        found = self.ours(appointment)
        assert found is not None
        self.put(found[0], change(found[1]))

    def put(self, path: str, text: str) -> None:
        content = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        self.server.ask("PUT", path, content, headers).raise_for_status()

    def delete(self, appointment: object) -> None:
        found = self.ours(appointment)
        assert found is not None
        self.server.ask("DELETE", found[0]).raise_for_status()

    def block(self, name: str, *lines: str) -> None:
        """An event of the owner's own, by its lines."""
        body = "\n".join(
            ["BEGIN:VEVENT", f"UID:{name}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{name}", *lines, "END:VEVENT"]
        )
        zones = BERLIN if "Europe/Berlin" in body else ""
        self.put(
            f"{self.calendar}{name}.ics",
            f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//phone//\n{zones}{body}\nEND:VCALENDAR\n",
        )


def moved_to(start: datetime, end: datetime, *, sequence: int | None = None) -> Callable[[str], str]:
    """The edit of somebody who drags an event: a new time in UTC, and, of a polite program, a new SEQUENCE."""

    def change(text: str) -> str:
        text = _line(text, "DTSTART", f"DTSTART:{start:%Y%m%dT%H%M%SZ}")
        text = _line(text, "DTEND", f"DTEND:{end:%Y%m%dT%H%M%SZ}")
        return text if sequence is None else _line(text, "SEQUENCE", f"SEQUENCE:{sequence}")

    return change


def moved_in_berlin(start: str, end: str) -> Callable[[str], str]:
    """The same by a program that writes wall-clock times with a zone."""

    def change(text: str) -> str:
        text = _line(text, "DTSTART", f"DTSTART;TZID=Europe/Berlin:{start}")
        text = _line(text, "DTEND", f"DTEND;TZID=Europe/Berlin:{end}")
        return text.replace("BEGIN:VEVENT", f"{BERLIN}BEGIN:VEVENT", 1)

    return change


def with_line(name: str, line: str) -> Callable[[str], str]:
    return lambda text: _line(text, name, line)


def _line(text: str, name: str, line: str) -> str:
    """`text` with the event's property of this name replaced."""
    head, event = text.split("BEGIN:VEVENT", 1)
    changed, count = re.subn(rf"(?m)^{name}[;:].*$", line, event)
    if not count:
        changed = event.replace("END:VEVENT", f"{line}\nEND:VEVENT", 1)
    return f"{head}BEGIN:VEVENT{changed}"


BERLIN = """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""

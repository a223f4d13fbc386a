"""The demo as its users start it: a process of its own, with all that it starts, looked at from outside."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from icalendar import Calendar

from pointsman.demo.files import DemoState
from pointsman.demo.vendors import DemoVendors, read_vendor_entries
from pointsman.local.calendar_server import CalendarServer
from pointsman.local.os_account import OsAccount
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_home import make_owned
from support.programs.free_port import free_port
from support.waiting import PATIENCE_S, wait_until

OWNERS = ("anna", "ben", "david")  # at the calendar server
READY = "Ctrl-C stops everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event in an owner's calendar."""

    owner: str
    uid: str
    title: str
    start: datetime
    end: datetime


@dataclass(slots=True, kw_only=True)
class Demo:
    """One state folder, and the demo that runs on it from start to stop. `account` is who starts it."""

    state: Path
    account: OsAccount
    python: list[str | Path]
    env: dict[str, str] = field(default_factory=dict)
    tag: str = field(default_factory=lambda: uuid4().hex)
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _output: Path | None = None

    def start(self, *, until: str = READY, patience: float = PATIENCE_S) -> None:
        """Start it on a free port, and wait for these words."""
        self.port = free_port()
        self._output = self.state.parent / f"output-{self.port}"
        words = [*self.python, "-P", "-m", "pointsman.cli", "demo", "--state", self.state, "--port", str(self.port)]
        keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        env = {**keep, "HOME": str(self.state.parent), "COLUMNS": "120", "TEST_TAG": self.tag, **self.env}
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                words,
                env=env,
                cwd=self._folder_with_a_name_of_the_standard_library(),
                stdout=output,
                stderr=output,
                start_new_session=True,
                **self.account.popen_arguments(),
            )
        self.expect(until, patience=patience)

    def _folder_with_a_name_of_the_standard_library(self) -> Path:
        """Where people start a program, modules may lie that no part of it may take for Python's own."""
        folder = self.state.parent / "started-here"
        folder.mkdir(exist_ok=True)
        (folder / "secrets.py").write_text("raise ImportError('this is not the standard library')")
        return folder

    def expect(self, words: str, *, patience: float = PATIENCE_S) -> None:
        process = self._process
        assert process

        def said() -> bool:
            ended = process.poll() is not None  # asked first: what it said last is there then
            if words in self.output:
                return True
            assert not ended, self.output
            return False

        wait_until(said, patience=patience, otherwise=f"{words!r} was not said")

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to the whole process group, as a terminal does; the exit code."""
        assert self._process
        os.killpg(self._process.pid, number)
        return self.end()

    def end(self, *, patience: float = PATIENCE_S) -> int:
        assert self._process
        return self._process.wait(patience)

    @property
    def output(self) -> str:
        assert self._output
        return self._output.read_text(errors="replace")

    def tables(self) -> str:
        """What it showed, from the first table to the last."""
        return self.output[self.output.index("Where each lead went") : self.output.index("The senders sent")]

    def processes(self, *, told_apart_by: str = "") -> dict[int, str]:
        """Whatever runs because of it: it was given our tag, or it names the state folder."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                around = (folder / "environ").read_bytes().decode(errors="replace")
                dead = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if not dead and (self.tag in around or str(self.state) in line) and told_apart_by in line:
                found[int(folder.name)] = line
        return found

    # -- what it serves

    def api(self) -> httpx.Client:
        key = DemoState(self.state / "demo.json").read()["admin_key"]
        signed_in = {"Authorization": f"Bearer {key}"}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers=signed_in,
            timeout=PATIENCE_S,
            trust_env=False,
            verify=NO_AUTHORITIES,
        )

    def every(self, path: str) -> list[dict[str, Any]]:
        with self.api() as api:
            page = api.get(path, params={"limit": 200}).raise_for_status().json()
        assert page["next"] is None
        return list(page["items"])

    @property
    def calendars(self) -> CalendarServer:
        return CalendarServer(self.state / "calendars")

    def events(self) -> list[Event]:
        """All events, each owner's calendar read with the owner's own login."""
        found = []
        for owner in OWNERS:
            login = (owner, self.calendars.password(owner))
            answer = httpx.get(
                f"{self.calendars.url}{owner}/work/", auth=login, trust_env=False, verify=NO_AUTHORITIES
            ).raise_for_status()
            for entry in Calendar.from_ical(answer.text).walk("VEVENT"):
                facts = {"uid": str(entry["UID"]), "title": str(entry["SUMMARY"])}
                found.append(Event(owner=owner, start=entry["DTSTART"].dt, end=entry["DTEND"].dt, **facts))
        for entry in read_vendor_entries(self.vendors):
            facts = {"uid": entry.uid, "title": entry.title}
            found.append(Event(owner=entry.owner, start=entry.start, end=entry.end, **facts))
        return found

    @property
    def vendors(self) -> DemoVendors:
        return DemoVendors.of(self.state)

    def mail(self) -> list[dict[str, Any]]:
        """What buyers were sent."""
        url = f"{self.vendors.mail.url}/_control/messages"
        answer = httpx.get(url, trust_env=False, verify=NO_AUTHORITIES).raise_for_status()
        return list(answer.json()["received"])

    def sums(self) -> dict[str, int]:
        """How much of everything there is; a second start must not add to it."""
        lists = {name: self.every(f"/v1/{name}") for name in ("leads", "inbox", "decisions", "appointments")}
        kinds = Counter("private" if event.uid == "demo-private" else "ours" for event in self.events())
        return {name: len(rows) for name, rows in lists.items()} | dict(kinds) | {"mail": len(self.mail())}


@contextmanager
def demo_in(folder: Path, *, account: OsAccount | None = None, **env: str) -> Iterator[Demo]:
    """A demo with its state in a folder of its own, gone afterwards with all that still runs."""
    account = account or OsAccount.current()
    home = folder / "home"
    make_owned(home, account)
    demo = Demo(state=home / "state", account=account, python=python_for(account), env=env)
    try:
        yield demo
    finally:
        for _ in range(3):  # a supervisor that dies first starts nobody anew
            for pid in sorted(demo.processes()):
                end(pid)
        EmbeddedPostgres(demo.state).remove()
        shutil.rmtree(home)


def python_for(account: OsAccount) -> list[str | Path]:
    """A Python that `account` may run, with the packages of this environment on its path; none when there is none."""
    if not account.drops_privileges:
        return [sys.executable]
    paths = os.pathsep.join(path for path in sys.path if path)
    for python in (sys.executable, "/usr/bin/python3"):
        words: list[str | Path] = ["env", f"PYTHONPATH={paths}", "PYTHONDONTWRITEBYTECODE=1", python]
        probe = [*words, "-c", "import pointsman, psycopg, yaml; yaml.CSafeLoader"]
        if (
            subprocess.run(probe, capture_output=True, check=False, cwd="/", **account.popen_arguments()).returncode
            == 0
        ):
            return words
    return []


def end(pid: int) -> None:
    """Kill -9; it may be gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Somebody else listens on the port."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield

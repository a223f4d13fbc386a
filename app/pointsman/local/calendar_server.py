"""A calendar server of our own, for the demo and for tests: a whole CalDAV server as a subprocess, state in a folder.

Each owner has a login of their own and owns `/<owner>/`; the account `pointsman` reads and writes all calendars.
Point any calendar client at `url` with an owner's name and password.
"""

import contextlib
import fcntl
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.own_files import open_to_append
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman.local.processes import Process

SERVICE_USER = "pointsman"
HOST = "127.0.0.1"
PORT = 5232
START_TIMEOUT_S = 20.0

CONFIG_TEMPLATE = """\
[server]
hosts = {host}:{port}
[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0
[rights]
type = from_file
file = {rights}
[storage]
filesystem_folder = {collections}
[web]
type = none
[logging]
level = warning
"""

RIGHTS_TEMPLATE = """\
[service]
user: {service}
collection: .*
permissions: RrWw

[root]
user: .+
collection:
permissions: R

[principal]
user: .+
collection: {{user}}
permissions: RW

[calendars]
user: .+
collection: {{user}}/[^/]+
permissions: rw
"""

MKCALENDAR = """\
<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
  <d:set><d:prop><d:displayname>{name}</d:displayname></d:prop></d:set>
</c:mkcalendar>
"""


@dataclass(frozen=True, slots=True)
class CalendarServer:
    """The calendar server whose state lies in `directory`. `port` is where it would like to listen."""

    directory: Path
    port: int = PORT

    def start(self, owners: Sequence[str] = ()) -> str:
        """Run the server with a login for each of `owners`, beside those it knows; return its URL.

        A server that still runs is used again. When the port is taken, another free one is.
        """
        with self._locked():
            known = self._find_running()
            changed = self._write_users(owners)
            if known and (changed or not self._answers(known.url)):
                known.process.stop(grace=5)
                known = None
            return (known or self._launch()).url

    def stop(self) -> None:
        with self._locked():
            if known := self._find_running():
                known.process.stop(grace=5)
            self._state_file.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        """Where it listens. Raises LocalServerError when it does not run."""
        known = self._find_running()
        if known is None:
            raise LocalServerError(say("local.no-calendar-server", folder=str(self.directory)))
        return known.url

    def password(self, owner: str = SERVICE_USER) -> str:
        """Of an owner, or of the service's own account. Raises KeyError for one without a login."""
        return self._users()[owner]

    def ensure_calendar(self, owner: str, name: str) -> str:
        """The URL of the owner's calendar of that name, which is made when it is missing."""
        url = f"{self.url}{quote(owner)}/{quote(name)}/"
        # Made with the owner's own login: the server makes the folder above at that login.
        login = (owner, self.password(owner))
        with httpx.Client(auth=login, timeout=10, trust_env=False, verify=NO_AUTHORITIES) as client:
            if not _exists(client, url):
                xml = MKCALENDAR.format(name=escape(name))
                answer = client.request("MKCALENDAR", url, content=xml, headers={"Content-Type": "application/xml"})
                # A refusal is no fault when another process has just made it.
                if answer.status_code != httpx.codes.CREATED and not _exists(client, url):
                    raise LocalServerError(say("local.calendar-refused", url=url, status=answer.status_code))
        return url

    # -- state

    @property
    def _state_file(self) -> Path:
        return self.directory / "server.json"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_to_append(self.directory / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _users(self) -> dict[str, str]:
        try:
            lines = (self.directory / "users").read_text().splitlines()
        except FileNotFoundError:
            return {}
        return {name: word for name, _, word in (line.partition(":") for line in lines)}

    def _write_users(self, owners: Sequence[str]) -> bool:
        """Give each user without a password one. It stays readable, since the demo shows it; only we can read the file."""
        users = self._users()
        missing = [name for name in dict.fromkeys((SERVICE_USER, *owners)) if name not in users]
        for name in missing:
            if not name or set(name) & set(":/\n") or name in {".", ".."}:
                raise LocalServerError(say("local.no-login", name=name))
            users[name] = secrets.token_urlsafe(18)
        if missing:
            text = "".join(f"{name}:{word}\n" for name, word in users.items())
            self._write("users", text)
        return bool(missing)

    def _write(self, name: str, text: str) -> Path:
        """Replace a file that only we may read."""
        path = self.directory / name
        write_kept_file(path, text)
        return path

    def _find_running(self) -> "_Server | None":
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            facts = json.loads(self._state_file.read_text())
            server = _Server(process=Process(**facts["process"]), port=facts["port"])
            return server if server.process.is_running() else None
        return None

    # -- the server

    def _launch(self) -> "_Server":
        home = self.directory.resolve()
        rights = self._write("rights", RIGHTS_TEMPLATE.format(service=SERVICE_USER))
        deadline = time.monotonic() + START_TIMEOUT_S
        port = self.port
        while time.monotonic() < deadline:
            port = free_port_like(port)
            places = {"users": home / "users", "rights": rights.resolve(), "collections": home / "collections"}
            config = self._write("config", CONFIG_TEMPLATE.format(host=HOST, port=port, **places))
            process = self._spawn(config)
            found = Process.find(process.pid)
            while found and process.poll() is None and time.monotonic() < deadline:
                server = _Server(process=found, port=port)
                if self._answers(server.url):
                    self._write("server.json", json.dumps({"process": asdict(found), "port": port}))
                    return server
                time.sleep(0.05)
        raise LocalServerError(say("local.calendar-not-started", log=str(self.directory / "server.log")))

    def _answers(self, url: str) -> bool:
        """Whether this server answers there: another one on the same port would not know our password."""
        login = (SERVICE_USER, self.password())
        try:
            with httpx.Client(auth=login, timeout=2, trust_env=False, verify=NO_AUTHORITIES) as client:
                return _exists(client, url)
        except httpx.TransportError:
            return False

    def _spawn(self, config: Path) -> subprocess.Popen[bytes]:
        with open_to_append(self.directory / "server.log") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "radicale", "--config", str(config.resolve())],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory, start_new_session=True,
            )  # fmt: skip
        _children.append(process)
        return process


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"


_children: list[subprocess.Popen[bytes]] = []  # kept so that a child that ended can be reaped


def _exists(client: httpx.Client, url: str) -> bool:
    return client.request("PROPFIND", url, headers={"Depth": "0"}).status_code == httpx.codes.MULTI_STATUS


def free_port_like(wanted: int) -> int:
    """This port, or another where something listens on it. Raises LocalServerError."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise LocalServerError(say("local.no-port"))

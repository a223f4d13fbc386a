"""The fake of a connector's vendor as a process of our own, for the demo; what stands there outlives it in a folder."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from pointsman.domain.messages.message import say
from pointsman.local.calendar_server import HOST, free_port_like
from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.own_files import open_to_append
from pointsman.local.plain_http import NO_AUTHORITIES
from pointsman.local.processes import Process

START_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class FakeVendor:
    """The fake of the connector `name`, with its state in `directory`.

    `ports` are where it would like to listen: its own one, and where it speaks no HTTP a second one for that.
    """

    directory: Path
    name: str
    ports: tuple[int, ...]

    def start(self) -> None:
        """Run it where it ran the last time, if it can; one that still runs is used again. Raises LocalServerError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        known, ports = self._known()
        if known is not None and known.is_running() and _answers(ports[-1]):
            return
        if known is not None:
            known.stop(grace=5)
        ports = tuple(free_port_like(port) for port in ports)
        process = self._spawn(ports)
        found = Process.find(process.pid)
        deadline = time.monotonic() + START_TIMEOUT_S
        while found and process.poll() is None and time.monotonic() < deadline:
            if _answers(ports[-1]):
                facts = {"process": asdict(found), "ports": ports}
                write_kept_file(self._state_file, json.dumps(facts))
                return
            time.sleep(0.05)
        raise LocalServerError(say("local.fake-not-started", name=self.name, log=str(self._log)))

    def stop(self) -> None:
        """End it; where it ran stays noted."""
        if (known := self._known()[0]) is not None:
            known.stop(grace=5)

    @property
    def port(self) -> int:
        """Its own one."""
        return self._known()[1][0]

    @property
    def url(self) -> str:
        """Where it speaks HTTP, without a slash at the end."""
        return f"http://{HOST}:{self._known()[1][-1]}"

    @property
    def _state_file(self) -> Path:
        return self.directory / "server.json"

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _known(self) -> tuple[Process | None, tuple[int, ...]]:
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            facts = json.loads(self._state_file.read_text())
            return Process(**facts["process"]), tuple(int(port) for port in facts["ports"])
        return None, self.ports

    def _spawn(self, ports: Sequence[int]) -> subprocess.Popen[bytes]:
        options = zip(("--port", "--control-port"), map(str, ports), strict=False)
        words = [sys.executable, "-P", "-m", "pointsman.cli", "connectors", "fake", self.name]
        words += [word for option in options for word in option]
        words += ["--keep", str((self.directory / "kept.json").absolute())]
        with open_to_append(self._log) as log:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory, start_new_session=True
            )
        _children.append(process)
        return process


_children: list[subprocess.Popen[bytes]] = []  # kept so that a child that ended can be reaped


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://{HOST}:{port}/", timeout=2, trust_env=False, verify=NO_AUTHORITIES)
    except httpx.TransportError:
        return False
    return True

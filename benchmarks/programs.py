"""Programs as processes of their own, which can be killed with SIGKILL and started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

PYTHON = sys.executable
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """One program; its output goes to `<directory>/<name>.log`. `ready` is a URL that answers 200 once it serves."""

    def __init__(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], directory: Path, ready: str | None = None
    ) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self._argv = list(argv)
        self._env = {**os.environ, **env}
        self._directory = directory
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, env=self._env, cwd=self._directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait_ready(self) -> None:
        """Raises SystemExit with the end of its log when it ended, or is not ready in time."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            if self._ready is None or answers(self._ready):
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.name} does not become ready:\n{self.last_words()}")

    def kill(self) -> None:
        """SIGKILL to it and all it started, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within 20 s", file=sys.stderr)
        self.kill()

    def last_words(self, lines: int = 25) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def answers(url: str) -> bool:
    """Whether a GET of this URL, on this machine, is answered 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  # a URL made here
            return int(answer.status) == 200
    except OSError:
        return False


def start_all(programs: Sequence[Program]) -> None:
    for program in programs:
        program.start()
    for program in programs:
        program.wait_ready()


def run(argv: Sequence[str], *, env: Mapping[str, str], directory: Path) -> str:
    """Run a command to its end and return what it printed; its complaint ends us."""
    done = subprocess.run(
        list(argv), env={**os.environ, **env}, cwd=directory, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} failed:\n{done.stderr or done.stdout}")
    return done.stdout


def cpu_seconds(pid: int) -> float | None:
    """Processor time that a process has used so far; None where the system does not tell.

    Unlike a rate, it hardly depends on what else the machine does.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[int]:
    """The processes that it started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.parent.name))
    return found

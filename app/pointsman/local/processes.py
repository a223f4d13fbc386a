"""Processes that outlive the one that started them: which is which, which still runs, and how to end it."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process told apart from a later one that was given the same id."""

    pid: int
    started: str

    @classmethod
    def find(cls, pid: int) -> Self | None:
        """None when nothing runs under this id; a zombie does not run."""
        facts = _start_time(pid)
        return None if facts is None else cls(pid=pid, started=facts)

    def is_running(self) -> bool:
        return _start_time(self.pid) == self.started

    def terminate(self) -> None:
        """Ask it to stop, and with it the process group that it leads."""
        self._send(signal.SIGTERM)

    def stop(self, *, grace: float) -> None:
        """Ask it to stop, and see that it does."""
        self.terminate()
        self.wait_or_kill(grace)

    def wait_or_kill(self, grace: float) -> None:
        """Wait for the end of one that was asked, and kill it after `grace` seconds."""
        if not self.ended_within(grace):
            self._send(signal.SIGKILL)
            self.ended_within(5)

    def ended_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _send(self, number: signal.Signals) -> None:
        if not self.is_running():
            return
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)


def command_line(pid: int) -> str:
    """The words a process was started with, or an empty text."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return _ps(pid, "command=")


def owner_of(pid: int) -> int | None:
    """The account that a process runs as; None for one that is gone."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid)).stat().st_uid
    said = _ps(pid, "uid=")
    return int(said) if said.isdigit() else None


def _start_time(pid: int) -> str | None:
    """The start time of a live process. A killed child is a zombie until its parent looks, and in a container
    no parent may ever look: state Z is dead.
    """
    if PROC.joinpath("self", "stat").exists():
        try:
            text = (PROC / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
        return None if fields[0] in "ZX" else fields[19]
    state, _, started = _ps(pid, "state=,lstart=").partition(" ")
    return None if not started or state.startswith("Z") else started.strip()


def _ps(pid: int, columns: str) -> str:
    result = subprocess.run(
        ["ps", "-o", columns, "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    return result.stdout.strip()

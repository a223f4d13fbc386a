"""Several programs as one: started together, kept alive, printed with a name in front, stopped together.

children = [ChildProgram(name="api", argv=[...]), ChildProgram(name="worker", argv=[...])]
with Supervisor(children, state=Path(".pointsman")) as floor:
    floor.call_after_stop(database.stop)
    floor.start()
    ...                     # they run; Ctrl-C and SIGTERM raise KeyboardInterrupt here, and the block's end stops them
    code = floor.wait()     # 0 after Ctrl-C or SIGTERM, 1 when a child could not be kept alive
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import BinaryIO, Self, TextIO

from pointsman.local.kept_file import write_kept_file
from pointsman.local.processes import Process
from pointsman.local.supervision.kept_servers import KeptServers
from pointsman.local.supervision.restarts import Kept, RestartPolicy
from pointsman.local.supervision.supervised_state import end_leftovers, lock_state, stop_all

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGHUP: the terminal was closed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildProgram:
    """A program to keep alive. `env` is added to our own environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Run(Kept):
    child: ChildProgram
    process: subprocess.Popen[str]


class Supervisor:
    """Runs `children`. `state` is a folder that remembers them, so that the next start finds what a kill left.

    `command` is what a second one on the same state is told to run already.
    """

    def __init__(
        self,
        children: Sequence[ChildProgram],
        *,
        state: Path,
        command: str = "A service",
        out: TextIO | None = None,
        patience: RestartPolicy | None = None,
    ) -> None:
        self._children = tuple(children)
        self._state = state
        self._command = command
        self._out = out or sys.stdout
        self._patience = patience or RestartPolicy()
        self._runs: list[_Run] = []
        self._servers = KeptServers(give_up=self._give_up, schedule=self._schedule)
        self._closers = contextlib.ExitStack()
        self._lock: BinaryIO | None = None
        self._handlers: dict[signal.Signals, object] = {}
        self._stopping = threading.Event()
        self._failed = threading.Event()
        self._watch: threading.Thread | None = None
        self._printing = threading.Lock()

    def run(self) -> int:
        """Start, keep alive until Ctrl-C or SIGTERM, stop. The exit code for the command that did it."""
        code = 0
        with self, contextlib.suppress(KeyboardInterrupt):  # it may come before we wait for it
            self.start()
            code = self.wait()
        return code

    def __enter__(self) -> Self:
        """Own the state from here on, before anything is started: children of a killed supervisor have ended.

        Raises LocalServerError when another supervisor lives on the same state.
        """
        self._own_state()
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, _interrupt) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)  # stopping ends by itself; a second Ctrl-C must not leave half of it
        try:
            self.stop()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal itself returned
            self._handlers = {}

    def call_after_stop(self, close: Callable[[], None]) -> None:
        """Have `close` called once every child has ended: for what they need as long as they live."""
        self._closers.callback(close)

    def keep_up(self, name: str, is_up: Callable[[], bool], start: Callable[[], str], address: str) -> None:
        """Look every second after a server that is no child: once it is down, `start` it again.

        As for a child, the pause grows, and the whole ends with an error after five deaths in a row; or where `start` gives
        another address than the children know.
        """
        self._servers.add(name, is_up, start, address)

    def start(self) -> None:
        """Start every child."""
        if self._lock is None:
            self._own_state()
        for child in self._children:
            self._runs.append(self._spawn(child))
            self._remember(self._runs[-1])
        self._watch = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
        self._watch.start()

    def _own_state(self) -> None:
        self._lock = lock_state(self._state, self._command)
        end_leftovers(self._state_file, grace=self._patience.grace)

    def wait(self) -> int:
        """Block until Ctrl-C, SIGTERM or stop() (0), or until a child cannot be kept alive (1)."""
        with contextlib.suppress(KeyboardInterrupt):
            while not self._stopping.wait(0.2):
                pass
        return 1 if self._failed.is_set() else 0

    @property
    def has_given_up(self) -> bool:
        """Whether a child could not be kept alive."""
        return self._failed.is_set()

    def stop(self) -> None:
        """Ask every child to end, last started first, wait or kill it, and give the state file up."""
        self._stopping.set()
        if self._watch:
            self._watch.join()
        running = [found for run in self._runs if (found := Process.find(run.process.pid))]
        stop_all(running, self._patience.grace)
        for run in self._runs:
            run.process.wait()
        self._runs = []
        try:
            self._closers.close()
        finally:
            if self._lock:
                self._state_file.unlink(missing_ok=True)
                self._lock.close()
                self._lock = None

    # -- keeping alive

    def _keep_alive(self) -> None:
        next_look = time.monotonic()
        while not self._stopping.wait(0.1):
            if time.monotonic() >= next_look:
                self._servers.look_after()
                next_look = time.monotonic() + self._patience.look_every
            for index, run in enumerate(self._runs):
                if run.due is None and run.process.poll() is not None:
                    self._schedule(run, f"ended with code {run.process.returncode}")
                elif run.due is not None and time.monotonic() >= run.due:
                    self._runs[index] = self._spawn(run.child, deaths=run.deaths)
                    self._remember(self._runs[index])

    def _give_up(self, name: str, why: str) -> None:
        self._say(name, f"{why}, giving up")
        self._failed.set()
        self._stopping.set()

    def _schedule(self, kept: Kept, why: str) -> None:
        match self._patience.after_death(kept, now=time.monotonic()):
            case None:
                self._give_up(kept.name, f"{why}, {kept.deaths} times in a row")
            case pause:
                self._say(kept.name, f"{why.removesuffix('.')}, starting again in {pause:g} s")

    def _spawn(self, child: ChildProgram, *, deaths: int = 0) -> _Run:
        process = subprocess.Popen(
            list(child.argv), env={**os.environ, **child.env, "PYTHONUNBUFFERED": "1"}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        return _Run(name=child.name, child=child, process=process, since=time.monotonic(), deaths=deaths)

    # -- what a killed supervisor leaves

    @property
    def _state_file(self) -> Path:
        return self._state / "children.json"

    def _remember(self, new: _Run) -> None:
        """Write down who runs before the new one is heard: whose words are shown is found by the next start."""
        known = [asdict(found) for run in self._runs if (found := Process.find(run.process.pid))]
        write_kept_file(self._state_file, json.dumps(known))
        threading.Thread(target=self._print, args=(new.name, new.process), daemon=True).start()

    # -- output

    def _print(self, name: str, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                self._say(name, line.rstrip("\n"))

    def _say(self, name: str, text: str) -> None:
        names = [*(child.name for child in self._children), *self._servers.names()]
        width = max(map(len, names))
        with self._printing, contextlib.suppress(ValueError, OSError):  # a reader that went away is no reason to stop
            self._out.write(f"{name:<{width}} | {text}\n")
            self._out.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt

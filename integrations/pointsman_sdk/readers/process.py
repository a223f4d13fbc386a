"""One reader process as its service sees it: a request goes in, an answer comes out in time, or the process is ended."""

import json
import math
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from pointsman_sdk.readers import child
from pointsman_sdk.readers.limits import Limits
from pointsman_sdk.readers.unreadable import ReadersBusy, Reason, Unreadable

_START_SECONDS = 10.0  # for the interpreter and a reader's imports, once in a process's life
_GRACE_SECONDS = 0.3  # the process itself ends a reading in time; this is for a process that does not
_MOST_HEAD = 10_000
_CHUNK = 1 << 18


class HostLostError(Exception):
    """The process has gone. It never looks at a text, so that this is seldom the doing of the text."""


class ReaderProcess:
    """A child with an empty environment, no descriptor but two pipes, and a session of its own. Used by one thread at a time."""

    def __init__(self) -> None:
        self._loaded = set[str]()
        self._path = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100  # an empty one is where we are, and resolving links changes names
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(Path(child.__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            close_fds=True,
            cwd="/",
            env={},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._inward, self._outward = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._inward, False)
        os.set_blocking(self._outward, False)

    @property
    def alive(self) -> bool:
        if self._process.returncode is not None:
            return False
        # Without collecting it: until it is, its number is its own, and nobody else's group is killed in its place.
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def load(self, function: str) -> None:
        """Import what `function` needs, outside of any reading's time."""
        if function not in self._loaded:
            self._ask({"path": self._path, "function": function, "only_load": True}, b"", Limits(), _START_SECONDS)
            self._loaded.add(function)

    def read(self, function: str, data: bytes, limits: Limits, arguments: dict[str, Any]) -> bytes:
        """What `function` makes of `data`, as JSON. Raises Unreadable, ReadersBusy; HostLostError when the process is gone."""
        self.load(function)
        head = {
            "path": self._path,
            "function": function,
            "only_load": False,
            "arguments": arguments,
            "output_bytes": limits.output_bytes,
            "memory_bytes": limits.memory_bytes,
            "seconds": limits.seconds,
            "cpu_seconds": limits.cpu_seconds or math.ceil(limits.seconds),
        }
        return self._ask(head, data, limits, limits.seconds + _GRACE_SECONDS)

    def end(self) -> None:
        """Kill it and all that it started; again changes nothing."""
        if self._process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with suppress(ChildProcessError):  # of the first process in a container its orphans are children
            while True:
                os.waitpid(-self._process.pid, 0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, head: dict[str, Any], data: bytes, limits: Limits, seconds: float) -> bytes:
        until = time.monotonic() + seconds
        said = json.dumps(head).encode()
        try:
            self._write(child.FRAME.pack(len(said), len(data)) + said, until)
            self._write(data, until)
            head_size, body_size = child.FRAME.unpack(self._read(child.FRAME.size, until))
            answer = json.loads(self._read(head_size, until, _MOST_HEAD))
            body = self._read(body_size, until, limits.output_bytes)
        except TimeoutError:
            self.end()
            # The process ends a reading in time: that it did not says that it did not run, whatever the text is.
            raise ReadersBusy("The machine is too busy to read the text now. Try again in a second.") from None
        except (OSError, EOFError, ValueError):
            self.end()
            raise HostLostError from None
        if answer.get("reason") == child.BUSY:
            raise ReadersBusy(answer["message"])
        if "reason" in answer:
            place = {"line": answer.get("line"), "column": answer.get("column")}
            raise Unreadable(Reason(answer["reason"]), answer["message"], **place)
        return body

    def _write(self, data: bytes, until: float) -> None:
        view = memoryview(data)
        while view:
            _await(self._inward, select.POLLOUT, until)
            with suppress(BlockingIOError):
                view = view[os.write(self._inward, view[:_CHUNK]) :]

    def _read(self, size: int, until: float, most: int = child.FRAME.size) -> bytes:
        if size > most:
            raise EOFError
        found = bytearray()
        while len(found) < size:
            _await(self._outward, select.POLLIN, until)
            chunk = os.read(self._outward, min(size - len(found), _CHUNK))
            if not chunk:
                raise EOFError
            found += chunk
        return bytes(found)


def _await(descriptor: int, event: int, until: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    left = until - time.monotonic()
    if left <= 0 or not poll.poll(math.ceil(left * 1000)):
        raise TimeoutError

"""A few reader processes for all texts of one service process."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Lock
from typing import Any

from pointsman_sdk.readers.limits import Limits
from pointsman_sdk.readers.process import HostLostError, ReaderProcess
from pointsman_sdk.readers.unreadable import ReadersBusy, Reason, Unreadable

_DEFAULT = Limits()
_MOST_WAITING = 32

#: A pure function at a module's top level: bytes and plain keyword arguments in, JSON values out, Unreadable raised.
Reader = Callable[..., Any]


class ReaderPool:
    """Runs readers in at most `processes` children, each text in a fork of its own that is killed at its deadline.

    A child is started when it is first needed and kept warm. Works on any event loop and without one, from any thread.
    """

    def __init__(self, *, processes: int = 2, most_waiting: int = _MOST_WAITING) -> None:
        self._most = processes + most_waiting
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="reader")
        self._lock = Lock()
        self._idle: list[ReaderProcess] = []
        self._asked = 0

    async def read(self, reader: Reader, data: bytes, *, limits: Limits = _DEFAULT, **arguments: Any) -> Any:
        """What `reader(data, **arguments)` returns. Raises Unreadable, or ReadersBusy when no process is free in time."""
        future = self._submit(reader, data, limits, arguments)
        waiting = asyncio.wrap_future(future)
        waiting.add_done_callback(_seen)
        try:
            await asyncio.wait({waiting}, timeout=limits.wait_seconds)
            if not waiting.done() and future.cancel():
                raise _busy()
            return await waiting
        finally:
            future.cancel()  # the caller may be gone before its turn came

    def read_now(self, reader: Reader, data: bytes, *, limits: Limits = _DEFAULT, **arguments: Any) -> Any:
        """The same for a caller without an event loop."""
        future = self._submit(reader, data, limits, arguments)
        try:
            return future.result(limits.wait_seconds)
        except FutureTimeout:
            if future.cancel():
                raise _busy() from None
            return future.result()

    def warm(self, *readers: Reader) -> Future[None]:
        """Start a process and import these readers there, in the background."""
        return self._threads.submit(self._load, [_name(reader) for reader in readers])

    def close(self) -> None:
        """End the processes; a reading that is under way first comes to its end."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _submit(self, reader: Reader, data: bytes, limits: Limits, arguments: dict[str, Any]) -> Future[Any]:
        if len(data) > limits.input_bytes:
            raise Unreadable(Reason.TOO_LARGE, f"The text has more than {limits.input_bytes} bytes.")
        name = _name(reader)
        with self._lock:
            if self._asked >= self._most:
                raise _busy()
            self._asked += 1
        try:
            future = self._threads.submit(self._answer, name, data, limits, arguments)
        except BaseException:
            self._done(None)
            raise
        future.add_done_callback(self._done)
        return future

    def _done(self, _future: Future[Any] | None) -> None:
        with self._lock:
            self._asked -= 1

    def _answer(self, name: str, data: bytes, limits: Limits, arguments: dict[str, Any]) -> Any:
        try:
            found = self._read(name, data, limits, arguments)
        except HostLostError:  # a system short of memory ends readers first
            try:
                found = self._read(name, data, limits, arguments)
            except HostLostError:
                raise Unreadable(Reason.CRASHED, "The text broke its reader.") from None
        try:
            return json.loads(found)
        except (ValueError, RecursionError):
            raise Unreadable(Reason.CRASHED, "The text broke its reader.") from None

    def _read(self, name: str, data: bytes, limits: Limits, arguments: dict[str, Any]) -> bytes:
        process = self._take()
        try:
            return process.read(name, data, limits, arguments)
        finally:
            self._give_back(process)

    def _load(self, names: list[str]) -> None:
        process = self._take()
        try:
            for name in names:
                process.load(name)
        finally:
            self._give_back(process)

    def _take(self) -> ReaderProcess:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None and kept.alive:
            return kept
        if kept is not None:
            kept.end()
        try:
            return ReaderProcess()
        except OSError as error:
            raise ReadersBusy(f"The system starts no reader now ({error.strerror}).") from None

    def _give_back(self, process: ReaderProcess) -> None:
        if not process.alive:
            process.end()
            return
        with self._lock:
            self._idle.append(process)


def _name(reader: Reader) -> str:
    name = f"{reader.__module__}:{reader.__qualname__}"
    if "<" in name or reader.__module__ == "__main__":
        raise ValueError(f"{name} cannot be imported by a child: a reader is a function at a module's top level")
    return name


def _busy() -> ReadersBusy:
    return ReadersBusy("Too many texts are being read at this moment. Try again in a second.")


def _seen(future: "asyncio.Future[Any]") -> None:
    """The caller may be gone: an outcome that is not taken is no fault to report."""
    if not future.cancelled():
        future.exception()

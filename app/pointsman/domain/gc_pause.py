"""The garbage collector, out of the way while many objects are made that stay: a large policy, a program's modules."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class _Pauses:
    """How many threads need the collector to be out of the way, and whether it was at work before the first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._was_running = False

    def begin(self) -> None:
        with self._lock:
            if self._count == 0:
                self._was_running = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0 and self._was_running:
                gc.enable()


_PAUSES = _Pauses()  # of the process, like the collector itself


@contextmanager
def gc_paused() -> Iterator[None]:
    """No collection inside: ten thousand rules are many objects and no garbage, and to search them doubles the time.

    It is at work again when the last of the threads that paused it is done.
    """
    _PAUSES.begin()
    try:
        yield
    finally:
        _PAUSES.end()


def freeze_gc() -> None:
    """The collector never looks at what exists now again, as that is here to stay: else each of its passes over a large
    policy would stop the process for some tenths of a second. What nothing refers to any more still goes at once."""
    gc.freeze()


#: For a program of one command: what it makes is its modules and few rows, most of which stay until its end. To make garbage of
#: three hundred thousand objects takes some ten megabytes.
_SELDOM = (300_000, 50, 1_000)
_AS_USUAL = gc.get_threshold()


def collect_seldom() -> None:
    """Let the collector look for garbage after some hundred thousand objects and not after some hundred or two thousand, and not
    at all when the interpreter ends: else it takes a third of the time of a program that imports what it needs, tells a few rows,
    and ends."""
    gc.set_threshold(*_SELDOM)
    atexit.register(gc.freeze)  # else it looks through all modules three times, for memory that goes with the process


def collect_as_usual() -> None:
    """Undo `collect_seldom`, for a process that serves."""
    gc.set_threshold(*_AS_USUAL)

"""Readers that do what a text or a library may do to its process; a child imports them by name."""

import ctypes
import os
import signal
import time
from pathlib import Path
from typing import Any

from pointsman_sdk.readers import Reason, Unreadable


def text_and(data: bytes, *, also: list[int]) -> list[Any]:
    return [data.decode(), also]


def surroundings(_data: bytes) -> dict[str, Any]:
    """What a reader can see of the service that asked."""
    kinds = []
    for number in range(3, 256):
        try:
            kinds.append(str(Path(f"/proc/self/fd/{number}").readlink()).partition(":")[0])
        except OSError:
            continue
    return {"environment": dict(os.environ), "beyond_the_standard_three": kinds, "folder": str(Path.cwd())}


def segmentation_fault(_data: bytes) -> None:
    ctypes.string_at(0)


def endless(_data: bytes) -> None:
    while True:
        pass


def much_memory(_data: bytes) -> int:
    return len(b"x" * 1_000_000_000)


def long_answer(_data: bytes) -> str:
    return "x" * 1_000_000


def endless_recursion(data: bytes) -> Any:
    return endless_recursion(data)


def no_json(_data: bytes) -> object:
    return object()


def malformed(_data: bytes) -> None:
    raise Unreadable(Reason.MALFORMED, "A bracket is missing.", line=3, column=7)


def bug(_data: bytes) -> None:
    raise KeyError("a secret that the text holds")


def kills_its_host(_data: bytes) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def kills_its_host_once(data: bytes, *, mark: str) -> str:
    """As when a system that runs out of memory ends a process that did nothing."""
    try:
        Path(mark).mkdir()
    except FileExistsError:
        return data.decode()
    os.kill(os.getppid(), signal.SIGKILL)
    return "never said"


def freezes_its_host(_data: bytes) -> None:
    os.kill(os.getppid(), signal.SIGSTOP)
    endless(b"")


def gets_no_time(_data: bytes) -> None:
    """As on a machine whose processors are all taken."""
    time.sleep(60)


def writes_a_file(data: bytes, *, at: str) -> None:
    Path(at).write_bytes(data)

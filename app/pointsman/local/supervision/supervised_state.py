"""What a supervisor leaves in its folder: the lock that it holds, and which children it started."""

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from pointsman.domain.messages.message import Message, as_written, say
from pointsman.domain.messages.system_errors import system_words
from pointsman.local.errors import LocalServerError
from pointsman.local.own_files import open_to_append
from pointsman.local.processes import Process

#: What a supervisor writes into its lock.
_HOLDER = re.compile(r"([^\x00-\x1f]{1,100}) \(process ([0-9]{1,10})\)")


def lock_state(state: Path, command: str) -> BinaryIO:
    """The lock of that folder, held until it is closed, with `command` and our process in it.

    Raises LocalServerError when another supervisor holds it, and when there can be no such folder.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = open_to_append(state / "supervisor.lock")
    except OSError as error:
        raise LocalServerError(say("local.no-state", folder=str(state), why=system_words(error))) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        command_there = running_command(state / "supervisor.lock")
        raise LocalServerError(say("local.runs-already", command=command_there, folder=str(state))) from None
    lock.truncate(0)
    lock.write(f"{command} (process {os.getpid()})".encode())
    lock.flush()
    return lock


def running_command(lock: Path) -> Message:
    """What the supervisor that holds this lock was started as, as it wrote there itself, and its process."""
    with contextlib.suppress(OSError):
        said = lock.read_bytes()[:200].decode(errors="replace")
        if found := _HOLDER.fullmatch(said):
            return say("local.process", command=found[1], number=int(found[2]))
        if said.isprintable() and said:
            return as_written(said)
    return as_written("`pointsman`")


def refuse_while_supervised(lock: Path) -> None:
    """Raises LocalServerError while a supervisor lives that holds this lock."""
    with open_to_append(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalServerError(say("local.runs", command=running_command(lock), folder=str(lock.parent))) from None


def end_leftovers(memory: Path, *, grace: float) -> None:
    """End the children that a killed supervisor remembered in that file, and no process that only has their number."""
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        stop_all([Process(**facts) for facts in json.loads(memory.read_text())], grace)


def stop_all(processes: Sequence[Process], grace: float) -> None:
    """Ask all, last started first; then wait for all together."""
    deadline = time.monotonic() + grace
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        process.wait_or_kill(max(0.0, deadline - time.monotonic()))

"""What PostgreSQL's own pid file says: which server runs over the data, and where it listens.

A full disk or a kill may leave any bytes there, and a server may outlive its file: then the list of processes tells.
"""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pointsman.domain.messages.message import say
from pointsman.domain.messages.system_errors import system_words
from pointsman.local.errors import LocalServerError
from pointsman.local.postgres_home import foreign_owner_error
from pointsman.local.processes import PROC, Process, command_line, owner_of
from pointsman.local.socket_folder import SOCKET_NAME

FILE_NAME = "postmaster.pid"
_PID = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A running server, as its own pid file describes it. A lost one answers no more: its file or socket is gone."""

    process: Process
    socket_folder: Path
    ready: bool
    lost: bool


def find_postmaster(data: Path, owner: int) -> Postmaster | None:
    """The server over the data, if it is alive: not dead, not a zombie, not another program by now.

    It runs as `owner`: any other account can start a program whose words name the data.
    """
    lines = _lines(data)
    sockets = noted_socket_folder(data) or data.parent
    if not _PID.fullmatch(lines[0].strip()):
        if unnamed := _find_unnamed(data, owner):
            return Postmaster(process=unnamed, socket_folder=sockets, ready=False, lost=True)
        return None
    process = Process.find(int(lines[0]))
    if process is None or str(data) not in command_line(process.pid) or owner_of(process.pid) != owner:
        return None
    ready = len(lines) > 7 and lines[7].strip() == "ready"  # one on its way up has written but a part
    lost = ready and not (sockets / SOCKET_NAME).exists()
    return Postmaster(process=process, socket_folder=sockets, ready=ready, lost=lost)


def noted_socket_folder(data: Path) -> Path | None:
    """Where the server listens, or listened before it was killed."""
    lines = _lines(data)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _find_unnamed(data: Path, owner: int) -> Process | None:
    """The server that no pid file names, where the machine lists its processes under /proc."""
    for listed in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if listed.stat().st_uid != owner:
                continue
            words = (listed / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"postgres") and words[1:3] == [b"-D", os.fsencode(data)]:
                return Process.find(int(listed.name))
    return None


def _lines(data: Path) -> list[str]:
    """The file's lines, at least one. A path may hold what Python, but not PostgreSQL, takes for the end of a line."""
    try:
        return os.fsdecode((data / FILE_NAME).read_bytes()).replace("\0", "").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return [""]
    except PermissionError as error:
        raise foreign_owner_error(data) from error
    except OSError as error:
        raise LocalServerError(say("local.unreadable", path=str(data / FILE_NAME), why=system_words(error))) from error

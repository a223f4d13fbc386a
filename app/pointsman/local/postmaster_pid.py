"""What PostgreSQL's own pid file says: which server runs over the data, and where it listens.

A full disk or a kill may leave any bytes there. A file that names no process is a dead server's.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pointsman.local.errors import LocalServerError
from pointsman.local.postgres_home import foreign_owner_error
from pointsman.local.processes import Process, command_line

FILE_NAME = "postmaster.pid"
_PID = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postmaster:
    """A running server, as its own pid file describes it."""

    process: Process
    socket_folder: Path
    ready: bool


def find_postmaster(data: Path) -> Postmaster | None:
    """The server that the pid file names, if it is alive: not dead, not a zombie, not another program by now."""
    lines = _lines(data)
    process = Process.find(int(lines[0])) if _PID.fullmatch(lines[0].strip()) else None
    if process is None or str(data) not in command_line(process.pid):
        return None
    # One on its way up has written but a part.
    ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Postmaster(process=process, socket_folder=noted_socket_folder(data) or data.parent, ready=ready)


def noted_socket_folder(data: Path) -> Path | None:
    """Where the server listens, or listened before it was killed."""
    lines = _lines(data)
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _lines(data: Path) -> list[str]:
    """The file's lines, at least one. A path may hold what Python, but not PostgreSQL, takes for the end of a line."""
    try:
        return os.fsdecode((data / FILE_NAME).read_bytes()).replace("\0", "").split("\n")
    except (FileNotFoundError, NotADirectoryError):
        return [""]
    except PermissionError as error:
        raise foreign_owner_error(data) from error
    except OSError as error:
        raise LocalServerError(f"{data / FILE_NAME} cannot be read: {error.strerror}. Delete it.") from error

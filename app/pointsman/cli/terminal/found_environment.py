"""The embedded database of a `run` or `demo` in this folder or one above, found without setting anything."""

import contextlib
import os
import shlex
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PREFIX = "POINTSMAN_"
_FILE = Path(".pointsman") / "environment"


def is_database_set() -> bool:
    """Whether the environment names a database."""
    return bool(os.environ.get(f"{PREFIX}DATABASE_URL"))


def take_found_environment() -> Path | None:
    """Set what the nearest `.pointsman/environment` says, and return the file; None where a database is set or none is found.

    What is set already stays. A file that another account can write is passed over: it could name a database of its own.
    """
    if is_database_set() or (file := _nearest()) is None:
        return None
    for name, value in read_environment(file).items():
        if not os.environ.get(name):
            os.environ[name] = value
    return file if is_database_set() else None


def find_environment(folder: Path) -> Path | None:
    """The nearest file from a folder upwards whose database runs, else the nearest of all."""
    found = [file for each in (folder, *folder.parents) if is_ours(file := each / _FILE)]
    return next((file for file in found if answers(_database_url(file))), found[0] if found else None)


def read_environment(file: Path) -> Mapping[str, str]:
    """The variables of the service in a file of `export NAME=value` lines; a line that somebody broke is none."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        with contextlib.suppress(ValueError):
            if name.startswith(PREFIX):
                found[name] = "".join(shlex.split(value)[:1])
    return found


def answers(url: str) -> bool:
    """Whether a server listens on the socket that a URL of an embedded database names."""
    asked = parse_qs(urlsplit(url).query)
    path = f"{asked.get('host', [''])[0]}/.s.PGSQL.{asked.get('port', ['5432'])[0]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def has_database() -> bool:
    """Whether one is set, or an embedded one of this folder runs."""
    if is_database_set() or (file := _nearest()) is None:
        return is_database_set()
    return answers(_database_url(file))


def running_state() -> Path | None:
    """The state folder, here or above, of an embedded database that runs."""
    file = _nearest()
    return file.parent if file is not None and answers(_database_url(file)) else None


def _nearest() -> Path | None:
    try:
        return find_environment(Path.cwd())
    except FileNotFoundError:  # the working folder was deleted
        return None


def _database_url(file: Path) -> str:
    return read_environment(file).get(f"{PREFIX}DATABASE_URL", "")


def is_ours(file: Path) -> bool:
    """Whether a file is one that this account, or root, alone can write: another's could name a database of its own."""
    try:
        found = file.lstat()
    except OSError:
        return False
    private = not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISREG(found.st_mode) and found.st_uid in {os.getuid(), 0} and private and os.access(file, os.R_OK)

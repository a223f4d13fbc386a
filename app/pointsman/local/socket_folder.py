"""The folder of the server's socket: its home, or a short one in a temporary folder when the home's path is too long.

The short one's name tells its home, so that it is found and deleted after a kill, whatever the pid file says.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from pointsman.local.os_account import OsAccount

PORT = 5432  # no port of the machine: it only names the socket
SOCKET_NAME = f".s.PGSQL.{PORT}"
PREFIX = "pointsman-socket-"  # no home begins so
MAX_SOCKET_PATH = 100  # the system's limit is 107 bytes, 103 on macOS
ALWAYS_SHORT = Path("/tmp")  # noqa: S108  # the folder made in it has a random name and is its account's alone


def make_socket_folder(home: Path, account: OsAccount, otherwise: Path = ALWAYS_SHORT) -> Path:
    """`home`, or a short folder when the socket's path would not fit into the system's limit.

    The short one lies in the temporary folder, or in `otherwise` when that is too long, too. The one that a killed server
    left is taken again, emptied: who knows its address finds the server there.
    Raises LocalServerError when no temporary folder is short enough.
    """
    if _fits(home):
        return home
    name = _short_name(home)
    parents = (Path(tempfile.gettempdir()), otherwise)
    left = [
        folder for parent in parents for folder in parent.glob(f"{name}*") if _is_ours(folder, home) and _fits(folder)
    ]
    if len(left) == 1 and account.can_enter(left[0]):
        for claim in left[0].iterdir():
            claim.unlink(missing_ok=True)
        return left[0]
    delete_socket_folders(home)
    for parent in parents:
        if not _fits(parent / f"{name}12345678"):  # as many characters as the random part has
            continue
        try:
            short = Path(tempfile.mkdtemp(prefix=name, dir=parent))
        except OSError:
            continue
        account.give(short)
        if account.can_enter(short):
            return short
        short.rmdir()
    raise LocalServerError(say("local.long-path", path=str(home), folder=tempfile.gettempdir()))


def delete_socket_folders(home: Path, noted: Path | None = None) -> None:
    """Delete the short folders that were made for `home`, also where `noted` lies: TMPDIR may have been another."""
    for parent in {Path(tempfile.gettempdir()), ALWAYS_SHORT, *([noted.parent] if noted else [])}:
        for folder in parent.glob(f"{_short_name(home)}*"):
            if _is_ours(folder, home) and not home.is_relative_to(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _fits(folder: Path) -> bool:
    if set(str(folder)) & set(",\"'"):  # the setting is a list: such a path would be read as two
        return False
    return len(os.fsencode(folder / SOCKET_NAME)) <= MAX_SOCKET_PATH


def _short_name(home: Path) -> str:
    return f"{PREFIX}{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"


def _is_ours(folder: Path, home: Path) -> bool:
    """Another account may make a folder of that name, too."""
    try:
        facts, owner = folder.lstat(), home.lstat().st_uid
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid in (owner, os.geteuid())

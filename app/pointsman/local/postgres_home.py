"""Where the embedded PostgreSQL keeps its data and its socket, and which folders are therefore its own to delete.

The data lie in the state folder, or elsewhere when the server's account cannot enter it: a note in the state folder
names the place that the first start chose.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.os_account import OsAccount

PORT = 5432  # no port of the machine: it only names the socket
SOCKET_NAME = f".s.PGSQL.{PORT}"
HOME_NAME = "postgres"  # within the state folder
PREFIX = "pointsman-"  # of folders elsewhere
MAX_SOCKET_PATH = 100  # the system's limit is 107 bytes, 103 on macOS
ROOT_STATE_FOLDER = Path("/var/lib")  # for root, when the checkout lies where the database's account cannot go


@dataclass(frozen=True, slots=True)
class PostgresHome:
    """The place of one server's data, as its state folder `directory` knows it."""

    directory: Path

    @property
    def note(self) -> Path:
        return self.directory / "postgres.path"

    def kept(self) -> Path | None:
        """The folder that an earlier start chose; None where there was none, or its note is damaged."""
        try:
            home = Path(self.note.read_text(encoding="utf-8").strip())
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        # An empty note, which a full disk leaves, would be the current folder.
        return home if home.is_absolute() else None

    def make(self) -> Path:
        """The folder, made now if need be. It belongs to the server's account; nothing above it is changed.

        Raises LocalServerError when it is there and another account's.
        """
        account = OsAccount.for_server(self.directory)
        kept = self.kept()
        home = kept or self.directory.resolve() / HOME_NAME
        account.make_owned(home)
        if kept is None:
            if not account.can_enter(home):
                home.rmdir()
                home = self._make_elsewhere(account)
            write_kept_file(self.note, f"{home}\n")
        if home.stat().st_uid != account.uid:
            raise foreign_owner_error(home)
        return home

    def _make_elsewhere(self, account: OsAccount) -> Path:
        name = f"{PREFIX}{hashlib.sha256(os.fsencode(self.directory.resolve())).hexdigest()[:12]}"
        home = (
            ROOT_STATE_FOLDER / name if os.access(ROOT_STATE_FOLDER, os.W_OK) else Path(tempfile.mkdtemp(prefix=PREFIX))
        )
        account.make_owned(home)
        return home

    def delete(self) -> None:
        """Delete the data and the note. A note that was tampered with deletes no folder that cannot be one of ours."""
        home = self.kept()
        if home is not None and (home.name == HOME_NAME or home.name.startswith(PREFIX)):
            shutil.rmtree(home, ignore_errors=True)
        self.note.unlink(missing_ok=True)


def make_socket_folder(home: Path, account: OsAccount) -> Path:
    """`home`, or a short folder of its own when the socket's path would not fit into the system's limit."""
    fits = len(os.fsencode(home / SOCKET_NAME)) <= MAX_SOCKET_PATH
    if fits and not set(str(home)) & set(",\"'"):  # the setting is a list: such a path would be read as two
        return home
    with contextlib.suppress(OSError, IndexError):
        delete_socket_folder(Path((home / "data" / "postmaster.pid").read_text().splitlines()[4]))
    short = Path(tempfile.mkdtemp(prefix=PREFIX))
    account.make_owned(short)
    return short


def delete_socket_folder(sockets: Path) -> None:
    """Delete a short folder that was made for a socket."""
    if sockets.parent == Path(tempfile.gettempdir()) and sockets.name.startswith(PREFIX):
        shutil.rmtree(sockets, ignore_errors=True)


def foreign_owner_error(place: Path) -> LocalServerError:
    return LocalServerError(
        f"{place} belongs to another account. Start as that user, or delete the folder `.pointsman`."
    )

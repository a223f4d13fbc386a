"""Where the embedded PostgreSQL keeps its data, and which folders are therefore its own to delete.

The data lie in the state folder, or elsewhere when the server's account cannot enter it: a note in the state folder
names the place that the first start chose. A note that names no such place, or one that is gone, is not believed.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.os_account import OsAccount

HOME_NAME = "postgres"  # within the state folder
PREFIX = "pointsman-"  # of homes elsewhere
ROOT_STATE_FOLDER = Path("/var/lib")  # for root, when the checkout lies where the database's account cannot go


@dataclass(frozen=True, slots=True)
class PostgresHome:
    """The place of one server's data, as its state folder `directory` knows it."""

    directory: Path

    @property
    def note(self) -> Path:
        return self.directory / "postgres.path"

    def kept(self) -> Path | None:
        """The folder that an earlier start chose: the noted one, or one with data where a start would make it."""
        likely = (self._within, self._below_root_state)
        return self._noted() or next((home for home in likely if os.path.lexists(home / "data")), None)

    def make(self) -> Path:
        """The folder, made now if need be. It belongs to the server's account; nothing above it is changed.

        Raises LocalServerError when it is there and another account's, or no folder.
        """
        account = OsAccount.for_server(self.directory)
        _refuse_unwritable(self._within)
        if self.note.is_dir():
            raise LocalServerError(say("local.folder", path=str(self.note)))
        noted = self._noted()
        home = noted or self.kept() or self._within
        make_owned(home, account)
        if noted is None:
            if home == self._within and not account.can_enter(home):
                self._leave_within()
                home = self._make_elsewhere(account)
            write_kept_file(self.note, f"{home}\n")
        return home

    def delete(self) -> None:
        """Delete the data and the note. A note that was tampered with deletes no folder that cannot be one of ours."""
        home = self.kept()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        if not self.note.is_dir():
            self.note.unlink(missing_ok=True)

    @property
    def _within(self) -> Path:
        return self.directory.resolve() / HOME_NAME

    @property
    def _below_root_state(self) -> Path:
        return ROOT_STATE_FOLDER / f"{PREFIX}{hashlib.sha256(os.fsencode(self.directory.resolve())).hexdigest()[:12]}"

    def _noted(self) -> Path | None:
        try:
            home = Path(self.note.read_text(encoding="utf-8").strip())
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            return None
        except PermissionError as error:
            raise foreign_owner_error(self.note) from error
        # A full disk leaves an empty note, which would be the current folder. A copied state folder's note names the
        # home of the first one.
        possible = home == self._within or (home.is_absolute() and home.name.startswith(PREFIX))
        return home if possible and os.path.lexists(home) else None

    def _leave_within(self) -> None:
        try:
            self._within.rmdir()
        except OSError as error:
            raise LocalServerError(say("local.cannot-enter", folder=str(self._within))) from error

    def _make_elsewhere(self, account: OsAccount) -> Path:
        if os.access(ROOT_STATE_FOLDER, os.W_OK):
            home = self._below_root_state
            make_owned(home, account)
        else:
            home = Path(tempfile.mkdtemp(prefix=PREFIX))
            account.give(home)
        return home


def make_owned(folder: Path, account: OsAccount) -> None:
    """Make `folder` and give it to the account. One that is there already is never given away: it is the account's.

    Raises LocalServerError when it is another's or no folder. A link is none: it may lead to a folder of root's.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        account.give(folder)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode):
        raise LocalServerError(say("local.no-folder", path=str(folder)))
    if facts.st_uid != account.uid:
        raise foreign_owner_error(folder)


def read_major(data: Path) -> int | None:
    """The PostgreSQL that made the data; None where there are none. Raises LocalServerError when they are damaged."""
    if not os.path.lexists(data):
        return None
    try:
        return int((data / "PG_VERSION").read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise LocalServerError(say("local.damaged", data=str(data))) from error


def foreign_owner_error(place: Path) -> LocalServerError:
    return LocalServerError(say("local.foreign", path=str(place)))


def _refuse_unwritable(home: Path) -> None:
    """Refuse a path that the note or PostgreSQL's pid file cannot hold."""
    if "\n" in str(home) or str(home) != str(home).encode(errors="replace").decode():
        raise LocalServerError(say("local.odd-path", path=repr(str(home))))

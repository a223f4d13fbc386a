"""The embedded database of a `run` or `demo` in this folder or one above, found without setting anything."""

import contextlib
import os
import shlex
import socket
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PREFIX = "POINTSMAN_"
_STATE, _FILE = ".pointsman", "environment"
_LOCK = "supervisor.lock"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PLAIN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LONGEST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEnvironment:
    """What the service of a state folder keeps for other terminals."""

    state: Path
    variables: Mapping[str, str]

    @property
    def database_url(self) -> str:
        return self.variables.get(f"{PREFIX}DATABASE_URL", "")

    @property
    def is_running(self) -> bool:
        """Whether its database can be reached."""
        return answers(self.database_url)

    def take(self) -> None:
        """Set what is not set yet."""
        for name, value in self.variables.items():
            if not os.environ.get(name):
                os.environ[name] = value


def is_database_set() -> bool:
    """Whether the environment names a database."""
    return bool(os.environ.get(f"{PREFIX}DATABASE_URL"))


def take_found_environment() -> Path | None:
    """Set what the nearest `.pointsman/environment` says, and return the file; None where a database is set or none is found."""
    found = None if is_database_set() else nearest_environment()
    if found is None:
        return None
    found.take()
    return found.state / _FILE if is_database_set() else None


def nearest_environment(folder: Path = Path()) -> FoundEnvironment | None:
    """As `find_environment` from a folder, by default the working one; None where that was deleted or leads nowhere."""
    try:
        return find_environment(folder.resolve())
    except (OSError, RuntimeError):  # RuntimeError: of links in a circle
        return None


def find_environment(folder: Path) -> FoundEnvironment | None:
    """That of the state folder in which `folder` lies; else the nearest one upwards whose database runs, else the nearest of all.

    Who works inside a state means that one, also while it is stopped: a demo's may lie below that of a floor of one's own.
    A folder with a state of its own, nearer than that, is worked in for itself.
    """
    found: list[FoundEnvironment] = []
    for each in (folder, *folder.parents):
        if not found and (inside := _state_itself(each)) is not None:
            return inside
        if (variables := read_environment(each / _STATE)) is not None:
            found.append(FoundEnvironment(state=each / _STATE, variables=variables))
    return next((one for one in found if one.is_running), found[0] if found else None)


def _state_itself(folder: Path) -> FoundEnvironment | None:
    """The folder's own, where a service has its state in it: a file of that name may be another program's."""
    if not (folder / _LOCK).is_file():
        return None
    variables = read_environment(folder)
    is_of_service = variables is not None and f"{PREFIX}DATABASE_URL" in variables
    return FoundEnvironment(state=folder, variables=variables or {}) if is_of_service else None


def has_database() -> bool:
    """Whether one is set, or an embedded one of this folder runs."""
    return is_database_set() or running_state() is not None


def running_state(folder: Path = Path()) -> Path | None:
    """The state folder, in `folder` or above, of an embedded database that runs."""
    found = nearest_environment(folder)
    return found.state if found is not None and found.is_running else None


def state_for(folder: Path) -> Path:
    """The state folder for files in `folder`: that in which they lie; of what runs there or above, or ran there; else as from the
    working folder.

    A service that starts anew where the files are must not find another database than the one that got them.
    """
    found = nearest_environment(folder)
    if found is not None and Path(os.path.realpath(folder)).is_relative_to(found.state):
        return found.state
    kept = folder / _STATE
    return running_state(folder) or (kept if kept.is_dir() else running_state() or Path(_STATE))


def read_environment(state: Path, owners: Collection[int] | None = None) -> Mapping[str, str] | None:
    """The variables of the service that a state folder's file of `export NAME=value` lines sets; a broken line sets none.

    None where there is no such file, and where folder or file is a link, is not of `owners` (this account and root), or can
    be written by others: it could name a database of theirs. What is asked is what was opened, so that no swap helps.
    """
    trusted = {os.geteuid(), 0} if owners is None else owners
    try:
        with _opened(state, _FOLDER) as folder, _opened(_FILE, _PLAIN_FILE, within=folder) as file:
            is_folder_ours = _is_of(os.fstat(folder), trusted, stat.S_ISDIR, stat.S_IWOTH)
            is_file_ours = _is_of(os.fstat(file), trusted, stat.S_ISREG, stat.S_IWGRP | stat.S_IWOTH)
            text = os.read(file, _LONGEST) if is_folder_ours and is_file_ours else None
    except OSError:
        return None
    return None if text is None else _variables(text.decode(errors="replace"))


def answers(url: str) -> bool:
    """Whether a server listens on the socket that a URL of an embedded database names."""
    try:
        asked = parse_qs(urlsplit(url).query)
        path = f"{asked.get('host', [''])[0]}/.s.PGSQL.{asked.get('port', ['5432'])[0]}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)
    except (OSError, ValueError):
        return False
    return True


@contextlib.contextmanager
def _opened(name: Path | str, flags: int, within: int | None = None) -> Iterator[int]:
    handle = os.open(name, flags, dir_fd=within)
    try:
        yield handle
    finally:
        os.close(handle)


def _is_of(facts: os.stat_result, owners: Collection[int], is_kind: Callable[[int], bool], others_may: int) -> bool:
    return is_kind(facts.st_mode) and facts.st_uid in owners and not facts.st_mode & others_may


def _variables(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        with contextlib.suppress(ValueError):
            if name.startswith(PREFIX) and "\0" not in line:  # which no environment holds
                found[name] = "".join(shlex.split(value)[:1])
    return found

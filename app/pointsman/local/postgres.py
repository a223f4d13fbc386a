"""A PostgreSQL of our own: made on first use, found again when it still runs, started again when it was killed.

It listens on a Unix socket in a folder that only its account may enter, and on no network port. It runs in a session
of its own and survives the process that started it; the next process attaches to it.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from pointsman.domain.messages.message import say
from pointsman.local import postgres_binaries as binaries
from pointsman.local.errors import LocalServerError
from pointsman.local.os_account import OsAccount
from pointsman.local.own_files import open_to_append
from pointsman.local.postgres_home import PostgresHome, make_owned, read_major
from pointsman.local.postmaster_pid import FILE_NAME, Postmaster, find_postmaster, noted_socket_folder
from pointsman.local.processes import Process
from pointsman.local.socket_folder import PORT, SOCKET_NAME, delete_socket_folders, make_socket_folder

USER = "postgres"
SERVICE_USER = "pointsman"
START_TIMEOUT_S = 60.0

_children: list[subprocess.Popen[bytes]] = []  # kept so that our own killed children can be reaped


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """The server whose state lies in `directory`. `durable=False` gives up crash safety for speed: for tests alone."""

    directory: Path
    durable: bool = True
    database: str = "pointsman"
    connections: int = 200

    def start(self) -> str:
        """Run the server, wherever it stands now; return the URL of its database, for its superuser. Safe to call from many
        at once.
        """
        try:
            return self._start()
        except FileNotFoundError:
            if self.directory.exists():
                raise
            raise LocalServerError(say("local.data-gone", folder=str(self.directory))) from None  # deleted meanwhile

    def _start(self) -> str:
        with self._locked():
            deadline = time.monotonic() + START_TIMEOUT_S
            while True:
                running = self._find_running() or self._launch(PostgresHome(self.directory).make())
                if running.lost:  # its folder in the temporary folder was swept, or its pid file damaged
                    _end(running.process)
                # One found running may be on its way up, or on its way down: the answer of a query is what counts.
                with contextlib.suppress(psycopg.OperationalError):
                    if running.ready and not running.lost:
                        self._make_database(running)
                        return self._url(running, "postgresql+psycopg")
                if time.monotonic() > deadline:
                    raise LocalServerError(say("local.not-ready", log=self._log_tail()))
                time.sleep(0.02)

    def start_again(self) -> str:
        """As `start`, of a server that was there. LocalServerError where its data are gone: an empty one would be another."""
        home = PostgresHome(self.directory).kept()
        if home is None or read_major(home / "data") is None:
            raise LocalServerError(say("local.data-gone", folder=str(self.directory)))
        return self.start()

    def stop(self) -> None:
        """Shut the server down, also if another process started it. Nothing happens when it does not run."""
        with self._locked():
            if running := self._find_running():
                _end(running.process)
            if home := PostgresHome(self.directory).kept():
                delete_socket_folders(home, noted_socket_folder(home / "data"))  # a killed server leaves its own

    def is_running(self) -> bool:
        return self._find_running() is not None

    def remove(self) -> None:
        """Stop the server and delete its data for good, also what lies outside `directory`."""
        if not self.directory.exists():
            return
        self.stop()
        with self._locked():
            PostgresHome(self.directory).delete()

    # -- the server

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        with open_to_append(self.directory / "postgres.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _find_running(self) -> Postmaster | None:
        _children[:] = [child for child in _children if child.poll() is None]
        home = PostgresHome(self.directory).kept()
        return None if home is None else find_postmaster(home / "data", OsAccount.for_server(self.directory).uid)

    def _launch(self, home: Path) -> Postmaster:
        account = OsAccount.for_server(self.directory)
        data = home / "data"
        made_by = read_major(data)
        found = binaries.find_postgres(account, copies=home / "programs", major=made_by)
        if made_by is None:
            self._initialise(found, account, data)
        sockets = make_socket_folder(home, account)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            # A dead server's claims. PostgreSQL itself would take a zombie, or a stranger with that id, for the owner.
            (data / FILE_NAME).unlink(missing_ok=True)
            (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
            process = self._spawn(found, account, data, sockets)
            while process.poll() is None and time.monotonic() < deadline:
                running = self._find_running()
                if running and running.ready and running.process.pid == process.pid:
                    return running
                time.sleep(0.01)
            # A killed server's last connections may hold its memory for a moment longer: try again.
            if time.monotonic() > deadline - START_TIMEOUT_S / 2:
                raise LocalServerError(say("local.not-started", log=self._log_tail()))
            time.sleep(0.2)

    def _spawn(
        self, found: binaries.PostgresBinaries, account: OsAccount, data: Path, sockets: Path
    ) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(sockets),
            "unix_socket_permissions": "0700",
            "port": str(PORT),
            "max_connections": str(self.connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open_to_append(self.directory / "postgres.log") as log:
            process = subprocess.Popen(
                [found.program("postgres"), "-D", str(data), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=data, env=_environment(),
                start_new_session=True, **account.popen_arguments(),
            )  # fmt: skip
        _children.append(process)
        return process

    def _initialise(self, found: binaries.PostgresBinaries, account: OsAccount, data: Path) -> None:
        """Make the data beside its place and move it there when complete, so that a kill halfway leaves nothing."""
        partial = data.with_name("data.new")
        # Characters sort and fold by Unicode on every machine, whatever locales it has. pg_trgm asks the machine's own locale
        # what a letter is, and knows a to z alone where that is C.
        builtin = ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        tries = [[*builtin, "--lc-ctype=C.UTF-8"], builtin] if found.major >= 17 else [["--locale=C.UTF-8"]]
        said = ""
        for options in tries:
            if partial.is_dir() and not partial.is_symlink():
                shutil.rmtree(partial)
            partial.unlink(missing_ok=True)
            make_owned(partial, account)
            result = subprocess.run(
                [found.program("initdb"), "-D", partial, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-instructions", *options],
                capture_output=True, text=True, check=False, cwd=data.parent, env=_environment(), **account.popen_arguments(),
            )  # fmt: skip
            if result.returncode == 0:
                partial.rename(data)
                return
            said = result.stderr.strip() or result.stdout.strip()
        raise LocalServerError(say("local.initdb-failed", said=said))

    def _make_database(self, running: Postmaster) -> None:
        with psycopg.connect(self._url(running, "postgresql", "postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self.database,)).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))

    def _url(self, running: Postmaster, scheme: str, database: str | None = None) -> str:
        return f"{scheme}://{USER}@/{quote(database or self.database)}?host={quote(str(running.socket_folder))}&port={PORT}"

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            if (self.directory / "postgres.log").is_symlink():
                return ""
            lines = (self.directory / "postgres.log").read_text(errors="replace").splitlines()
            return "\n".join([f"{self.directory / 'postgres.log'}:", *lines[-8:]])
        return ""


def as_service(url: str) -> str:
    """The URL of `start` for the role that serves, which a migration lets in."""
    return url.replace(f"://{USER}@", f"://{SERVICE_USER}@", 1)


def _end(process: Process) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, then at once, then never mind
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        if _wait_for_end(process):
            return


def _wait_for_end(process: Process) -> bool:
    """Whether it ends in good time, reaping it when it is a child of ours."""
    deadline = time.monotonic() + 20
    while process.is_running() and time.monotonic() < deadline:
        for child in _children:
            child.poll()
        time.sleep(0.01)
    return not process.is_running()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

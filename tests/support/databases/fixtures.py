"""Databases for tests: one server, one template made by the real migrations, and clones of it.

`database_url` is one database for all tests of a worker, emptied before each. A test marked `own_database` has a clone
instead: one that starts processes, kills connections, or changes tables or the database's settings.

Every URL is the service's, as the application has it; `owner_url` is the same database for its owner (see `roles`).

The server is the embedded one, without durability, under .pointsman/test. POINTSMAN_TEST_DATABASE_URL or
POINTSMAN_DATABASE_URL names another; its account must be a superuser. The database that the URL names is never
touched.
"""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import URL, make_url

from pointsman.db.engine.roles import ensure_service_login
from pointsman.local.postgres import EmbeddedPostgres
from support.databases.kept_engines import engines_kept, lasting_databases
from support.databases.roles import as_owner, as_service, for_libpq, use_server, written
from support.databases.worker_database import WorkerDatabase

ROOT = Path(__file__).parents[3]
STATE = ROOT / ".pointsman" / "test"
GIVEN = "POINTSMAN_TEST_DATABASE_URL"
DESCRIPTIONS = ("_DISCOVERY", "_SPECS")
"""Ends of the names of files and folders with vendors' own descriptions of their APIs: no settings."""
CLONE = "pointsman_t_"
TEMPLATE = "pointsman_template_"

embedded = EmbeddedPostgres(STATE, durable=False)
worker_databases: dict[str, WorkerDatabase] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A PostgreSQL that lends databases. `url` is for its administration."""

    url: URL

    def __post_init__(self) -> None:
        use_server(self.url)

    def migrated(self) -> str:
        """The name of the template for the migrations as they are now; the first caller makes it."""
        name = TEMPLATE + _fingerprint(ROOT / "migrations")
        with self.admin() as admin:
            admin.execute("SELECT pg_advisory_lock(hashtext('pointsman-test-template'))")
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                unfinished = f"{name}_new"
                self.drop(unfinished)
                make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8'")
                admin.execute(make.format(sql.Identifier(unfinished)))
                upgrade(as_owner(self.address(unfinished)))
                ensure_service_login(as_owner(self.address(unfinished)), self.address(unfinished))
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                admin.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
        return name

    @contextmanager
    def clone(self, template: str) -> Iterator[str]:
        """The service's URL of a database of one's own, gone afterwards."""
        name = CLONE + uuid4().hex[:12]
        with self.admin() as admin:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
            # What a migration does, and a clone does not take over.
            admin.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM public").format(sql.Identifier(name)))
        try:
            yield self.address(name)
        finally:
            self.drop(name)

    def drop(self, name: str) -> None:
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def sweep(self) -> None:
        """Drop what killed runs and older migrations left. Only for a server that nobody else uses."""
        with self.admin() as admin:
            rows = admin.execute("SELECT datname FROM pg_database").fetchall()
        keep = TEMPLATE + _fingerprint(ROOT / "migrations")
        for (name,) in rows:
            if name.startswith((CLONE, TEMPLATE)) and name != keep:
                self.drop(name)

    def admin(self) -> psycopg.Connection:
        return psycopg.connect(for_libpq(written(self.url)), autocommit=True)

    def address(self, database: str) -> str:
        """The service's URL of a database."""
        return as_service(database)


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate as `pointsman migrate` does; the URL is the owner's."""
    command.upgrade(alembic_config(url), revision)


def alembic_config(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Server:
    """The server itself, for tests that make and drop databases of their own."""
    if given := os.environ.get(GIVEN):
        return Server(url=make_url(given))
    fcntl.flock(pytestconfig.stash[in_use], fcntl.LOCK_SH)  # held until this process ends
    return Server(url=make_url(embedded.start()))


@pytest.fixture(scope="session")
def database_template(database_server: Server) -> str:
    return database_server.migrated()


@pytest.fixture(scope="session")
async def one_loop(anyio_backend: object) -> AsyncIterator[None]:
    """From here on coroutine tests run on one event loop, so that connections can outlive a test."""
    async with engines_kept():
        yield


@pytest.fixture(scope="session")
def worker_database(database_server: Server, database_template: str, one_loop: None) -> Iterator[WorkerDatabase | None]:
    """None where the server's account may not pass over triggers: each test then has a clone."""
    with database_server.clone(database_template) as url:
        try:
            opened = WorkerDatabase(url, owner_url=as_owner(url))
        except psycopg.errors.InsufficientPrivilege:
            yield None
            return
        worker_databases[url] = opened
        lasting_databases.add(url)
        yield opened
        lasting_databases.remove(url)
        del worker_databases[url]
        opened.close()


#: A migrated, empty database each time, one after the other; its URL.
EmptyDatabase = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def empty_database(
    database_server: Server, database_template: str, worker_database: WorkerDatabase | None
) -> EmptyDatabase:
    """For tests that need more than one: an example of Hypothesis, a life of a state machine."""

    @contextmanager
    def empty() -> Iterator[str]:
        if worker_database:
            worker_database.reset()
            yield worker_database.url
        else:
            with database_server.clone(database_template) as url:
                yield url

    return empty


@pytest.fixture
def database_url(
    database_server: Server, database_template: str, empty_database: EmptyDatabase, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A migrated, empty database: for commits and several connections; see the mark `own_database`."""
    own = request.node.get_closest_marker("own_database") is not None
    with database_server.clone(database_template) if own else empty_database() as url:
        yield url


@pytest.fixture
def owner_url(database_url: str) -> str:
    """The database of `database_url` for its owner: to change tables, to go past guards, to delete history."""
    return as_owner(database_url)


async def make_floor(url: str, name: str, make: Callable[[], Awaitable[object]]) -> None:
    """Let `make` write a floor into the database; a worker's own takes the rows of the first making of that name."""
    opened = worker_databases.get(url)
    await (opened.floor(name, make) if opened else make())


@pytest.fixture(scope="session")
def shared_database_url(database_server: Server, database_template: str, one_loop: None) -> Iterator[str]:
    """A migrated database for all tests of one worker that keep to rows of their own, or roll back."""
    with database_server.clone(database_template) as url:
        lasting_databases.add(url)
        yield url
        lasting_databases.remove(url)


in_use = pytest.StashKey[IO[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests an environment without our settings: each test says what it needs."""
    given = os.environ.get(GIVEN) or os.environ.get("POINTSMAN_DATABASE_URL")
    for name in [name for name in os.environ if name.startswith("POINTSMAN_") and not name.endswith(DESCRIPTIONS)]:
        del os.environ[name]
    os.environ.pop("COLUMNS", None)  # xdist sets it, and a console takes its width from it when its module is imported
    if given:
        os.environ[GIVEN] = given
    STATE.mkdir(parents=True, exist_ok=True)
    config.stash[in_use] = (STATE / "in_use.lock").open("a")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last run to end stops the server: several may share it, and its template serves the next one."""
    lock = config.stash.get(in_use, None)
    if lock is None:
        return
    with lock:
        if hasattr(config, "workerinput") or GIVEN in os.environ:
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if embedded.is_running():
            Server(url=make_url(embedded.start())).sweep()
            embedded.stop()


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".sql"}:
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]

"""Folders that any account may enter, and programs started as another account."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.local.os_account import OsAccount
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_home import make_owned
from support.programs.open_folders import make_open_folder


@pytest.fixture
def postgres(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that has never been started."""
    server = EmbeddedPostgres(open_folder / "state")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def data_made_once() -> Iterator[Path]:
    """What a server has after its first start and its stop: making it takes ten times as long as a copy."""
    with make_open_folder() as folder:
        server = EmbeddedPostgres(folder / "state")
        server.start()
        server.stop()
        yield folder / "state" / "postgres"
        server.remove()


@pytest.fixture
def started_before(postgres: EmbeddedPostgres, data_made_once: Path) -> EmbeddedPostgres:
    """A stopped server that was started before: for tests of what comes after its set-up."""
    postgres.directory.mkdir()
    home = postgres.directory / "postgres"
    make_owned(home, OsAccount.for_server(postgres.directory))
    subprocess.run(["cp", "-a", data_made_once / "data", home], check=True)  # with its owner
    return postgres

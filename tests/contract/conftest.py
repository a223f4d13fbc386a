"""Fixtures that several contract tests share."""

from collections.abc import Iterator

import pytest

from support.programs.calendar_servers import RealServer, xandikos
from support.programs.radicale_server import Server, radicale


@pytest.fixture(scope="session")
def caldav_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Radicale for the whole run."""
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def second_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One Xandikos for the whole run."""
    server = xandikos(tmp_path_factory.mktemp("xandikos"))
    server.start()
    yield server
    server.stop()

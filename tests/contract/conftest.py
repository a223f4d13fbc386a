"""Fixtures that several contract tests share."""

from collections.abc import Iterator

import pytest

from support.programs.calendar_servers import RealServer, radicale, running, xandikos
from support.programs.radicale_vendor import RadicaleVendor


@pytest.fixture(scope="session")
def caldav_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One Radicale for the whole run."""
    with running(radicale(tmp_path_factory.mktemp("radicale"))) as server:
        yield server


@pytest.fixture(scope="session")
def second_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One Xandikos for the whole run."""
    with running(xandikos(tmp_path_factory.mktemp("xandikos"))) as server:
        yield server


@pytest.fixture
def caldav_vendor(caldav_server: RealServer) -> RadicaleVendor:
    """Fresh calendars on it."""
    return RadicaleVendor(caldav_server)

"""One DAViCal for the whole run. Only `make test-davical` collects this folder."""

from collections.abc import Iterator

import pytest

from davical.server import davical, missing
from davical.vendor import DavicalVendor
from support.programs.calendar_servers import RealServer


def pytest_configure() -> None:
    """End at once, and as a success, where there is no DAViCal."""
    if lacking := missing():
        pytest.exit(f"Skipped: DAViCal is not installed. Get it: apt-get install {' '.join(lacking)}", returncode=0)


@pytest.fixture(scope="session")
def caldav_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """In the place of Radicale's, of which the contract tests speak."""
    with davical(tmp_path_factory.mktemp("davical")) as server:
        yield server


@pytest.fixture
def caldav_vendor(caldav_server: RealServer) -> DavicalVendor:
    return DavicalVendor(caldav_server)

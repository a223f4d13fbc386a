"""`pointsman init` with a real calendar server: a path that is not there is said, and the next run goes on from there."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.local.calendar_server import SERVICE_USER, CalendarServer
from support.programs.command_line import pointsman

pytestmark = pytest.mark.slow

FLOOR = ("--rep", "Lena Vogt, lena@nordwerk.example, SDR", "--rep", "Ben Roth, ben@nordwerk.example, Closer")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CalendarServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = CalendarServer(tmp_path / "calendar", port=port)
    server.start(["ben"])
    yield server
    server.stop()


def test_a_closers_calendar_is_connected_and_a_path_that_is_not_there_is_refused(
    tmp_path: Path, database_url: str, server: CalendarServer
) -> None:
    server.ensure_calendar("ben", "work")
    given = {"CALDAV_PASSWORD": server.password(), "POINTSMAN_PRIVATE_NETWORKS": "127.0.0.0/8"}
    start = ("init", str(tmp_path), "--yes", "--state", str(tmp_path / "state"), "-l", "en")
    account = ("--calendar", server.url, "--calendar-user", SERVICE_USER)
    typo = pointsman(*start, *FLOOR, *account, "--calendar-of", "ben=/ben/wrok/", url=database_url, **given)
    assert (typo.returncode, "no calendar of events at /ben/wrok/ for Ben Roth" in typo.stderr) == (1, True), (
        typo.stderr
    )
    german = ("init", str(tmp_path), "--yes", "--state", str(tmp_path / "state"), "-l", "de", *account)
    folder = pointsman(*german, "--calendar-of", "ben=/ben/", url=database_url, **given)
    assert (folder.returncode, "unter /ben/ keinen Kalender mit Terminen für Ben Roth" in folder.stderr) == (1, True)
    given_wrong = {**given, "CALDAV_PASSWORD": "wrong"}
    login = pointsman(*german, "--calendar-of", "ben=/ben/work/", url=database_url, **given_wrong)
    assert (login.returncode, "lehnt die Anmeldung" in login.stderr) == (1, True), login.stderr
    mended = pointsman(*start, *account, "--calendar-of", "ben=/ben/work/", url=database_url, **given)
    assert mended.returncode == 0, mended.stderr
    assert "1 calendar is connected." in mended.stdout
    assert "No calendar is connected" not in mended.stdout
    server.ensure_calendar("ben", "other")
    other = pointsman(*start, *account, "--calendar-of", "ben=/ben/other/", url=database_url, **given)
    assert (other.returncode, "Ben Roth has other calendars already (/ben/work/)" in other.stderr) == (1, True), other
    elsewhere = ("--calendar", "https://cal.example/", "--calendar-user", "x", "--calendar-of", "ben=/ben/work/")
    moved = pointsman(*start, *elsewhere, url=database_url, **given)
    assert (moved.returncode, "leads to another server already" in moved.stderr) == (1, True), moved
    assert server.password() not in mended.stdout + typo.stdout + typo.stderr

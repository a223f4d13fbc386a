"""The calendar server of the demo, spoken to as any calendar client would."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from pointsman.local.calendar_server import SERVICE_USER, CalendarServer
from pointsman.local.errors import LocalServerError
from pointsman.local.plain_http import NO_AUTHORITIES
from support.programs.free_port import free_port

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:20260105T090000Z\r\nDTEND:20260105T093000Z\r\nSUMMARY:Call\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CalendarServer]:
    server = CalendarServer(tmp_path / "calendar", port=free_port())
    server.start(["anna", "ben"])
    yield server
    server.stop()


def client(server: CalendarServer, owner: str) -> httpx.Client:
    return httpx.Client(auth=(owner, server.password(owner)), trust_env=False, verify=NO_AUTHORITIES)


def put(server: CalendarServer, owner: str, url: str) -> int:
    with client(server, owner) as http:
        return http.put(f"{url}u1.ics", content=EVENT, headers={"Content-Type": "text/calendar"}).status_code


def test_an_owner_sees_what_the_service_writes(server: CalendarServer) -> None:
    url = server.ensure_calendar("anna", "leads")
    assert put(server, SERVICE_USER, url) == 201
    with client(server, "anna") as http:
        assert "SUMMARY:Call" in http.get(f"{url}u1.ics").text
        found = http.request("PROPFIND", f"{server.url}anna/", headers={"Depth": "1"})
    assert found.status_code == 207
    assert "/anna/leads/" in found.text


def test_an_owner_writes_their_own_calendar_and_nobody_elses(server: CalendarServer) -> None:
    url = server.ensure_calendar("anna", "leads")
    assert put(server, "anna", url) == 201
    assert put(server, "ben", url) == 403
    with client(server, "ben") as http:
        assert http.get(f"{url}u1.ics").status_code == 403
    assert httpx.get(f"{url}u1.ics", trust_env=False, verify=NO_AUTHORITIES).status_code == 401
    assert httpx.get(f"{url}u1.ics", auth=("anna", "wrong"), trust_env=False, verify=NO_AUTHORITIES).status_code == 401


def test_a_calendar_is_made_once_and_keeps_its_events(server: CalendarServer) -> None:
    url = server.ensure_calendar("anna", "leads")
    put(server, SERVICE_USER, url)
    assert server.ensure_calendar("anna", "leads") == url
    with client(server, "anna") as http:
        assert http.get(f"{url}u1.ics").status_code == 200


def test_passwords_are_made_once_and_kept_for_us_alone(server: CalendarServer) -> None:
    before = server.password("anna")
    assert len({before, server.password("ben"), server.password()}) == 3
    assert stat.S_IMODE((server.directory / "users").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    server.stop()
    server.start(["anna", "carla"])
    assert server.password("anna") == before
    assert server.password("carla")


def test_a_second_start_uses_the_running_server(server: CalendarServer) -> None:
    known = (server.directory / "server.json").read_text()
    assert CalendarServer(server.directory, port=server.port).start(["anna"]) == server.url
    assert (server.directory / "server.json").read_text() == known


def test_a_killed_server_starts_again_with_its_events(server: CalendarServer) -> None:
    url = server.ensure_calendar("anna", "leads")
    put(server, SERVICE_USER, url)
    known = server._find_running()
    assert known
    os.kill(known.process.pid, signal.SIGKILL)
    known.process.ended_within(5)
    server.start()
    with client(server, "anna") as http:
        assert http.get(f"{server.ensure_calendar('anna', 'leads')}u1.ics").status_code == 200


def test_a_taken_port_is_no_obstacle(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        server = CalendarServer(tmp_path / "calendar", port=port)
        try:
            assert f":{port}/" not in server.start(["anna"])
            assert server.ensure_calendar("anna", "leads").startswith(server.url)
        finally:
            server.stop()


def test_two_that_start_at_once_and_want_one_port_are_two_servers(tmp_path: Path) -> None:
    port = free_port()
    servers = [CalendarServer(tmp_path / name, port=port) for name in ("one", "two", "three")]
    try:
        with ThreadPoolExecutor(len(servers)) as pool:
            urls = list(pool.map(lambda server: server.start(["anna"]), servers))
        assert len(set(urls)) == len(servers)
        assert [server.url for server in servers] == urls  # each still runs, and is itself
        for server in servers:
            server.ensure_calendar("anna", "leads")
    finally:
        for server in servers:
            server.stop()


def test_a_stopped_server_is_gone(server: CalendarServer) -> None:
    url = server.url
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False, verify=NO_AUTHORITIES)
    with pytest.raises(LocalServerError):
        _ = server.url


@pytest.mark.parametrize("name", ["a:b", "a/b", "", "..", "a\nb"])
def test_a_name_that_could_break_out_is_refused(tmp_path: Path, name: str) -> None:
    server = CalendarServer(tmp_path / "calendar", port=free_port())
    with pytest.raises(LocalServerError, match="cannot be a login"):
        server.start([name])


def test_a_calendar_for_somebody_without_a_login_is_refused(server: CalendarServer) -> None:
    with pytest.raises(KeyError):
        server.ensure_calendar("nobody-here", "leads")

"""`pointsman connectors fake` runs each fake that a connector names, on this machine alone, and says what to enter."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from pointsman.cli.connections.given import GivenSetUp
from pointsman.cli.connectors.fakes import ENTRY_POINT_GROUP
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.local.plain_http import NO_AUTHORITIES
from support.programs.command_line import pointsman
from support.programs.free_port import free_port
from support.waiting import wait_until


@contextmanager
def running(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-u", "-m", "pointsman.cli", "connectors", "fake", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def answered(port: int, path: str) -> int:
    def asked() -> int:
        url = f"http://127.0.0.1:{port}{path}"
        try:
            return httpx.get(url, trust_env=False, verify=NO_AUTHORITIES).status_code
        except httpx.TransportError:
            return 0

    wait_until(asked, otherwise="the fake does not answer")
    return asked()


def test_a_fake_that_speaks_http_is_served_with_what_to_enter() -> None:
    port = free_port()
    with running("google", "--port", str(port)) as process:
        assert answered(port, "/_control/items") == 200
        process.terminate()
        said, _ = process.communicate()
    assert f"  url: http://127.0.0.1:{port}/calendar/v3\n" in said
    assert f"  token_url: http://127.0.0.1:{port}/token\n" in said
    assert "  client_secret: google-client-secret\n" in said


def test_a_fake_without_http_is_run_with_a_control_port() -> None:
    port, control = free_port(), free_port()
    with running("smtp", "--port", str(port), "--control-port", str(control)) as process:
        assert answered(control, "/_control/messages") == 200
        process.terminate()
        said, _ = process.communicate()
    assert f"  host: 127.0.0.1\n  port: {port}\n  security: none\n" in said


@pytest.mark.parametrize("words", [("google",), ("smtp",), ("smtp", "--control-port")])
def test_a_fake_prints_documents_that_a_connection_to_it_is_set_up_with(words: tuple[str, ...]) -> None:
    """Each as `connections add --from` takes it, and as the connector's own model does."""
    name, *more = words
    port, control = free_port(), free_port()
    with running(name, "--port", str(port), *more, *([str(control)] if more else [])) as process:
        assert process.stdout is not None
        lines = [
            line.strip() for line in takewhile(lambda line: "POINTSMAN_PRIVATE_NETWORKS" not in line, process.stdout)
        ]
    documents = [GivenSetUp.model_validate_json(line) for line in lines if line.startswith("{")]
    assert len(documents) == (3 if more else 1)
    for given in documents:
        ConnectorRegistry.discover().parse_config(name, given.config or {})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("caldav",), "google, hubspot, memory, microsoft and smtp"),
        (("google", "--control-port", "8"), "leave --control-port out"),
        (("microsoft", "--keep", "kept.json"), "forgets: leave --keep out"),
        (("google", "--port", "0"), "takes a number from 1 to 65535"),
        (("smtp", "--port", "8025", "--control-port", "8025"), "are the same"),
    ],
)
def test_what_cannot_be_run_is_said(words: tuple[str, ...], said: str) -> None:
    done = pointsman("connectors", "fake", *words, POINTSMAN_LANGUAGE="en")
    assert done.returncode == 2
    assert said in done.stderr


def test_what_stands_at_a_fake_outlives_it_in_a_file(tmp_path: Path) -> None:
    place = "/_fake/calendars/clara@example.com"
    words = ("google", "--keep", str(tmp_path / "kept.json"))
    shown = []
    for _ in range(2):
        port = free_port()
        with running(*words, "--port", str(port)):
            assert answered(port, "/_control/items") == 200
            at = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=at, trust_env=False, verify=NO_AUTHORITIES) as owner:
                if not shown:
                    owner.put(place, json={"summary": "Clara"}).raise_for_status()
                    times = {
                        part: {"dateTime": f"2031-03-03T1{hour}:00:00Z"} for hour, part in enumerate(("start", "end"))
                    }
                    owner.post(f"{place}/events", json={"summary": "Lunch", **times}).raise_for_status()
                shown.append(
                    (owner.get("/_control/items").json()["events"], owner.get("/_fake/service-account-key").json())
                )
    assert shown[0] == shown[1]
    assert (tmp_path / "kept.json").stat().st_mode & 0o777 == 0o600


def test_each_fake_is_that_of_an_installed_connector() -> None:
    assert {one.name for one in entry_points(group=ENTRY_POINT_GROUP)} < set(ConnectorRegistry.discover().names())


@pytest.mark.parametrize(
    ("name", "words"),
    [("google", ("--port",)), ("smtp", ("--port",)), ("smtp", ("--port", str(free_port()), "--control-port"))],
)
def test_a_port_that_is_taken_is_said(name: str, words: tuple[str, ...]) -> None:
    """With its number: the pages' own ports are those of a demo that may run."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        done = pointsman("connectors", "fake", name, *words, taken, POINTSMAN_LANGUAGE="en")
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"The fake of {name} does not start: something listens at port {taken} already" in done.stderr


@pytest.mark.parametrize("kept", ["{", "[]", "{}"])
def test_a_file_that_is_none_of_the_fakes_is_said(kept: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text(kept)
    words = ("--port", str(free_port()), "--keep", str(file))
    done = pointsman("connectors", "fake", "google", *words, POINTSMAN_LANGUAGE="en")
    assert done.returncode == 1
    assert done.stderr.strip() == f"Error: The fake of google does not start: {file} holds nothing that this fake kept"


def test_a_file_that_has_no_folder_is_said_before_anything_is_kept(tmp_path: Path) -> None:
    words = ("--port", str(free_port()), "--keep", str(tmp_path / "none" / "kept.json"))
    done = pointsman("connectors", "fake", "google", *words, POINTSMAN_LANGUAGE="en")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == f"Error: The fake of google does not start: there is no folder {tmp_path / 'none'}"

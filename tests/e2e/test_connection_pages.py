"""The pages of docs/connections, run as they stand against the vendors' fakes, on a demo floor."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from pointsman.demo.files import DemoState
from pointsman.local.plain_http import NO_AUTHORITIES
from support.connections.pages import ROOT, blocks
from support.programs.open_folders import make_open_folder
from support.programs.running_demo import Demo, demo_in
from support.programs.running_fake import running_fake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the demo's processes are looked for under /proc"),
]

PATIENCE_S = 240
_FAKE = re.compile(r"^pointsman connectors fake (\w+) --port (\d+)(?: --control-port (\d+))?$", re.MULTILINE)
_INSTALLS = re.compile(r"^pip install .*$", re.MULTILINE)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/[^\s\"]*\?[^\s\"]*redirect_uri=[^\s\"]*")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with make_open_folder() as folder, demo_in(folder) as floor:
        floor.start(patience=2 * PATIENCE_S)
        yield floor


@contextmanager
def fakes_of(page: str, ports: dict[str, str]) -> Iterator[None]:
    """Each fake that the page starts, on free ports, which `ports` holds by those of the page."""
    with ExitStack() as stack:
        for name, *written in _FAKE.findall(page):
            port, answering = stack.enter_context(running_fake(name, control=bool(written[1])))
            ports |= {written[0]: str(port)} | ({written[1]: str(answering)} if written[1] else {})
        yield


def run_page(demo: Demo, name: str, written: Mapping[str, str], folder: Path) -> tuple[str, set[str]]:
    """Run all commands of a page, with `written` in place of what a reader puts in; what they printed, and what was refused.

    After each block the addresses to sign in at, which it printed, are opened.
    """
    page = blocks(ROOT / "docs" / "connections" / f"{name}.md")
    ports: dict[str, str] = {}
    said, refused = "", set()
    with fakes_of("\n".join(page), ports):
        for block in page:
            commands = _INSTALLS.sub("", _FAKE.sub("", block))
            if "key.json" in commands:
                key = httpx.get(f"http://127.0.0.1:{ports['8427']}/_fake/service-account-key", trust_env=False)
                (folder / "key.json").write_text(key.json()["key"])
            for before, now in written.items():
                assert before in "\n".join(page), f"the page says {before} no more"
                commands = commands.replace(before, now)
            for before, now in {**ports, "8000": str(demo.port)}.items():
                commands = re.sub(rf"\b{before}\b", now, commands)
            printed = run(commands, demo, folder)
            said += printed
            refused |= set(re.findall(r'"type":"urn:pointsman:problem:([a-z-]+)"', printed))
            for address in _ADDRESS.findall(printed):
                signed_in = httpx.get(address, follow_redirects=True, trust_env=False, verify=NO_AUTHORITIES)
                assert signed_in.status_code == 200, signed_in.text
    return said, refused


def run(commands: str, demo: Demo, folder: Path) -> str:
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    command = programs / "pointsman"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pointsman.cli "$@"\n')
    command.chmod(0o755)
    env = {
        **os.environ,
        "PATH": os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"])),
        "KEY": DemoState(demo.state / "demo.json").read()["admin_key"],
        "NO_PROXY": "127.0.0.1",
        "POINTSMAN_LANGUAGE": "en",
    }
    script = f"set -a\n. {shlex.quote(str(demo.state / 'environment'))}\nset +a\n{commands}"
    words = ["bash", "-eu", "-o", "pipefail", "-c", script]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_of_caldav(demo: Demo, tmp_path: Path) -> None:
    written = {
        "https://dav.example.com/": demo.calendars.url,
        '"username": "pointsman"': '"username": "anna"',
        '"password": "…"': f'"password": {json.dumps(demo.calendars.password("anna"))}',
    }
    said, refused = run_page(demo, "caldav", written, tmp_path)
    assert refused == set()
    assert "/anna/work/" in said
    assert "caldav works." in said


def test_the_page_of_google(demo: Demo, tmp_path: Path) -> None:
    at = "http://127.0.0.1:8427"  # the port of the page's own fake
    urls = {
        "url": f"{at}/calendar/v3",
        "authorize_url": f"{at}/o/oauth2/v2/auth",
        "token_url": f"{at}/token",
    }
    client = {"client_id": "google-client", "client_secret": "google-client-secret", **urls}
    account = {"acting_as": "anna@example.com", **urls}
    written = {
        '"client_id": "…apps.googleusercontent.com", "client_secret": "…"': json.dumps(client)[1:-1],
        '"acting_as": "office@example.com"': json.dumps(account)[1:-1],
        "nora@example.com": "anna@example.com",
        "/v1/reps/nora/": "/v1/reps/anna/",
    }
    said, refused = run_page(demo, "google", written, tmp_path)
    assert refused == set()
    assert '"calendar":"anna@example.com"' in said
    assert "Afterwards go on with: pointsman connections add google --key google-trial" in said


def test_the_page_of_hubspot(demo: Demo, tmp_path: Path) -> None:
    at = {"url": "http://127.0.0.1:8429", "app_url": "http://127.0.0.1:8429"}
    key = {"token": "pat-na1-fake-token", "webhook_secret": "hubspot-app-secret", **at}
    app = {"client_id": "hubspot-client", "client_secret": "hubspot-app-secret", **at}
    written = {
        '"token": "pat-…", "webhook_secret": "…"': json.dumps(key)[1:-1],
        '"client_id": "…", "client_secret": "…"': json.dumps(app)[1:-1],
        "--person t.weber@weber.example": "--person ada@example.com",
    }
    said, refused = run_page(demo, "hubspot", written, tmp_path)
    assert refused == set()
    assert '"key":"hubspot-handover"' in said
    assert said.count("activities: ") >= 2
    assert "hubspot-trial works." in said


def test_the_page_of_microsoft(demo: Demo, tmp_path: Path) -> None:
    client = {
        "client_id": "graph-client",
        "client_secret": "graph-client-secret",
        "url": "http://127.0.0.1:8426/v1.0",
        "login_url": "http://127.0.0.1:8426",
    }
    written = {
        '"client_id": "…", "client_secret": "…"': json.dumps(client)[1:-1],
        "nordwerk.example": "example.com",
    }
    said, refused = run_page(demo, "microsoft", written, tmp_path)
    assert refused == {"no-sign-in"}  # the page shows both ways, and the app has credentials of its own
    assert "microsoft-trial works." in said


def test_the_page_of_smtp(demo: Demo, tmp_path: Path) -> None:
    written = {
        '"host": "smtp.example.com", "username": "appointments@example.com", "password": "…"': (
            '"host": "127.0.0.1", "port": 8025, "security": "none"'
        ),
        '"host": "smtp.office365.com", "sign_in"': '"host": "127.0.0.1", "port": 8025, "security": "none", "sign_in"',
        '"client_id": "…", "client_secret": "…"': json.dumps(
            {"client_id": "mail-client", "client_secret": "mail-client-secret", "login_url": "http://127.0.0.1:8026"}
        )[1:-1],
    }
    said, refused = run_page(demo, "smtp", written, tmp_path)
    assert refused == set()
    assert '"key":"mail"' in said
    assert "Afterwards go on with: pointsman connections add smtp --key mail-by-token" in said
    assert "mail-by-token: works" in said

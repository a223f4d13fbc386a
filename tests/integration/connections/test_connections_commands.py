"""`pointsman connections` on a database, with a vendor's fake beside it: set up in one go, and again from where it stopped."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pointsman_smtp.fake import to_enter
from support.floors.use_case_env import open_world
from support.programs.command_line import Done, pointsman
from support.programs.running_fake import running_fake

pytestmark = pytest.mark.own_database

NETWORKS = {"POINTSMAN_PRIVATE_NETWORKS": "127.0.0.0/8", "POINTSMAN_LANGUAGE": "en"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # beside a `.pointsman` the commands would find its database


async def floor(url: str) -> None:
    async with open_world(url):
        pass


def add(url: str, folder: Path, connector: str, document: dict[str, Any], *more: str) -> Done:
    file = folder / "document.json"
    file.write_text(json.dumps(document))
    return pointsman("connections", "add", connector, "--from", str(file), *more, url=url, **NETWORKS)


def test_a_connection_is_set_up_in_one_go_and_again_from_where_it_stopped(database_url: str, tmp_path: Path) -> None:
    asyncio.run(floor(database_url))
    assert "No connection is set up" in pointsman("connections", "list", url=database_url, **NETWORKS).stdout
    with running_fake("microsoft") as (port, _):
        config = {
            "permission": "application",
            "tenant": "example.com",
            "client_id": "graph-client",
            "client_secret": "graph-client-secret",
            "mailbox": "lena@example.com",
            "url": f"http://127.0.0.1:{port}/v1.0",
            "login_url": f"http://127.0.0.1:{port}",
        }
        wrong = add(database_url, tmp_path, "microsoft", {"config": config | {"client_secret": "another"}})
        assert wrong.returncode == 1
        assert "refuse" in wrong.stderr.lower()
        assert "another" not in wrong.stdout + wrong.stderr

        done = add(database_url, tmp_path, "microsoft", {"config": config}, "--key", "office")
        assert done.returncode == 0, done.stderr
        assert "No calendar to write to is bound over office" in done.stdout

        again = add(
            database_url,
            tmp_path,
            "microsoft",
            {"calendars": [{"rep": "lena", "calendar": "lena@example.com"}]},
            "--key",
            "office",
        )
        assert again.returncode == 0, again.stderr
        assert "office is there already" in again.stdout
        assert "lena@example.com can be read" in again.stdout
        assert "The test booking was put, changed, read and removed again." in again.stdout
        assert "office works." in again.stdout

        listed = pointsman("connections", "calendars", "office", url=database_url, **NETWORKS)
        assert "lena@example.com" in listed.stdout

        file = tmp_path / "document.json"
        file.write_text(json.dumps({"calendars": [{"rep": "Nobody", "calendar": "lena@example.com"}]}))
        german = NETWORKS | {"POINTSMAN_LANGUAGE": "de"}
        words = ("connections", "add", "microsoft", "--key", "office", "--from", str(file))
        unknown = pointsman(*words, url=database_url, **german)
        assert "wurde nicht verbunden: Es gibt niemanden mit dem Schlüssel „Nobody“ im Team." in unknown.stdout
    health = pointsman("connections", "health", "office", url=database_url, **NETWORKS)
    assert (health.returncode, "office works." in health.stdout) == (0, True), health.stderr
    index = pointsman("connections", "list", url=database_url, **NETWORKS)
    assert index.stdout.splitlines()[-1].split() == ["office", "microsoft", "in", "use"]
    stopped = pointsman("connections", "calendars", "office", url=database_url, **german)
    assert "Abgelehnt: Der Connector meldet: " in stopped.stderr


def test_mail_is_set_up_with_what_its_fake_prints_and_a_test_message_arrives(database_url: str, tmp_path: Path) -> None:
    asyncio.run(floor(database_url))
    with running_fake("smtp", control=True) as (port, control):
        for way, config in to_enter(port, control).items():
            if way == "google":  # somebody has to sign in first
                continue
            done = add(
                database_url,
                tmp_path,
                "smtp",
                {"config": config, "send_test_to": "ada@example.com"},
                "--key",
                way.replace("_", "-"),
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "The vendor took the test message. Look for it in the mailbox of ada@example.com" in done.stdout
        tried = pointsman(
            "connectors", "check", "none", "--live", "--to", "ben@example.com", url=database_url, **NETWORKS
        )
        assert "less than a minute ago" in tried.stderr
        left_out = pointsman("connectors", "check", "none", "--live", url=database_url, **NETWORKS)
        assert (
            "notices: a test message is taken: left out: name an address for a test message with --to"
            in left_out.stdout
        )
        told = httpx.get(f"http://127.0.0.1:{control}/_control/messages", trust_env=False).json()["received"]
        assert [(one["recipient"], one["subject"]) for one in told] == [
            ("ada@example.com", "Test message of Pointsman")
        ] * 2


def test_a_sign_in_that_nobody_waits_for_tells_its_address_and_how_to_go_on(database_url: str, tmp_path: Path) -> None:
    document = {"config": {"client_id": "id.example", "client_secret": "hush"}}
    done = add(database_url, tmp_path, "google", document, "--no-wait")
    assert done.returncode == 0, done.stderr
    assert "https://accounts.google.com/o/oauth2/v2/auth?" in done.stdout
    assert "pointsman connections add google --key google" in done.stdout
    again = pointsman("connections", "add", "google", "--from", str(tmp_path / "document.json"), "--no-wait",
                      url=database_url, **NETWORKS)  # fmt: skip
    assert again.returncode == 0, again.stderr
    pending = pointsman("connections", "list", url=database_url, **NETWORKS)
    assert "google" in pending.stdout
    assert "in use" not in pending.stdout
    calendars = pointsman("connections", "calendars", "google", url=database_url, **NETWORKS)
    assert (calendars.returncode, "sign-in" in calendars.stderr) == (1, True), calendars.stderr


@pytest.mark.parametrize("command", ["health", "calendars"])
def test_a_connection_that_is_not_there_is_said(command: str, database_url: str) -> None:
    done = pointsman("connections", command, "ghost", url=database_url, **NETWORKS)
    assert (done.returncode, "ghost" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


def test_the_users_of_a_crm_are_matched_listed_and_named(database_url: str, tmp_path: Path) -> None:
    asyncio.run(floor(database_url))
    with running_fake("memory") as (port, _):
        config = {"url": f"http://127.0.0.1:{port}"}
        done = add(
            database_url, tmp_path, "memory", {"config": config, "sync_owners": True, "match": True}, "--key", "crm"
        )
        assert "1 rep is known as a user there." in done.stdout, done.stderr
        assert "Lena is no active user of crm" in done.stdout
        words = ("connections", "users", "crm", "--set", "lena=user-4", "--set", "ben=user-2")
        named = pointsman(*words, url=database_url, **NETWORKS)
        assert "3 reps are known as users there." in named.stdout, named.stderr
        rows = [line.split() for line in named.stdout.splitlines()]
        assert ["Anna", "anna@example.com", "user-1", "confirmed"] in rows
        assert ["Lena", "lena@example.com", "user-4", "confirmed"] in rows
        assert ["Eva", "eva@example.com", "-", "none"] in rows
        gone = pointsman("connections", "users", "crm", "--set", "eva=user-3", url=database_url, **NETWORKS)
        assert gone.returncode == 1
        assert "body.users.eva" in gone.stdout
        german = pointsman("connections", "users", "crm", url=database_url, **NETWORKS | {"POINTSMAN_LANGUAGE": "de"})
        assert ["Lena", "lena@example.com", "user-4", "bestätigt"] in [
            line.split() for line in german.stdout.splitlines()
        ]
        assert pointsman("connections", "users", "crm", "--set", "eva", url=database_url, **NETWORKS).returncode == 2
    health = pointsman("connections", "health", "crm", url=database_url, **NETWORKS)
    assert "eva is no active user of crm" in health.stdout

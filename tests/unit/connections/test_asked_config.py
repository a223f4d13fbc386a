"""A form at the terminal: each answer is checked at once, by the connector's own model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pointsman.cli.connections.form import ask_config
from pointsman.connectors.set_up.form import ways_of
from support.connections.answers import WrittenAnswers
from support.connections.host_in_memory import HostInMemory

HOST = HostInMemory()


def asked(connector: str, *answers: str | bool, everything: bool = False) -> tuple[dict[str, Any], WrittenAnswers]:
    person = WrittenAnswers.of(answers)

    def check(config: Mapping[str, Any]) -> Any:
        return HOST.faults(connector, config)

    found = ask_config(
        person,
        ways_of(HOST.registry.manifest(connector)),
        check,
        redirect_uri="https://host.example/back",
        everything=everything,
    )
    assert person.answers == []
    return found, person


def test_the_fields_of_the_chosen_way_are_asked_and_a_secret_is_not_shown() -> None:
    found, person = asked("google", "1", "id.example", "hush", False)
    assert found == {"client_id": "id.example", "client_secret": "hush"}
    assert [part for part in person.asked if "client_secret" in part]


def test_a_wrong_answer_is_told_at_once_and_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = asked("caldav", "ftp://x", "https://dav.example", "anna", "hush", False)
    assert found == {"base_url": "https://dav.example", "username": "anna", "password": "hush"}
    assert "• base_url: must start with https://" in capsys.readouterr().out


def test_what_is_needed_is_asked_until_it_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = asked("caldav", "", "https://dav.example", "", "", False)
    assert found == {"base_url": "https://dav.example"}
    assert "base_url" in capsys.readouterr().out


def test_answers_that_do_not_fit_together_are_told_and_kept_for_the_next_round(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, _ = asked("caldav", "https://dav.example", "anna", "", False, "", "", "hush", False)
    assert found == {"base_url": "https://dav.example", "username": "anna", "password": "hush"}
    assert "give both username and password" in capsys.readouterr().out


def test_further_fields_are_asked_on_wish_with_their_defaults() -> None:
    found, person = asked("smtp", "5", "mail.example", "a@b.example", *_FURTHER, everything=True)
    assert found["security"] == "tls"
    assert found["port"] == 465
    assert found["seconds"] == 25.0
    assert not [part for part in person.asked if "Change the fields" in part]


def test_who_types_a_choice_itself_means_it_as_its_number() -> None:
    by_word = ("465", "TLS", "", "", "")
    found, _ = asked("smtp", "5", "mail.example", "a@b.example", *by_word, everything=True)
    assert found["security"] == "tls"


#: port (first one that is no number), security, sender_name, hello, seconds
_FURTHER = ("many", "465", "2", "", "", "")


def test_the_field_that_tells_two_ways_apart_is_set_by_the_choice() -> None:
    found, _ = asked("microsoft", "2", "nordwerk.example", "id", "hush", "anna@nordwerk.example", False)
    assert found["permission"] == "application"
    assert found["mailbox"] == "anna@nordwerk.example"


def test_a_number_that_is_not_listed_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = asked("smtp", "6", "0", "x", "5", "mail.example", "a@b.example", False)
    assert found == {"sign_in": "none", "host": "mail.example", "sender": "a@b.example"}
    assert "1" in capsys.readouterr().out


def test_a_key_of_several_lines_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("one\ntwo")
    found, _ = asked("caldav", "https://dav.example", "anna", f"@{tmp_path}/missing", f"@{file}", False)
    assert found["password"] == "one\ntwo"


def test_where_a_person_signs_in_the_address_to_register_is_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    asked("google", "1", "id.example", "hush", False)
    said = capsys.readouterr().out
    assert "https://host.example/back" in said
    assert "https://www.googleapis.com/auth/calendar.events" in said
    asked("caldav", "https://dav.example", "", "", False)
    assert "https://host.example/back" not in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["@missing", "@~missing/password", "@/"])
def test_a_password_that_begins_with_an_at_is_neither_shown_nor_lost(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _ = asked("caldav", "https://dav.example", "anna", typed, f"@{typed}", False)
    assert found["password"] == typed
    assert "missing" not in capsys.readouterr().out


@pytest.mark.parametrize("written", [b"hush\n", b"hush\r\n", b"\xef\xbb\xbfhush", b"hush"])
def test_a_file_is_read_without_what_editors_add(written: bytes, tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(written)
    found, _ = asked("caldav", "https://dav.example", "anna", f"@{tmp_path}/password", False)
    assert found["password"] == "hush"

"""What `pointsman connections add` cannot begin with is said before a database is asked."""

import json
from pathlib import Path

import pytest

from pointsman.cli.connections.given import read_given
from support.programs.command_line import pointsman


def refused(*words: str, language: str = "en") -> str:
    done = pointsman("connections", "add", *words, POINTSMAN_LANGUAGE=language)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_connector_that_is_not_installed_is_told_with_those_that_are() -> None:
    assert "There is no connector zoho; installed are caldav, google" in refused("zoho")
    assert "Einen Connector zoho gibt es nicht" in refused("zoho", language="de")


@pytest.mark.parametrize("key", ["Team", "-a", "a b", "ä", "a" * 101])
def test_a_key_that_the_api_would_refuse_is_refused(key: str) -> None:
    assert "is no key" in refused("google", f"--key={key}")


def test_where_nothing_can_be_asked_the_document_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert "--from" in refused("google")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "how to set up"),
        ("[]", "how to set up"),
        ('{"config": 1}', "config"),
        ('{"confg": {}}', "'confg' is not known here"),
        ('{"calendars": [{"rep": "anna"}]}', "calendars[0].calendar"),
        ('{"match": "yes"}', "match"),
        ('{"max_reading_age_s": 4}', "max_reading_age_s"),
        (json.dumps({"config": {"x": "a" * 1_000_001}}), "how to set up"),
        ("[" * 100_000, "how to set up"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_document_that_is_none_is_told_with_the_path_to_each_fault(document: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "google.json"
    file.write_text(document)
    assert said in refused("google", "--from", str(file))


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in refused("google", "--from", str(tmp_path / "none.json"))
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    assert "how to set up" in refused("google", "--from", str(tmp_path / "bytes.json"))


def test_a_whole_document_is_read(tmp_path: Path) -> None:
    file = tmp_path / "google.json"
    file.write_text('{"config": {"client_id": "x"}, "calendars": [{"rep": "anna", "calendar": "a@b.example"}]}')
    given = read_given(file)
    assert given.config == {"client_id": "x"}
    assert [(one.rep, one.writes) for one in given.calendars] == [("anna", None)]

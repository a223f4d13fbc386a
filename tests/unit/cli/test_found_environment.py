"""The environment file of a `run` or `demo`, found from a folder upwards."""

import os
import socket
from pathlib import Path

import pytest

from pointsman.cli.terminal.found_environment import (
    answers,
    find_environment,
    running_state,
    take_found_environment,
)

URL = "postgresql+psycopg://pointsman@/pointsman?host=/run/here&port=5432"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("POINTSMAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    folder = tmp_path / ".pointsman"
    folder.mkdir()
    made = folder / "environment"
    made.write_text(f"export POINTSMAN_DATABASE_URL='{URL}'\nexport POINTSMAN_SECRET_KEYS=abc\nexport PATH=/evil\n")
    made.chmod(0o600)
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    return made


def test_the_file_is_found_in_a_folder_above_and_sets_what_is_not_set(file: Path) -> None:
    before = os.environ.get("PATH")
    assert take_found_environment() == file
    assert os.environ["POINTSMAN_DATABASE_URL"] == URL
    assert os.environ["POINTSMAN_SECRET_KEYS"] == "abc"
    assert os.environ.get("PATH") == before


def test_a_database_in_the_environment_wins(file: Path) -> None:
    os.environ["POINTSMAN_DATABASE_URL"] = "postgresql://elsewhere/db"
    assert take_found_environment() is None
    assert "POINTSMAN_SECRET_KEYS" not in os.environ


def test_a_setting_in_the_environment_wins_over_the_files(file: Path) -> None:
    os.environ["POINTSMAN_SECRET_KEYS"] = "mine"
    take_found_environment()
    assert os.environ["POINTSMAN_SECRET_KEYS"] == "mine"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_passed_over(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert take_found_environment() is None


def test_a_link_to_a_file_is_passed_over(file: Path) -> None:
    file.rename(file.with_name("elsewhere"))
    file.symlink_to(file.with_name("elsewhere"))
    assert find_environment(Path.cwd()) is None


def test_a_server_answers_only_while_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = "postgresql://p@/p?host=.&port=5432"  # relative, since the name of a socket is short
    assert not answers(url)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".s.PGSQL.5432")
        server.listen()
        assert answers(url)
    assert not answers(url)


def test_a_database_that_runs_further_up_is_preferred_to_one_that_does_not(file: Path) -> None:
    stale = Path.cwd() / ".pointsman"
    stale.mkdir()
    (stale / "environment").write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=/nowhere&port=5432'\n")
    (stale / "environment").chmod(0o600)
    assert find_environment(Path.cwd()) == stale / "environment"
    assert running_state() is None
    os.chdir(file.parent)  # the name of a socket is short, so the server is named from here
    file.write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=.&port=5432'\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".s.PGSQL.5432")
        server.listen()
        assert find_environment(stale.parent) == file
        assert running_state() == file.parent


def test_a_folder_that_was_deleted_and_bytes_that_are_no_text_end_no_command(file: Path) -> None:
    file.write_bytes(b"export POINTSMAN_SECRET_KEYS=abc\xff\n" + f"export POINTSMAN_DATABASE_URL='{URL}'\n".encode())
    take_found_environment()
    assert os.environ["POINTSMAN_DATABASE_URL"] == URL
    del os.environ["POINTSMAN_DATABASE_URL"]
    Path.cwd().rmdir()
    assert take_found_environment() is None

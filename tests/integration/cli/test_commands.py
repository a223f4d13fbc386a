"""The command line, as a person types it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from pointsman.cli.commands import COMMANDS, app
from pointsman.db.revision import HEAD_REVISION
from pointsman.local.supervision.supervisor import Supervisor
from support.databases.roles import as_owner, for_libpq
from support.http.keys import SECRET
from support.programs.command_line import command_environment, pointsman
from support.programs.free_port import free_port
from support.waiting import PATIENCE_S, wait_until


def pointsman_process(*words: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    """What `pointsman` does, without what this process has imported and set."""
    return subprocess.run(
        [sys.executable, "-m", "pointsman.cli", *words],
        env=command_environment(url),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )


def test_every_command_explains_itself() -> None:
    commands = ["serve", "work", "migrate", "run", "demo", "doctor", "keys create", "policy check", "connectors list"]
    for command in commands:
        done = CliRunner().invoke(app, [*command.split(), "--help"])
        assert done.exit_code == 0, command
        assert "Usage" in done.output, command


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["kyes"], "keys"), (["polcy", "check"], "policy"), (["keys", "lst"], "list"), (["srve"], "serve")],
)
def test_a_command_that_is_not_there_is_answered_with_what_may_be_meant(words: list[str], meant: str) -> None:
    done = pointsman(*words)
    assert done.returncode == 2
    given = words[-1] if meant == "list" else words[0]
    assert f"There is no command {given}. Is {meant} meant?" in done.stderr


@pytest.mark.parametrize("host", ["203.0.113.9", "no-such-host.invalid"])
def test_an_address_that_is_not_this_machines_is_not_called_a_port_in_use(host: str, shared_database_url: str) -> None:
    done = pointsman("serve", "--host", host, url=shared_database_url)
    assert done.returncode == 1
    assert done.stderr == f"Error: {host} is no address of this machine. Give one with --host, such as 127.0.0.1.\n"


def test_each_command_has_its_own_options_alone_and_the_list_has_all_commands() -> None:
    listed = pointsman("--help").stdout
    for name in COMMANDS:
        assert f"│ {name} " in listed
        said = pointsman(name, "--help").stdout
        assert f"Usage: pointsman {name} " in said
        assert "completion" not in said


def test_a_port_that_another_program_has_is_called_in_use(shared_database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = pointsman("serve", "--port", str(port), url=shared_database_url)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use.")


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".example", "[/x]", "[::1]"])
def test_a_host_that_no_machine_can_have_is_said_as_it_was_typed(host: str, shared_database_url: str) -> None:
    done = pointsman("serve", "--host", host, url=shared_database_url)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {host} is no address of this machine.")
    doctor = pointsman("doctor", url=shared_database_url, POINTSMAN_HOST=host)
    assert f"odd  {host} is no address of this machine." in doctor.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["policy", "check", "/nowhere/[/x].yaml"], 2),
        (["policy", "diff", "[/x]", "live"], 2),
        (["policy", "diff", "9" * 5_000, "x" * 5_000], 2),
        (["policy", "schema", "-o", "/nowhere/[/x].json"], 2),
        (["policy", "publish", "/nowhere.yaml", "-m", " "], 2),
        (["reps", "reassign", "[/x]", "-m", "ill"], 1),
        (["reps", "reassign", "lena", "-m", "x" * 1_001], 2),
        (["connectors", "check", "[/x]"], 1),
        (["connectors", "check", "--live"], 1),
        (["connectors", "new", "memory"], 1),
        (["connectors", "check", "--person", "a@b.example"], 1),
        (["connectors", "check", "[/x]", "--live", "--zone", "[/x]"], 1),
        (["connectors", "check", "[/x]", "--live"], 1),
        (["ledger", "verify", "[/x]"], 1),
        (["keys", "create", "x", "-s", "read", "--days", "4000000"], 2),
        (["keys", "revoke", "\udcff"], 2),
        (["run", "--port", "0"], 2),
    ],
)
def test_whatever_is_typed_ends_in_words_and_not_in_a_traceback(
    words: list[str], code: int, shared_database_url: str
) -> None:
    done = pointsman(*words, url=shared_database_url)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "rror" in done.stderr or done.stderr.startswith("Refused: ")
    assert "[/x]" not in " ".join(words) or "[/x]" in done.stderr


@pytest.mark.own_database
def test_rights_that_are_missing_and_parts_that_are_gone_are_said_by_doctor_and_migrate(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url)), autocommit=True) as connection:
        role = f"reader_{uuid4().hex}"
        connection.execute(f"create role {role} login")
        try:
            url = make_url(database_url).set(username=role).render_as_string(hide_password=False)
            refused = pointsman("doctor", url=url)
            assert "refuses to be looked at: permission denied for table alembic_version" in refused.stdout
            assert "which lets the role of POINTSMAN_DATABASE_URL in" in refused.stdout
            connection.execute("drop table alembic_version")
            assert "The schema is at nothing" in pointsman("doctor", url=url).stdout
            migrated = pointsman("migrate", url=url)
            assert migrated.returncode == 1
            assert "The database refuses the migration" in migrated.stderr
            assert "migrate --sql-roles" in migrated.stderr
            connection.execute("create table alembic_version (version_num text)")
            connection.execute("grant select on alembic_version to pointsman_service")
            connection.execute(f"insert into alembic_version values ('0102'), ('{HEAD_REVISION}')")
            twice = pointsman("migrate", url=database_url)
            assert "alembic_version does not name one revision" in twice.stderr
            connection.execute("delete from alembic_version where version_num = '0102'")
            connection.execute("drop table connections cascade")
            partial = pointsman("doctor", url=database_url)
            assert f"The schema is at {HEAD_REVISION}, and lacks connections" in " ".join(partial.stdout.split())
            assert all("Traceback" not in done.stderr for done in (refused, migrated, twice, partial))
        finally:
            connection.execute(f"drop role {role}")


def test_without_settings_all_that_is_missing_is_said_at_once_without_a_traceback() -> None:
    done = pointsman_process("serve")
    assert done.returncode == 2
    assert "POINTSMAN_DATABASE_URL" in done.stderr
    assert "POINTSMAN_SECRET_KEYS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("below", [".", "a/folder/below"])
def test_the_database_of_a_run_or_demo_is_found_from_its_folder_and_below(
    below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_database_url: str
) -> None:
    (tmp_path / ".pointsman").mkdir()
    kept = tmp_path / ".pointsman" / "environment"
    lines = (f"export POINTSMAN_DATABASE_URL='{shared_database_url}'", f"export POINTSMAN_SECRET_KEYS={SECRET}")
    kept.write_text("\n".join(lines))
    kept.chmod(0o600)
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / below)
    done = pointsman("keys", "list")
    assert (done.returncode, done.stderr) == (0, "" if below == "." else f"With the database of {kept.parent}.\n")


def test_a_found_database_that_does_not_run_is_said_to_need_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".pointsman").mkdir()
    kept = tmp_path / ".pointsman" / "environment"
    kept.write_text("export POINTSMAN_DATABASE_URL='postgresql://p@/p?host=/nowhere&port=5432'\n")
    kept.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    done = pointsman("keys", "list")
    assert (done.returncode, "does not run: `pointsman run` starts it." in done.stderr) == (3, True)


def test_a_database_that_is_away_is_one_clear_sentence() -> None:
    done = pointsman("keys", "list", url="postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 3
    assert "does not answer, or refuses this login" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_login_that_is_refused_is_not_called_an_outage() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    done = pointsman("migrate", url=nowhere)
    assert (done.returncode, "There is no connection by POINTSMAN_DATABASE_URL." in done.stderr) == (3, True)
    named = pointsman("migrate", url=nowhere, POINTSMAN_MIGRATION_DATABASE_URL=nowhere)
    assert "There is no connection by POINTSMAN_MIGRATION_DATABASE_URL." in named.stderr


def test_migrate_looks_whether_both_settings_lead_to_one_database(shared_database_url: str) -> None:
    owner = as_owner(shared_database_url)
    other = make_url(owner).set(database="postgres").render_as_string(hide_password=False)
    ok = pointsman("migrate", url=shared_database_url, POINTSMAN_MIGRATION_DATABASE_URL=owner)
    assert ok.returncode == 0, ok.stderr
    two = pointsman("migrate", url=other, POINTSMAN_MIGRATION_DATABASE_URL=owner)
    assert (two.returncode, "name two databases" in two.stderr) == (1, True), two.stderr
    away = make_url(owner).set(host="127.0.0.1", port=1, query={}).render_as_string(hide_password=False)
    nobody = pointsman("migrate", url=away, POINTSMAN_MIGRATION_DATABASE_URL=owner)
    assert nobody.returncode == 3, nobody.stderr
    assert f"The schema is at {HEAD_REVISION}, but there is no connection by POINTSMAN_DATABASE_URL" in nobody.stderr


def test_the_statements_for_roles_are_printed_for_two_readable_logins_alone() -> None:
    for url, migration, words in (
        ("foo", "", "POINTSMAN_DATABASE_URL: it must begin with postgresql://"),
        ("postgresql://a@h/x", "mysql://b@h/x", "POINTSMAN_MIGRATION_DATABASE_URL: it must begin"),
        ("postgresql://a:p@ss@h/x", "", "POINTSMAN_DATABASE_URL: it cannot be read"),
        ("postgresql://a@h/x", "postgresql://a@h/x", "name one login, a: name two"),
    ):
        done = pointsman("migrate", "--sql-roles", url=url, POINTSMAN_MIGRATION_DATABASE_URL=migration)
        assert (done.returncode, words in done.stderr, done.stdout) == (2, True, ""), done.stderr


@pytest.mark.own_database
def test_things_of_another_program_are_not_called_missing_rights(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url)), autocommit=True) as connection:
        connection.execute("drop table alembic_version")
    done = pointsman("migrate", url=as_owner(database_url))
    assert (done.returncode, "Name an empty database." in done.stderr) == (1, True), done.stderr


@pytest.mark.own_database
def test_a_database_without_its_schema_is_one_clear_sentence(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
        connection.execute("alter table api_keys rename to api_keys_of_another_release")
    done = pointsman("keys", "list", url=database_url)
    assert done.returncode == 1
    assert 'cannot be used: relation "api_keys" does not exist' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_is_made_listed_and_revoked(shared_database_url: str) -> None:
    made = pointsman("keys", "create", "for a test", "--scope", "read", url=shared_database_url)
    assert made.returncode == 0, made.stderr
    key_id = made.stdout.strip().split("_")[1]
    assert key_id in pointsman("keys", "list", url=shared_database_url).stdout
    cut = pointsman("keys", "revoke", f"{key_id[:9]}…", url=shared_database_url)
    assert (cut.returncode, "the whole id" in cut.stderr) == (1, True)
    assert pointsman("keys", "revoke", key_id, url=shared_database_url).returncode == 0
    again = pointsman("keys", "revoke", key_id, url=shared_database_url)
    assert (again.returncode, "Traceback" in again.stderr) == (1, False)


def test_a_wrong_scope_is_refused_with_those_there_are(shared_database_url: str) -> None:
    done = pointsman("keys", "create", "x", "-s", "everything", url=shared_database_url)
    assert done.returncode == 1
    assert "intake" in done.stderr


def test_migrate_prints_its_sql_without_a_database() -> None:
    done = pointsman("migrate", "--sql")
    assert done.returncode == 0, done.stderr
    assert "CREATE TABLE leads" in done.stdout


def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
        connection.execute("update alembic_version set version_num = '0101'")
    done = pointsman("doctor", url=database_url, POINTSMAN_PROT="8001")
    assert done.returncode == 1
    assert "pointsman migrate" in done.stdout
    assert "POINTSMAN_PROT" in done.stdout


def test_a_database_of_another_version_is_refused_and_not_touched(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
        connection.execute("update alembic_version set version_num = '0003'")
    done = pointsman("migrate", url=database_url)
    assert done.returncode == 1
    assert (
        "whose schema this version does not know. Run that version, or give this one an empty database." in done.stderr
    )
    assert "Traceback" not in done.stderr
    seen = pointsman("doctor", url=database_url)
    assert seen.returncode == 1
    assert "The schema is at 0003, this release needs" in seen.stdout
    assert "an empty database" in seen.stdout


@pytest.mark.own_database
def test_a_later_releases_schema_is_left_alone_and_served(database_url: str) -> None:
    with psycopg.connect(for_libpq(as_owner(database_url))) as connection:
        connection.execute("update alembic_version set version_num = '0199'")
    done = pointsman("migrate", url=database_url)
    assert (done.returncode, done.stdout) == (
        0,
        f"The schema is at 0199, newer than the {HEAD_REVISION} of this release: nothing was changed.\n",
    )
    seen = pointsman("doctor", url=database_url)
    assert seen.returncode == 0, seen.stdout
    assert "odd  The schema is at 0199, newer than" in seen.stdout


def test_the_doctor_is_content_with_a_migrated_database(shared_database_url: str) -> None:
    done = pointsman("doctor", url=shared_database_url)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_policy_that_is_no_policy_is_refused_with_paths(shared_database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules: 7\nnonsense: true\n", encoding="utf-8")
    done = pointsman("policy", "check", str(file), url=shared_database_url)
    assert done.returncode == 1
    assert "rules" in done.stdout
    file.write_text("a: [", encoding="utf-8")
    assert pointsman("policy", "check", str(file), url=shared_database_url).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_cuts_off_headers_that_never_end_and_stops_cleanly_on_a_signal(
    shared_database_url: str, number: signal.Signals
) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "pointsman.cli", "serve", "--port", str(port)],
        env=command_environment(shared_database_url),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert answers(f"http://127.0.0.1:{port}/health/ready")
        if number is signal.SIGTERM:
            headers_that_never_end_are_cut_off(port)
        server.send_signal(number)
        said, _ = server.communicate(timeout=PATIENCE_S)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0, said
    assert "Traceback" not in said


def test_a_signal_before_the_server_listens_to_signals_ends_it(shared_database_url: str) -> None:
    shot = "uvicorn.run = lambda *_, **__: (os.kill(os.getpid(), signal.SIGTERM), print('it serves on'))"
    story = f"import os, signal, uvicorn; from pointsman.cli import main; {shot}; main(['serve', '--port', '{free_port()}'])"
    done = subprocess.run(
        [sys.executable, "-c", story],
        env=command_environment(shared_database_url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def headers_that_never_end_are_cut_off(port: int) -> None:
    with (
        socket.create_connection(("127.0.0.1", port)) as slow,
        socket.create_connection(("127.0.0.1", port)) as mute,
    ):
        slow.sendall(b"POST /v1/hooks/x HTTP/1.1\r\nHost: x\r\n")
        slow.settimeout(PATIENCE_S)
        mute.settimeout(PATIENCE_S)
        assert slow.recv(10) == b""
        assert mute.recv(10) == b""


def answers(url: str) -> bool:
    def asked() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    wait_until(asked)
    return True


@pytest.mark.own_database
@pytest.mark.slow
def test_the_line_that_run_prints_makes_a_key_though_nothing_is_on_the_path(database_url: str, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("pointsman")
    env = command_environment(database_url, PATH=os.defpath, PYTHONUNBUFFERED="1")
    words = [program, "run", "--state", tmp_path / "my state", "--port", str(free_port())]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout
        try:
            line = next(line for line in running.stdout if line.startswith("Make a key"))
            command = line.partition(": ")[2].strip()
            made = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=PATIENCE_S)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("pm_")
    assert running.returncode == 0


def test_a_ledger_is_verified_and_rebuilt_where_it_differs(database_url: str) -> None:
    empty = pointsman("ledger", "verify", "--all", url=database_url)
    assert (empty.returncode, empty.stdout.strip()) == (0, "No pool has a ledger yet.")
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        ledger = '{"denominator": "1", "balances": {"lena": "2", "jonas": "-2"}}'
        connection.execute("insert into pool_ledgers values ('sdrs', 0, %s, '{}', '{}')", [ledger])
    found = pointsman("ledger", "verify", "sdrs", url=database_url)
    assert (found.returncode, "balances are not those of the history" in found.stdout) == (1, True)
    mended = pointsman("ledger", "rebuild", "sdrs", "--reason", "tampered with", url=database_url)
    assert (mended.returncode, "lena" in mended.stdout) == (0, True), mended.stderr
    assert "sdrs: agrees" in pointsman("ledger", "verify", "--all", url=database_url).stdout
    again = pointsman("ledger", "rebuild", "sdrs", "--reason", "x", url=database_url)
    assert (again.returncode, "what its history says" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    assert pointsman("ledger", "verify", url=database_url).returncode == 2


def test_a_second_start_says_what_is_wrong_with_its_settings_or_what_runs_already(tmp_path: Path) -> None:
    words = ("run", "--state", str(tmp_path))
    with Supervisor([], state=tmp_path, command="`pointsman demo`"):
        wrong = pointsman(*words, url="mysql://nowhere/x")
        assert wrong.returncode == 2
        assert "POINTSMAN_DATABASE_URL: it must begin with postgresql://" in wrong.stderr
        second = pointsman(*words, url="postgresql://nowhere/x")
        assert second.returncode == 1
        assert f"`pointsman demo` (process {os.getpid()}) runs already, with its state in {tmp_path}" in second.stderr
        assert "--state" in second.stderr

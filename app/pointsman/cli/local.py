"""`run` and `demo`: the whole service on one machine, with servers of its own where none are given."""

import os
import shlex
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.output import EXIT_MISUSED, busy, end_with, fail, out, tell
from pointsman.cli.service.listening import find_listening_fault
from pointsman.cli.service.migrate import migrate_or_exit
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.settings import settings_or_exit
from pointsman.cli.terminal.found_environment import FoundEnvironment, read_environment
from pointsman.cli.terminal.locality import terminal_language
from pointsman.cli.terminal.told_errors import refuse_told
from pointsman.connectors.vault import new_key
from pointsman.demo import runner as show
from pointsman.demo import start_demo_servers
from pointsman.demo.api import DemoError
from pointsman.demo.files import DemoState
from pointsman.demo.own_floor import DEMO_KEY_NAME, is_floor_of_others
from pointsman.demo.seed import demo_connection, demo_organisation
from pointsman.demo.vendors import DemoVendors
from pointsman.local.calendar_server import CalendarServer
from pointsman.local.errors import LocalServerError
from pointsman.local.kept_file import write_kept_file
from pointsman.local.own_files import is_foreign
from pointsman.local.postgres import EmbeddedPostgres, as_service
from pointsman.local.supervision.supervisor import ChildProgram, Supervisor
from pointsman.services.operations.api_keys import create_key, list_keys
from pointsman.services.wording.rendering import MessageReader
from pointsman.settings import PREFIX, Settings

_PATIENCE_S = 60.0
_LOOPBACK = "127.0.0.0/8,::1/128"

StateOption = Annotated[Path, typer.Option("--state", help="help.state")]
HostOption = Annotated[str | None, typer.Option("--host", help="help.host")]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="help.port")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalService:
    """The service as it runs here: where it answers, with which settings, and where its state lies."""

    base_url: str
    settings: Settings
    state: Path
    supervisor: Supervisor
    environment_file: Path | None  # of an embedded database that commands in this folder do not find by themselves

    @property
    def environment_command(self) -> str:
        """What another terminal must do first to reach the database, or nothing."""
        return f". {shlex.quote(str(self.environment_file))}" if self.environment_file else ""


def run(state: StateOption = Path(".pointsman"), host: HostOption = None, port: PortOption = None) -> None:
    """Serve API and worker on this machine; PostgreSQL is embedded unless POINTSMAN_DATABASE_URL is set."""
    with running_service(state, command="run", host=host, port=port) as house:
        make_key = f"{_program()} keys create me --scope admin"
        command = " && ".join(filter(None, (house.environment_command, make_key)))
        out.print()
        tell("cli-local.runs", url=house.base_url)
        tell("cli-local.make-key", command=command)
        tell("cli-local.set-up", program=_program())
        tell("cli-local.ctrl-c")
        out.print()
        code = house.supervisor.wait()
    raise typer.Exit(code)


def demo(state: StateOption = Path(".pointsman"), host: HostOption = None, port: PortOption = None) -> None:
    """Run the main job on a demo floor: seed it, send the example leads, show what became of them, keep serving."""
    kept = DemoState(state / "demo.json")
    given = {
        "LOG_LEVEL": "warning",
        "ORGANISATION": demo_organisation(),
        "START_PAGE_LINKS": str(show.start_links_file(kept).absolute()),
    }  # the table is the output, so the log is quiet
    extra = {f"{PREFIX}{name}": value for name, value in given.items() if f"{PREFIX}{name}" not in os.environ}
    calendars, vendors = CalendarServer(state / "calendars"), DemoVendors.of(state)

    def before_start(floor: Supervisor) -> None:
        _refuse_floor_of_others(state)
        floor.call_after_stop(calendars.stop)
        floor.call_after_stop(vendors.stop)
        start_demo_servers(state, kept)

    with running_service(state, command="demo", host=host, port=port, extra=extra, before_start=before_start) as house:
        try:
            key = _demo_key(kept)
            show.run_demo(
                house.base_url,
                key,
                server=calendars,
                vendors=vendors,
                kept=kept,
                out=out,
                lost=lambda: house.supervisor.has_given_up,
                reach=house.environment_command,
                reader=MessageReader(language=terminal_language()),
            )
        except (DemoError, LocalServerError) as error:
            refuse_told(error.message)
        code = house.supervisor.wait()
    raise typer.Exit(code)


def _refuse_floor_of_others(state: Path) -> None:
    """Before the demo writes anything: invented reps and a calendar server of its own do not belong among real ones."""
    if run_with_env(lambda env: is_floor_of_others(env, connection=demo_connection())):
        is_embedded = EmbeddedPostgres(state).is_running()
        key = "cli-local.floor-of-others" if is_embedded else "cli-local.floor-of-others-in-database"
        fail(key, program=_program())


def _demo_key(kept: DemoState) -> str:
    """The demo admin key of the last time, or a new one when this database does not know it."""
    token = kept.read().get("admin_key", "")
    known = {row.id for row in run_with_env(list_keys) if row.revoked_at is None}
    if token.split("_")[1:2] and token.split("_")[1] in known:
        return token
    made = run_with_env(lambda env: create_key(env, name=DEMO_KEY_NAME, scopes=["admin"], actor=CLI_ACTOR))
    kept.save(admin_key=made.token)
    return made.token


@contextmanager
def running_service(
    state: Path,
    *,
    host: str | None = None,
    port: int | None = None,
    command: str,
    extra: Mapping[str, str] | None = None,
    before_start: Callable[[Supervisor], None] | None = None,
) -> Iterator[LocalService]:
    """The service, migrated, ready and supervised, until the block ends.

    `extra` are more variables for it; `before_start` starts what it needs beside the database.
    """
    me = [sys.executable, "-P", "-m", "pointsman.cli"]  # -P: no module of the folder in which this was started
    children = [ChildProgram(name="api", argv=[*me, "serve"]), ChildProgram(name="worker", argv=[*me, "work"])]
    # The state is ours before anything starts: a second one is refused without harm to the first, and what a killed
    # one left running has ended, which frees its port.
    _refuse_wrong_settings()
    if is_foreign(state):  # its database, and the key that seals passwords, would be another's
        fail("cli-local.foreign-state", code=EXIT_MISUSED, state=str(state))
    with Supervisor(children, state=state, command=f"`pointsman {command}`") as floor:
        _forget_environment_of(state)
        embedded = None if os.environ.get(f"{PREFIX}DATABASE_URL") else EmbeddedPostgres(state)
        if embedded:
            floor.call_after_stop(embedded.stop)
        found_alone = not embedded or state.absolute() == Path.cwd() / ".pointsman"  # as commands look for it
        # Taken out of what API and worker are given: who serves has no way to the owner.
        migration_url = os.environ.pop(f"{PREFIX}MIGRATION_DATABASE_URL", "")
        service_url = None
        if embedded:
            migration_url = _start(embedded)
            floor.keep_up("database", embedded.is_running, embedded.start_again, migration_url)
            service_url = as_service(migration_url)
        asked = {f"{PREFIX}HOST": host, f"{PREFIX}PORT": str(port) if port else None}
        environment = _environment(state, service_url, {name: value for name, value in asked.items() if value})
        os.environ.update({**environment, **(extra or {})})
        chosen = settings_or_exit()
        if fault := find_listening_fault(chosen.host, chosen.port):
            end_with(fault)
        migrate_or_exit(settings_or_exit(migration_database_url=migration_url))
        if before_start:
            before_start(floor)
        floor.start()
        base_url = f"http://{_reachable(chosen.host)}:{chosen.port}"
        _wait_until_ready(base_url, floor)
        yield LocalService(
            base_url=base_url,
            settings=chosen,
            state=state,
            supervisor=floor,
            environment_file=None if found_alone else state / "environment",
        )


def _refuse_wrong_settings() -> None:
    """What is set here is wrong or right whatever else runs: that is said first."""
    if os.environ.get(f"{PREFIX}DATABASE_URL"):
        settings_or_exit(**({} if os.environ.get(f"{PREFIX}SECRET_KEYS") else {"secret_keys": new_key()}))


def _forget_environment_of(state: Path) -> None:
    """Unset what this terminal took from the file that `_environment` wrote here: a new start provides it anew."""
    for name, value in (read_environment(state) or {}).items():
        if os.environ.get(name) == value:
            del os.environ[name]


def _start(embedded: EmbeddedPostgres) -> str:
    with busy("cli-local.starts-postgres"):
        return embedded.start()


def _environment(state: Path, database_url: str | None, asked: Mapping[str, str]) -> dict[str, str]:
    """What was `asked` for here, and what is not set and this machine can provide; kept in a file for other terminals.

    Their commands give out addresses, too: where a sign-in comes back to, and where a buyer books.
    """
    made = dict(asked)
    if database_url:
        made[f"{PREFIX}DATABASE_URL"] = database_url
    if not os.environ.get(f"{PREFIX}SECRET_KEYS"):
        made[f"{PREFIX}SECRET_KEYS"] = _kept_secret(state / "secret_key")
    if not os.environ.get(f"{PREFIX}LOG_FORMAT"):
        made[f"{PREFIX}LOG_FORMAT"] = "console"
    if f"{PREFIX}PRIVATE_NETWORKS" not in os.environ:
        made[f"{PREFIX}PRIVATE_NETWORKS"] = _LOOPBACK  # a calendar server of one's own lies there
    kept = state / "organisation"  # as `init` was told
    if not os.environ.get(f"{PREFIX}ORGANISATION") and kept.exists():
        made[f"{PREFIX}ORGANISATION"] = kept.read_text(encoding="utf-8").strip()
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in made.items())
    write_kept_file(state / "environment", lines)
    return made


def take_environment_of(state: Path) -> bool:
    """Set what a running service of this folder keeps for other terminals. False where its database does not run."""
    kept = read_environment(state)
    if kept is None or not EmbeddedPostgres(state).is_running():
        return False
    FoundEnvironment(state=state, variables=kept).take()
    return True


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kept_secret(path: Path) -> str:
    if not path.exists() or not path.read_text(encoding="utf-8").strip():
        write_kept_file(path, new_key() + "\n")
    return path.read_text(encoding="utf-8").strip()


def _program() -> str:
    """This program as another terminal can call it: an environment's own folder is seldom on the path."""
    given = Path(sys.argv[0])
    if shutil.which("pointsman") or not (given.name == "pointsman" and os.access(given, os.X_OK)):
        return "pointsman"
    return shlex.quote(str(given))


def _reachable(host: str) -> str:
    """A listening address as a client on this machine writes it."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  # compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _wait_until_ready(base_url: str, floor: Supervisor) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    with busy("cli-local.starts"):
        while time.monotonic() < deadline and not floor.has_given_up:
            try:
                with urllib.request.urlopen(f"{base_url}/health/ready", timeout=2):  # noqa: S310  # our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
    fail("cli-local.given-up" if floor.has_given_up else "cli-local.not-ready")

"""All commands, put together. Each is imported when it is asked for: all of them together take seconds."""

import errno
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from pointsman import __version__
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.domain.gc_pause import gc_paused
from pointsman.local.errors import LocalServerError

_REFUSALS_OF_A_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST}
)
LOCAL, SERVICE, ADMIN = "On this machine, without any set-up", "The service", "Administration"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command is, below `pointsman.cli`: a function, or an `app` of further commands."""

    module: str
    attribute: str
    panel: str


#: In the order of `pointsman --help`.
COMMANDS = {
    "demo": Place("local", "demo", LOCAL),
    "init": Place("init", "init", LOCAL),
    "run": Place("local", "run", LOCAL),
    "serve": Place("service.serve", "serve", SERVICE),
    "work": Place("service.work", "work", SERVICE),
    "migrate": Place("service.migrate", "migrate", SERVICE),
    "doctor": Place("service.doctor", "doctor", SERVICE),
    "keys": Place("keys", "app", ADMIN),
    "secrets": Place("secrets", "app", ADMIN),
    "reps": Place("reps", "app", ADMIN),
    "roster": Place("roster", "app", ADMIN),
    "policy": Place("policy.commands", "app", ADMIN),
    "decisions": Place("decisions", "app", ADMIN),
    "ledger": Place("ledger", "app", ADMIN),
    "connectors": Place("connectors", "app", ADMIN),
}


class OnDemand(TyperGroup):
    """The commands of COMMANDS."""

    def list_commands(self, _ctx: Any) -> list[str]:  # Any: click's Context, of which typer has a copy of its own
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.add_command(_load(cmd_name))
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:  # what is meant is looked for among the commands that are loaded
            for name in COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)


def _load(name: str) -> TyperCommand | TyperGroup:
    place = COMMANDS[name]
    with gc_paused():  # what is imported stays: to look for garbage in it takes a tenth of the time
        found = getattr(import_module(f"pointsman.cli.{place.module}"), place.attribute)
    command = typer.main.get_group(found) if isinstance(found, typer.Typer) else _single(found)
    command.name, command.rich_help_panel = name, place.panel
    return command


def _single(function: Callable[..., None]) -> TyperCommand:
    alone = typer.Typer(add_completion=False)
    alone.command()(function)
    return cast("TyperCommand", typer.main.get_command(alone))


app = typer.Typer(
    name="pointsman",
    help="Lead routing that protects roles.",
    cls=OnDemand,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"pointsman {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *, version: bool = typer.Option(False, "--version", callback=lambda v: _version(asked=v), is_eager=True)
) -> None:
    """Lead routing that protects roles: gate, fair distribution, real booking."""


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and exit: the entry point of the `pointsman` script, which takes its words from the command line."""
    try:
        " ".join(sys.argv[1:] if words is None else words).encode()
    except UnicodeEncodeError:
        fail("The command line is not UTF-8.", code=EXIT_MISUSED)
    try:
        app(words, prog_name="pointsman")
    except LocalServerError as error:
        fail(str(error))
    except OSError as error:
        if error.errno not in _REFUSALS_OF_A_DISK:
            raise
        fail(f"{error.filename or 'A file'}: {error.strerror}.")

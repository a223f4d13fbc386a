"""All commands, put together, and where each is."""

import errno
import sys
from collections.abc import Sequence

import typer

from pointsman import __version__
from pointsman.cli.output import EXIT_MISUSED, fail, refuse, show, spare_encodings, words_of
from pointsman.cli.terminal.misuse import end_misused
from pointsman.cli.terminal.on_demand import OnDemand, Place
from pointsman.domain.gc_pause import collect_seldom
from pointsman.domain.messages.system_errors import system_words
from pointsman.local.errors import LocalServerError

_REFUSALS_OF_A_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST}
)
LOCAL, SERVICE, ADMIN = "help.panel.local", "help.panel.service", "help.panel.admin"


#: The commands about the policy, in the order of `pointsman policy --help`.
POLICY = {
    "diff": Place("pointsman.cli.policy.compare", "diff", "help.policy.diff"),
    "explain": Place("pointsman.cli.policy.explain", "explain", "help.policy.explain"),
    "read": Place("pointsman.cli.policy.read", "read", "help.policy.read"),
    "simulate": Place("pointsman.cli.policy.simulate", "simulate", "help.policy.simulate"),
    "check": Place("pointsman.cli.policy.check", "check", "help.policy.check"),
    "publish": Place("pointsman.cli.policy.publish", "publish", "help.policy.publish"),
    "rollback": Place("pointsman.cli.policy.publish", "rollback", "help.policy.rollback"),
    "export": Place("pointsman.cli.policy.export", "export", "help.policy.export"),
    "history": Place("pointsman.cli.policy.history", "history", "help.policy.history"),
    "schema": Place("pointsman.cli.policy.export", "schema", "help.policy.schema"),
}

#: In the order of `pointsman --help`.
COMMANDS = {
    "demo": Place("pointsman.cli.local", "demo", "help.demo", LOCAL),
    "init": Place("pointsman.cli.init", "init", "help.init", LOCAL),
    "run": Place("pointsman.cli.local", "run", "help.run", LOCAL),
    "serve": Place("pointsman.cli.service.serve", "serve", "help.serve", SERVICE),
    "work": Place("pointsman.cli.service.work", "work", "help.work", SERVICE),
    "migrate": Place("pointsman.cli.service.migrate", "migrate", "help.migrate", SERVICE),
    "doctor": Place("pointsman.cli.service.doctor", "doctor", "help.doctor", SERVICE),
    "keys": Place("pointsman.cli.keys", "app", "help.keys", ADMIN),
    "secrets": Place("pointsman.cli.secrets", "app", "help.secrets", ADMIN),
    "reps": Place("pointsman.cli.reps", "app", "help.reps", ADMIN),
    "roster": Place("pointsman.cli.roster", "app", "help.roster", ADMIN),
    "policy": Place("pointsman.cli.policy", "", "help.policy", ADMIN, POLICY),
    "decisions": Place("pointsman.cli.decisions", "app", "help.decisions", ADMIN),
    "ledger": Place("pointsman.cli.ledger", "app", "help.ledger", ADMIN),
    "connections": Place("pointsman.cli.connections.command", "app", "help.connections", ADMIN),
    "connectors": Place("pointsman.cli.connectors.command", "app", "help.connectors", ADMIN),
}


class _Root(OnDemand):
    places = COMMANDS


app = typer.Typer(
    name="pointsman",
    help="help.root",
    cls=_Root,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _version(*, asked: bool) -> None:
    if asked:
        show(f"pointsman {__version__}")
        raise typer.Exit


@app.callback(help="help.root")
def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=lambda v: _version(asked=v), is_eager=True, help="help.version"
    ),
) -> None:
    """What stands before all commands."""


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and exit: the entry point of the `pointsman` script, which takes its words from the command line."""
    spare_encodings()
    collect_seldom()
    try:
        " ".join(sys.argv[1:] if words is None else words).encode()
    except UnicodeEncodeError:
        fail("cli.not-utf-8", code=EXIT_MISUSED)
    try:
        code = app(words, prog_name="pointsman", standalone_mode=False)
    except typer.Abort:
        fail("cli.aborted")
    except typer.TyperException as error:
        end_misused(error)
    except LocalServerError as error:
        from pointsman.cli.terminal.told_errors import refuse_told  # noqa: PLC0415  # the catalogues, for an error alone

        refuse_told(error.message)
    except OSError as error:
        if error.errno not in _REFUSALS_OF_A_DISK:
            raise
        refuse(f"{error.filename or '-'}: {words_of(system_words(error))}")
    except Exception as error:
        from pointsman.connectors.registry import DuplicateConnector  # noqa: PLC0415  # imports the SDK, for an error alone

        if not isinstance(error, DuplicateConnector):
            raise
        first, second = error.distributions
        fail("cli-service.connector-twice", name=error.name, first=first, second=second)
    sys.exit(code)

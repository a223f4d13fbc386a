"""All commands, put together, and where each is."""

import errno
import sys
from collections.abc import Sequence

import typer

from pointsman import __version__
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.terminal.on_demand import OnDemand, Place
from pointsman.local.errors import LocalServerError

_REFUSALS_OF_A_DISK = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST}
)
LOCAL, SERVICE, ADMIN = "On this machine, without any set-up", "The service", "Administration"


#: The commands about the policy, in the order of `pointsman policy --help`.
POLICY = {
    "diff": Place(
        "pointsman.cli.policy.compare",
        "diff",
        "Say how the second policy differs from the first; two files need no database.",
    ),
    "explain": Place(
        "pointsman.cli.policy.explain",
        "explain",
        "Say where a lead would go now, why, and what would change it; nothing is written.",
    ),
    "read": Place(
        "pointsman.cli.policy.read",
        "read",
        "Read a policy out in sentences. Without a database, a file names people by their keys.",
    ),
    "simulate": Place(
        "pointsman.cli.policy.simulate",
        "simulate",
        "Route a past period again by a policy and show what goes elsewhere; nothing is written.",
    ),
    "check": Place(
        "pointsman.cli.policy.check", "check", "Check a policy file against the present roster; nothing is written."
    ),
    "publish": Place(
        "pointsman.cli.policy.publish", "publish", "Publish a policy file; it is live from the next lead on."
    ),
    "rollback": Place(
        "pointsman.cli.policy.publish",
        "rollback",
        "Make an archived version live again: the one that the live version took over from, unless --to names another.",
    ),
    "export": Place(
        "pointsman.cli.policy.export",
        "export",
        "Write a policy as its author wrote it, with order and comments; what came as JSON is written as YAML.",
    ),
    "history": Place(
        "pointsman.cli.policy.history", "history", "Show which version was live when, who published it, and why."
    ),
    "schema": Place(
        "pointsman.cli.policy.export",
        "schema",
        "Write the JSON Schema of a policy file, for editors; needs no database.",
    ),
}

#: In the order of `pointsman --help`.
COMMANDS = {
    "demo": Place(
        "pointsman.cli.local",
        "demo",
        "Run the main job on a demo floor: seed it, send the example leads, show what became of them, keep serving.",
        LOCAL,
    ),
    "init": Place(
        "pointsman.cli.init",
        "init",
        "Start: write a roster and a policy, publish them, send a first lead, and show its journey.",
        LOCAL,
    ),
    "run": Place(
        "pointsman.cli.local",
        "run",
        "Serve API and worker on this machine; PostgreSQL is embedded unless POINTSMAN_DATABASE_URL is set.",
        LOCAL,
    ),
    "serve": Place("pointsman.cli.service.serve", "serve", "Serve the HTTP API.", SERVICE),
    "work": Place(
        "pointsman.cli.service.work",
        "work",
        "Work on what was accepted: webhooks, calendars, leads that wait.",
        SERVICE,
    ),
    "migrate": Place(
        "pointsman.cli.service.migrate",
        "migrate",
        "Bring the database's schema to this release. Safe to run again, and from several machines at once.",
        SERVICE,
    ),
    "doctor": Place(
        "pointsman.cli.service.doctor",
        "doctor",
        "Look at this machine, its settings and its database, and say how to mend what is wrong.",
        SERVICE,
    ),
    "keys": Place("pointsman.cli.keys", "app", "Make, list and revoke API keys.", ADMIN),
    "secrets": Place("pointsman.cli.secrets", "app", "Change the keys that encrypt stored credentials.", ADMIN),
    "reps": Place("pointsman.cli.reps", "app", "Enter time off, and move the leads of reps who are away.", ADMIN),
    "roster": Place("pointsman.cli.roster", "app", "Put roles, suppliers and reps on the roster.", ADMIN),
    "policy": Place("pointsman.cli.policy", "", "Check, publish and explain the rules.", ADMIN, POLICY),
    "decisions": Place("pointsman.cli.decisions", "app", "Explain decisions, and take them again.", ADMIN),
    "ledger": Place("pointsman.cli.ledger", "app", "Check the pools' balances, rebuild them, and skip turns.", ADMIN),
    "connectors": Place(
        "pointsman.cli.connectors",
        "app",
        "See which connectors are installed, and check the connections made with them.",
        ADMIN,
    ),
}


class _Root(OnDemand):
    places = COMMANDS


app = typer.Typer(
    name="pointsman",
    help="Lead routing that protects roles.",
    cls=_Root,
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

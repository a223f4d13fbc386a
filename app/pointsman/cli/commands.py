"""All commands, put together."""

import sys

import typer

from pointsman import __version__
from pointsman.cli import connectors, database, decisions, keys, ledger, local, processes, reps
from pointsman.cli.doctor import doctor
from pointsman.cli.policy import commands as policy
from pointsman.cli.session import EXIT_FAILED, err
from pointsman.local.errors import LocalServerError

app = typer.Typer(
    name="pointsman",
    help="Lead routing that protects roles.",
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


LOCAL, SERVICE, ADMIN = "On this machine, without any set-up", "The service", "Administration"

app.command(rich_help_panel=LOCAL)(local.demo)
app.command(rich_help_panel=LOCAL)(local.run)
app.command(rich_help_panel=SERVICE)(processes.serve)
app.command(rich_help_panel=SERVICE)(processes.work)
app.command(rich_help_panel=SERVICE)(database.migrate)
app.command(rich_help_panel=SERVICE)(doctor)
app.add_typer(keys.app, name="keys", rich_help_panel=ADMIN)
app.add_typer(reps.app, name="reps", rich_help_panel=ADMIN)
app.add_typer(policy.app, name="policy", rich_help_panel=ADMIN)
app.add_typer(decisions.app, name="decisions", rich_help_panel=ADMIN)
app.add_typer(ledger.app, name="ledger", rich_help_panel=ADMIN)
app.add_typer(connectors.app, name="connectors", rich_help_panel=ADMIN)


def main() -> None:
    """The entry point of the `pointsman` script."""
    try:
        app()
    except LocalServerError as error:
        err.print(f"[red]Error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(EXIT_FAILED)

"""`connections`: make one, see which there are, how each does, and which calendars and users it sees."""

import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.connections.asking import Terminal
from pointsman.cli.connections.binding import show_calendars
from pointsman.cli.connections.given import GivenSetUp, GivenUser, read_given
from pointsman.cli.connections.health import show_health
from pointsman.cli.connections.host import ServiceHost
from pointsman.cli.connections.matching_users import choose_and_confirm, show_users
from pointsman.cli.connections.set_up import AskedSetUp, set_up
from pointsman.cli.output import EXIT_FAILED, EXIT_MISUSED, fail, show_table, table, tell, word, words_of
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.spoken import Commands
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.services.connections.connections import list_connections
from pointsman.services.connections.health import ConnectionHealth
from pointsman.services.connections.users.proposal import UserProposal
from pointsman.services.ports import Env
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.calendars import VendorCalendar

app = Commands(help="help.connections")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_MOST_LISTED = 500


@app.add("add", help="help.connections.add")
def add(
    connector: Annotated[str, typer.Argument(help="help.connections.add.connector")],
    *,
    key: Annotated[str | None, typer.Option("--key", "-k", help="help.connections.add.key")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="help.connections.add.from", allow_dash=True)] = None,
    everything: Annotated[bool, typer.Option("--all", help="help.connections.add.all")] = False,
    waits: Annotated[bool, typer.Option("--wait/--no-wait", help="help.connections.add.wait")] = True,
) -> None:
    """Set up a connection: fields, sign-in, calendars, a test booking. Again, it goes on where it stopped."""
    chosen = key or connector
    registry = ConnectorRegistry.discover()
    if connector not in registry.names():
        fail("cli-connections.no-connector", name=connector, known=tuple(registry.names()), code=EXIT_MISUSED)
    if not _KEY.fullmatch(chosen):
        fail("cli-connections.wrong-key", key=chosen, code=EXIT_MISUSED)
    asks = Terminal() if source is None else None
    if asks is not None and not sys.stdin.isatty():
        fail("cli-connections.no-terminal", code=EXIT_MISUSED)
    given = GivenSetUp() if source is None else read_given(source)
    asked = AskedSetUp(connector=connector, key=chosen, asks=asks, given=given, everything=everything, waits=waits)

    async def use(env: Env) -> bool:
        return await set_up(ServiceHost(env, registry), asked, sleep=asyncio.sleep)

    if not run_with_env(use):
        raise typer.Exit(EXIT_FAILED)


@app.add("list", help="help.connections.list")
def index() -> None:
    """List the connections, newest first."""

    async def use(env: Env) -> Sequence[ConnectionRow]:
        return await list_connections(env, after=None, limit=_MOST_LISTED)

    rows = run_with_env(use)
    if not rows:
        tell("cli-connections.none")
        return
    listed = table(
        word("cli-connections.key"),
        word("cli-connections.connector"),
        word("cli-connections.state"),
    )
    for row in rows:
        listed.add_row(row.key, row.connector, _state(row))
    show_table(listed)


@app.add("health", help="help.connections.health")
def health(key: Annotated[str, typer.Argument(help="help.connections.key")]) -> None:
    """Say how one does; ends with 1 while it is out of use."""

    async def use(env: Env) -> ConnectionHealth:
        return await ServiceHost(env, ConnectorRegistry.discover()).health(key)

    if not show_health(run_with_env(use)):
        raise typer.Exit(EXIT_FAILED)


@app.add("calendars", help="help.connections.calendars")
def calendars(key: Annotated[str, typer.Argument(help="help.connections.key")]) -> None:
    """List the calendars that one sees, as its vendor answers now."""

    async def use(env: Env) -> Sequence[VendorCalendar]:
        return await ServiceHost(env, ConnectorRegistry.discover()).calendars(key)

    show_calendars(run_with_env(use))


@app.add("users", help="help.connections.users")
def users(
    key: Annotated[str, typer.Argument(help="help.connections.key")],
    *,
    match: Annotated[bool, typer.Option("--match", help="help.connections.users.match")] = False,
    named: Annotated[list[str] | None, typer.Option("--set", help="help.connections.users.set")] = None,
) -> None:
    """List who is who among the users of a CRM, or say so."""
    pairs = [one.partition("=") for one in named or ()]
    if any(not (rep and user) for rep, _, user in pairs):
        fail("cli-connections.wrong-pair", code=EXIT_MISUSED)
    chosen = tuple(GivenUser(rep=rep, user=user) for rep, _, user in pairs)

    async def use(env: Env) -> tuple[UserProposal, bool]:
        host = ServiceHost(env, ConnectorRegistry.discover())
        given = GivenSetUp(users=chosen, match=match)
        works = await choose_and_confirm(host, None, key, given) if match or chosen else True
        return await host.users(key), works

    found, works = run_with_env(use)
    show_users(found)
    if not works:
        raise typer.Exit(EXIT_FAILED)


def _state(row: ConnectionRow) -> str:
    if not row.active:
        return word("cli-connections.is-off")
    if row.fault is not None:
        return words_of(row.fault)
    return word("cli-connections.is-on")

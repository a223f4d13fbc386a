"""`connectors`: what is installed, and whether the configured ones work."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pointsman.cli.output import EXIT_FAILED, busy, fail, out, show, show_table, table, tell, word
from pointsman.cli.session import CLI_ACTOR
from pointsman.cli.terminal.locality import terminal_language
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.cli.terminal.spoken import Commands
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.form import titles_of
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import Message, as_written
from pointsman.services.connections.connections import check_connection, list_connections
from pointsman.services.ports import Env
from pointsman.services.wording.rendering import render
from pointsman_sdk.scaffold import WrongName, write_package

app = Commands(help="help.connectors")
_ZONE, _FAKE_PORT = "UTC", 8425


@app.add("list", help="help.connectors.list")
def index() -> None:
    """List the installed connectors; broken ones with the reason."""
    listed = table(
        word("cli-service.name"),
        word("cli-service.title"),
        word("cli-service.tier"),
        word("cli-service.capabilities"),
        word("cli-service.sign-in"),
        word("cli-service.from"),
    )
    broken = 0
    registry, language = ConnectorRegistry.discover(), terminal_language()
    for found in registry.describe():
        source = f"{found.distribution} {found.version}"
        if found.fault:
            broken += 1
            listed.add_row(found.name, Text(word("cli-service.broken", fault=found.fault), "red"), "", "", "", source)
        else:
            listed.add_row(
                found.name,
                registry.manifest(found.name).worded(found.title, language),
                found.tier or "-",
                " ".join(found.capabilities),
                "; ".join(dict.fromkeys(titles_of(registry.manifest(found.name), language))),
                source,
            )
    show_table(listed)
    if broken:
        raise typer.Exit(EXIT_FAILED)


@app.add("new", help="help.connectors.new")
def new(
    name: Annotated[str, typer.Argument(help="help.connectors.new.name")],
    folder: Annotated[Path | None, typer.Option("--folder", help="help.connectors.new.folder")] = None,
) -> None:
    """Write the package of a new connector into an empty folder."""
    if name in ConnectorRegistry.discover().names():
        fail("cli-service.connector-name-taken", name=name)
    try:
        for path in write_package(name, folder):
            show(str(path))
    except WrongName:
        fail("cli-service.wrong-connector-name", name=name)
    except OSError as error:
        fail("cli-service.connector-not-written", reason=error.strerror or str(error))
    tell("cli-service.connector-written")


@app.add("check", help="help.connectors.check")
def check(
    key: Annotated[str | None, typer.Argument(help="help.connectors.check.key")] = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="help.connectors.check.live")] = False,
    calendar: Annotated[str | None, typer.Option("--calendar", help="help.connectors.check.calendar")] = None,
    zone: Annotated[str, typer.Option("--zone", help="help.connectors.check.zone")] = _ZONE,
    person: Annotated[str | None, typer.Option("--person", help="help.connectors.check.person")] = None,
    programme: Annotated[str | None, typer.Option("--programme", help="help.connectors.check.programme")] = None,
    to: Annotated[str | None, typer.Option("--to", help="help.connectors.check.to")] = None,
) -> None:
    """Make one authenticated call over each configured connection; with `--live`, try one on its vendor."""
    if live and key is None:
        fail("cli-service.live-needs-key")
    if not live and (calendar or zone != _ZONE or person or programme or to):
        fail("cli-service.live-alone")
    if not is_time_zone(zone):
        fail("cli-service.live-no-zone", zone=zone)
    if live and key is not None:
        from pointsman.cli.connectors.live_check import run_live_check  # noqa: PLC0415  # imports what speaks to vendors

        run_live_check(key, calendar=calendar, zone=zone, person=person, programme=programme, to=to)
        return
    faults, reader = run_with_reader(lambda env: _check(env, key))
    for name, fault in faults.items():
        said = Text(render(fault, reader), "red") if fault else Text(word("cli-service.works"), "green")
        out.print(Text.assemble(f"{name}: ", said), highlight=False, soft_wrap=True)
    if not faults:
        tell("cli-service.no-connection")
    if any(faults.values()):
        raise typer.Exit(EXIT_FAILED)


@app.add("fake", help="help.connectors.fake")
def fake(
    name: Annotated[str, typer.Argument(help="help.connectors.fake.name")],
    *,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="help.connectors.fake.port")] = _FAKE_PORT,
    control_port: Annotated[
        int | None, typer.Option("--control-port", min=1, max=65_535, help="help.connectors.fake.control-port")
    ] = None,
    keep: Annotated[Path | None, typer.Option("--keep", help="help.connectors.fake.keep")] = None,
) -> None:
    """Run a connector's fake of its vendor on this machine, until it is stopped."""
    from pointsman.cli.connectors.fakes import run_fake  # noqa: PLC0415  # for this command alone

    run_fake(name, port=port, control_port=control_port, keep=keep)


async def _check(env: Env, key: str | None) -> dict[str, Message | None]:
    """Each connection's fault, None while it works."""
    keys = [key] if key else [row.key for row in await list_connections(env, after=None, limit=500)]
    found: dict[str, Message | None] = {}
    for name in keys:
        with busy("cli-service.asking", name=name):
            try:
                found[name] = (await check_connection(env, name, actor=CLI_ACTOR)).fault
            except Unavailable as error:
                found[name] = error.told if isinstance(error.told, Message) else as_written(str(error))
    return found

"""`doctor`: what is wrong on this machine, and how to mend it."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import psycopg
import typer
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from pointsman.cli.output import EXIT_FAILED, out
from pointsman.cli.service.listening import find_listening_fault
from pointsman.cli.service.migrate import first_line
from pointsman.cli.terminal.found_environment import take_found_environment
from pointsman.cli.terminal.reading import terminal_language
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.db import migrations
from pointsman.db.engine.engine import dropped_time_outs, time_outs
from pointsman.db.engine.extensions import HOW_TO_INSTALL, NEEDED, missing_extensions
from pointsman.db.engine.guard_check import check_guards
from pointsman.db.engine.locale import ADVICE, find_poor_ctype
from pointsman.db.revision import HEAD_REVISION, is_newer
from pointsman.services.connections.connections import list_connections
from pointsman.services.operations.secret_rotation import SecretsByKey, count_secrets
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, SchemaUnusable
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.settings import PREFIX, Settings, SettingsError, load_settings
from pointsman.wiring import wire

_OLDEST_PYTHON = (3, 11)
_OLDEST_POSTGRES = 150000
_SKEW_S = 2.0


class Verdict(Enum):
    """How a check ended."""

    GOOD = "ok"
    WARNING = "odd"
    BAD = "bad"


_STYLES = {Verdict.GOOD: "green", Verdict.WARNING: "yellow", Verdict.BAD: "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found; `fix` says what to do when it is not good."""

    verdict: Verdict
    found: str
    fix: str = ""


def doctor() -> None:
    """Look at this machine, its settings and its database, and say how to mend what is wrong."""
    bad = False
    for result in _all():
        bad = bad or result.verdict is Verdict.BAD
        verdict = (f"{result.verdict.value:4}", _STYLES[result.verdict])
        out.print(Text.assemble(verdict, f" {result.found}"), highlight=False, soft_wrap=True)
        if result.fix:
            out.print(f"      → {result.fix}", highlight=False, soft_wrap=True)
    if bad:
        raise typer.Exit(EXIT_FAILED)


def _all() -> Iterator[CheckResult]:
    yield _python()
    if found := take_found_environment():
        yield CheckResult(verdict=Verdict.GOOD, found=f"The database is the one of {found.parent}.")
    yield from _variables()
    yield from _connectors()
    try:
        settings = load_settings()
    except SettingsError as error:
        for fault in error.faults:
            yield CheckResult(verdict=Verdict.BAD, found=fault, fix="`pointsman run` and `make demo` need no settings.")
        return
    yield CheckResult(verdict=Verdict.GOOD, found="The settings are complete.")
    yield _port(settings)
    yield from _database(settings)


def _python() -> CheckResult:
    found = f"Python {platform.python_version()}"
    if sys.version_info < _OLDEST_PYTHON:
        return CheckResult(verdict=Verdict.BAD, found=found, fix="Install Python 3.11 or newer.")
    return CheckResult(verdict=Verdict.GOOD, found=found)


def _variables() -> Iterator[CheckResult]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            yield CheckResult(
                verdict=Verdict.WARNING, found=f"{name} is set, and nothing reads it.", fix="Is it misspelt?"
            )


def _connectors() -> Iterator[CheckResult]:
    for found in ConnectorRegistry.discover().describe():
        if found.fault:
            text = f"The connector {found.name} is broken: {found.fault}"
            yield CheckResult(verdict=Verdict.BAD, found=text, fix=f"Reinstall {found.distribution}, or remove it.")
        else:
            yield CheckResult(verdict=Verdict.GOOD, found=f"Connector {found.name} {found.version}")


def _port(settings: Settings) -> CheckResult:
    fault = find_listening_fault(settings.host, settings.port)
    if fault is None:
        return CheckResult(verdict=Verdict.GOOD, found=f"Port {settings.port} on {settings.host} is free.")
    mend = "Fine when Pointsman itself runs there; else set POINTSMAN_HOST or POINTSMAN_PORT."
    return CheckResult(verdict=Verdict.WARNING, found=fault, fix=mend)


def _database(settings: Settings) -> Iterator[CheckResult]:
    try:
        options = time_outs(settings.statement_timeout_ms)
        with psycopg.connect(settings.conninfo, connect_timeout=5, autocommit=True, options=options) as connection:
            yield from _server(connection)
            yield from _time_outs(connection, settings)
            migrated = _schema(connection)
            yield migrated
            if migrated.verdict is not Verdict.BAD:
                yield from _guards(connection)
    except psycopg.OperationalError as error:
        reason = first_line(error)
        mend = "Start PostgreSQL, or correct POINTSMAN_DATABASE_URL; without it `pointsman run` brings its own."
        yield CheckResult(
            verdict=Verdict.BAD, found=f"There is no connection by POINTSMAN_DATABASE_URL: {reason}", fix=mend
        )
        return
    except psycopg.Error as error:
        reason = first_line(error)
        mend = "Run `pointsman migrate`, which lets the role of POINTSMAN_DATABASE_URL in and fills an empty database."
        yield CheckResult(verdict=Verdict.BAD, found=f"The database refuses to be looked at: {reason}", fix=mend)
        return
    if migrated.verdict is Verdict.BAD:
        return
    try:
        yield from asyncio.run(_connections(settings))
    except (SchemaUnusable, DBAPIError, DatabaseBusy, DatabaseUnavailable) as error:
        reason = first_line(error)
        mend = "Restore the whole database from a backup; or run `pointsman migrate`, which lets this role in."
        yield CheckResult(verdict=Verdict.BAD, found=f"The database cannot be used: {reason}", fix=mend)


def _server(connection: psycopg.Connection) -> Iterator[CheckResult]:
    version = connection.info.server_version
    text = f"PostgreSQL {version // 10000}.{version % 10000}"
    if version < _OLDEST_POSTGRES:
        yield CheckResult(verdict=Verdict.BAD, found=text, fix="Use PostgreSQL 15 or newer.")
    else:
        yield CheckResult(verdict=Verdict.GOOD, found=text)
    missing = missing_extensions(connection)
    for name, does in NEEDED.items():
        if name in missing:
            mend = f"{HOW_TO_INSTALL}: it {does}."
            yield CheckResult(verdict=Verdict.BAD, found=f"The extension {name} is missing.", fix=mend)
        else:
            yield CheckResult(verdict=Verdict.GOOD, found=f"The extension {name} is there.")
    if poor := find_poor_ctype(connection):
        yield CheckResult(verdict=Verdict.WARNING, found=poor, fix=f"{ADVICE}.")
    else:
        yield CheckResult(verdict=Verdict.GOOD, found="The database knows the letters of every script.")
    row = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
    skew = abs(time.time() - row[0]) if row else 0.0
    if skew > _SKEW_S:
        mend = "Let both machines keep time by NTP: signatures and expiries depend on it."
        yield CheckResult(verdict=Verdict.BAD, found=f"The database's clock differs by {skew:.0f} s.", fix=mend)
    else:
        yield CheckResult(verdict=Verdict.GOOD, found="The clocks agree.")


def _time_outs(connection: psycopg.Connection, settings: Settings) -> Iterator[CheckResult]:
    if dropped := dropped_time_outs(connection, settings.statement_timeout_ms):
        found = (
            f"Sessions do not get their {', '.join(dropped)}: a locked table or a frozen process stops all for long."
        )
        mend = "A pooler drops them. Set them for this login instead: `alter role ... set lock_timeout = ...`."
        yield CheckResult(verdict=Verdict.WARNING, found=found, fix=mend)


def _schema(connection: psycopg.Connection) -> CheckResult:
    needed = HEAD_REVISION
    exists = connection.execute("select to_regclass('alembic_version')").fetchone()
    row = connection.execute("select version_num from alembic_version").fetchone() if exists and exists[0] else None
    found = row[0] if row else None
    if found is not None and is_newer(found):
        text = f"The schema is at {found}, newer than the {needed} of this release."
        mend = "Fine while a later release is rolled out or back."
        return CheckResult(verdict=Verdict.WARNING, found=text, fix=mend)
    if found != needed:
        text = f"The schema is at {found or 'nothing'}, this release needs {needed}."
        known = found is None or migrations.is_known_revision(found)
        mend = "Run `pointsman migrate`." if known else migrations.UNKNOWN_REVISION
        return CheckResult(verdict=Verdict.BAD, found=text, fix=mend)
    return CheckResult(verdict=Verdict.GOOD, found=f"The schema is at {needed}.")


def _secrets(found: SecretsByKey) -> Iterator[CheckResult]:
    if found.unknown:
        text = f"{found.unknown} stored secrets open under none of the keys in POINTSMAN_SECRET_KEYS."
        mend = "Put the key back that they were sealed with, or enter the credentials again."
        yield CheckResult(verdict=Verdict.BAD, found=text, fix=mend)
    for key, n in found.older.items():
        text = f"{n} stored secrets are sealed under the older key {key}."
        yield CheckResult(
            verdict=Verdict.WARNING, found=text, fix="Run `pointsman secrets rotate` before it is retired."
        )
    if not found.unknown and not found.older:
        yield CheckResult(
            verdict=Verdict.GOOD, found=f"Stored secrets are sealed under the newest key, {found.newest}."
        )


def _guards(connection: psycopg.Connection) -> Iterator[CheckResult]:
    report = check_guards(connection)
    if report.excess:
        found = (
            f"The role {report.role} serves, and {', '.join(report.excess)}: it can switch guards off or go past them."
        )
        mend = (
            "Name another in POINTSMAN_DATABASE_URL, this one in POINTSMAN_MIGRATION_DATABASE_URL of `migrate` alone."
        )
        yield CheckResult(verdict=Verdict.BAD, found=found, fix=mend)
    for fault in report.faults:
        mend = "Switch it on again, or restore the database: what it guards is the application's word alone meanwhile."
        yield CheckResult(verdict=Verdict.BAD, found=f"A guard of the database: {fault}.", fix=mend)
    if not report.excess and not report.faults:
        found = f"The role {report.role} serves, and may do no more. The guards are whole."
        yield CheckResult(verdict=Verdict.GOOD, found=found)


async def _connections(settings: Settings) -> list[CheckResult]:
    wired = wire(settings, name="pointsman-doctor", pool_size=1)
    try:
        rows = await list_connections(wired.env, after=None, limit=500)
        async with wired.env.uow.autocommit() as tx:
            state = await tx.system.state()
        secrets = await count_secrets(wired.env)
    finally:
        await wired.aclose()
    results = []
    for row in rows:
        if row.fault:
            said = render(row.fault, MessageReader(language=terminal_language()))
            mend = "Enter its credentials again, then `pointsman connectors check`."
            results.append(
                CheckResult(
                    verdict=Verdict.BAD,
                    found=f"Connection {row.key}: {said}",
                    fix=mend,
                )
            )
        else:
            results.append(CheckResult(verdict=Verdict.GOOD, found=f"Connection {row.key} ({row.connector})"))
    results += _secrets(secrets)
    seen = state.worker_seen_at
    if seen is None or (state.now - seen).total_seconds() > 15:
        mend = "Start one with `pointsman work`; until then what is accepted waits."
        results.append(CheckResult(verdict=Verdict.WARNING, found="No worker runs.", fix=mend))
    return results

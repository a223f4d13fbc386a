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

from pointsman.cli.output import EXIT_FAILED, out, show, word
from pointsman.cli.service.listening import find_listening_fault
from pointsman.cli.service.migrate import first_line
from pointsman.cli.terminal.found_environment import take_found_environment
from pointsman.cli.terminal.locality import terminal_language
from pointsman.connectors.registry import ConnectorRegistry, DuplicateConnector
from pointsman.db import migrations
from pointsman.db.engine.engine import dropped_time_outs, time_outs
from pointsman.db.engine.extensions import NEEDED, missing_extensions
from pointsman.db.engine.guard_check import check_guards
from pointsman.db.engine.locale import find_poor_ctype
from pointsman.db.engine.schema_check import find_missing
from pointsman.db.revision import HEAD_REVISION, is_newer
from pointsman.domain.messages.message import Arg, first_of, say
from pointsman.services.connections.connections import list_connections
from pointsman.services.operations.secret_rotation import SecretsByKey, count_secrets
from pointsman.services.ports import DatabaseBusy, DatabaseUnavailable, SchemaUnusable
from pointsman.services.wording.rendering import MessageReader, render_sentence
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
_VERDICTS = {Verdict.GOOD: "cli-doctor.ok", Verdict.WARNING: "cli-doctor.odd", Verdict.BAD: "cli-doctor.bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found, in the terminal's words; `fix` says what to do when it is not good."""

    verdict: Verdict
    found: str
    fix: str = ""


def _good(key: str, /, **args: Arg) -> CheckResult:
    return CheckResult(verdict=Verdict.GOOD, found=word(key, **args))


def _odd(key: str, fix: str, /, **args: Arg) -> CheckResult:
    return CheckResult(verdict=Verdict.WARNING, found=word(key, **args), fix=word(fix, **args))


def _bad(key: str, fix: str, /, **args: Arg) -> CheckResult:
    return CheckResult(verdict=Verdict.BAD, found=word(key, **args), fix=word(fix, **args))


def doctor() -> None:
    """Look at this machine, its settings and its database, and say how to mend what is wrong."""
    bad, widest = False, max(4, *(len(word(key)) for key in _VERDICTS.values()))
    for result in _all():
        bad = bad or result.verdict is Verdict.BAD
        verdict = (f"{word(_VERDICTS[result.verdict]):{widest}}", _STYLES[result.verdict])
        out.print(Text.assemble(verdict, f" {result.found}"), soft_wrap=True)
        if result.fix:
            show(f"{' ' * widest}  → {result.fix}")
    if bad:
        raise typer.Exit(EXIT_FAILED)


def _all() -> Iterator[CheckResult]:
    yield _python()
    if found := take_found_environment():
        yield _good("cli-doctor.database-of", folder=str(found.parent))
    yield from _variables()
    yield from _connectors()
    try:
        settings = load_settings()
    except SettingsError as error:
        for fault in error.told:
            said = render_sentence(fault, MessageReader(language=terminal_language()))
            yield CheckResult(verdict=Verdict.BAD, found=said, fix=word("cli-doctor.settings-fix"))
        return
    yield _good("cli-doctor.settings")
    yield _port(settings)
    yield from _database(settings)


def _python() -> CheckResult:
    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        return _bad("cli-doctor.python", "cli-doctor.python-fix", version=version)
    return _good("cli-doctor.python", version=version)


def _variables() -> Iterator[CheckResult]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            yield _odd("cli-doctor.unread", "cli-doctor.unread-fix", name=name)


def _connectors() -> Iterator[CheckResult]:
    try:
        connectors = ConnectorRegistry.discover()
    except DuplicateConnector as error:
        first, second = error.distributions
        told = {"name": error.name, "first": first, "second": second}
        yield CheckResult(verdict=Verdict.BAD, found=word("cli-service.connector-twice", **told))
        return
    for found in connectors.describe():
        if found.fault:
            told = {"name": found.name, "fault": found.fault, "package": found.distribution}
            yield _bad("cli-doctor.connector-broken", "cli-doctor.connector-broken-fix", **told)
        else:
            yield _good("cli-doctor.connector", name=found.name, version=found.version)


def _port(settings: Settings) -> CheckResult:
    fault = find_listening_fault(settings.host, settings.port)
    if fault is None:
        return _good("cli-doctor.port-free", host=settings.host, port=settings.port)
    return CheckResult(verdict=Verdict.WARNING, found=fault, fix=word("cli-doctor.port-fix"))


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
        yield _bad("cli-doctor.no-connection", "cli-doctor.no-connection-fix", reason=reason)
        return
    except psycopg.Error as error:
        reason = first_line(error)
        yield _bad("cli-doctor.no-look", "cli-doctor.no-look-fix", reason=reason)
        return
    if migrated.verdict is Verdict.BAD:
        return
    try:
        yield from asyncio.run(_connections(settings))
    except DuplicateConnector:
        return  # told among the connectors
    except (SchemaUnusable, DBAPIError, DatabaseBusy, DatabaseUnavailable) as error:
        reason = first_line(error)
        yield _bad("cli-doctor.unusable", "cli-doctor.unusable-fix", reason=reason)


def _server(connection: psycopg.Connection) -> Iterator[CheckResult]:
    version = connection.info.server_version
    text = f"{version // 10000}.{version % 10000}"
    if version < _OLDEST_POSTGRES:
        yield _bad("cli-doctor.postgres", "cli-doctor.postgres-fix", version=text)
    else:
        yield _good("cli-doctor.postgres", version=text)
    missing = missing_extensions(connection)
    for name in NEEDED:
        if name in missing:
            yield _bad("cli-doctor.extension-missing", "cli-doctor.extension-missing-fix", name=name)
        else:
            yield _good("cli-doctor.extension", name=name)
    if poor := find_poor_ctype(connection):
        yield _odd("cli-doctor.ctype", "cli-doctor.ctype-fix", ctype=poor)
    else:
        yield _good("cli-doctor.letters")
    row = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
    skew = abs(time.time() - row[0]) if row else 0.0
    if skew > _SKEW_S:
        yield _bad("cli-doctor.clock", "cli-doctor.clock-fix", seconds=round(skew))
    else:
        yield _good("cli-doctor.clocks-agree")


def _time_outs(connection: psycopg.Connection, settings: Settings) -> Iterator[CheckResult]:
    if dropped := dropped_time_outs(connection, settings.statement_timeout_ms):
        yield _odd("cli-doctor.no-time-outs", "cli-doctor.no-time-outs-fix", dropped=tuple(dropped))


def _schema(connection: psycopg.Connection) -> CheckResult:
    needed = HEAD_REVISION
    exists = connection.execute("select to_regclass('alembic_version')").fetchone()
    row = connection.execute("select version_num from alembic_version").fetchone() if exists and exists[0] else None
    found = row[0] if row else None
    if found is not None and is_newer(found):
        return _odd("cli-doctor.schema-newer", "cli-doctor.schema-newer-fix", found=found, needed=needed)
    if found is None:
        return _bad("cli-doctor.schema-empty", "cli-doctor.schema-old-fix", needed=needed)
    if found != needed:
        known = migrations.is_known_revision(found)
        mend = "cli-doctor.schema-old-fix" if known else "cli-doctor.schema-unknown-fix"
        return _bad("cli-doctor.schema-old", mend, found=found, needed=needed)
    if missing := find_missing(connection):
        told = {"needed": needed, "missing": first_of(missing, 5)}
        return _bad("cli-doctor.schema-incomplete", "cli-doctor.schema-incomplete-fix", **told)
    return _good("cli-doctor.schema", needed=needed)


def _secrets(found: SecretsByKey) -> Iterator[CheckResult]:
    if found.unknown:
        yield _bad("cli-doctor.secrets-unknown", "cli-doctor.secrets-unknown-fix", count=found.unknown)
    for key, n in found.older.items():
        yield _odd("cli-doctor.secrets-older", "cli-doctor.secrets-older-fix", count=n, key=key)
    if not found.unknown and not found.older:
        yield _good("cli-doctor.secrets", key=found.newest)


def _guards(connection: psycopg.Connection) -> Iterator[CheckResult]:
    report = check_guards(connection)
    if report.excess:
        yield _bad("cli-doctor.role-excess", "cli-doctor.role-excess-fix", role=report.role, excess=report.excess)
    for fault in report.faults:
        yield _bad("cli-doctor.guard", "cli-doctor.guard-fix", fault=fault)
    if not report.excess and not report.faults:
        yield _good("cli-doctor.guards", role=report.role)


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
    installed = ConnectorRegistry.discover().names()
    for row in rows:
        if row.connector not in installed:
            lacks: dict[str, Arg] = {"key": row.key, "fault": say("vendor.no-connector", connector=row.connector)}
            results.append(_bad("cli-doctor.connection-fault", "cli-doctor.no-connector-fix", **lacks))
        elif row.fault:
            told: dict[str, Arg] = {"key": row.key, "fault": row.fault}
            results.append(_bad("cli-doctor.connection-fault", "cli-doctor.connection-fault-fix", **told))
        else:
            results.append(_good("cli-doctor.connection", key=row.key, connector=row.connector))
    results += _secrets(secrets)
    seen = state.worker_seen_at
    if seen is None or (state.now - seen).total_seconds() > 15:
        results.append(_odd("cli-doctor.no-worker", "cli-doctor.no-worker-fix"))
    return results

"""Connections to vendors, and which of their calendars belong to which rep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound, Unavailable
from pointsman.domain.roster.reps import Rep
from pointsman.services.audit import audit
from pointsman.services.calendars.poll import poll_rep
from pointsman.services.deliveries.enqueue import resume_connection
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.policies.cache import load_roster
from pointsman.services.ports import (
    Actor,
    ConnectionRef,
    ConstraintRefused,
    Env,
    Tx,
    VendorError,
    VendorReauthError,
    VendorRejectedError,
)
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarBindingInput:
    """One calendar to bind to a rep."""

    connection: str  # key
    calendar: str
    writes: bool


async def save_connection(
    env: Env,
    key: str,
    *,
    connector: str,
    config: Mapping[str, Any],
    active: bool,
    actor: Actor,
    sync_owners: bool = False,
    max_reading_age_s: int | None = None,
) -> tuple[ConnectionRow, bool]:
    """Check a connection with one call to its vendor, then save it; (the row, whether it is new).

    With `sync_owners` it is a CRM that hears from now on who owns a lead and which meetings there are; `max_reading_age_s` is
    how old a reading of its calendars may be to show slots and to route by (None: FOR_SLOTS). Raises Invalid
    (configuration, no CRM, or the vendor says no), NotFound (no such connector), Unavailable (no answer).
    """
    public, sealed = env.calendars.seal(connector, config)
    if sync_owners and not env.crm.is_crm(connector):
        message = f"{connector} is no CRM: it has no owners to sync. Leave `sync_owners` out."
        raise Invalid(message, faults=[Fault(path="body.sync_owners", code="no-crm", message=message)])
    async with env.uow() as tx:
        there = await tx.connections.get(key)
    connection_id = there.id if there else env.new_id()
    await _check(env, ConnectionRef(id=connection_id, connector=connector, config=public, sealed=sealed))
    row = ConnectionRow(
        id=connection_id,
        key=key,
        connector=connector,
        config=public,
        sealed=sealed,
        active=active,
        fault=None,
        created_at=there.created_at if there else env.clock(),
        sync_owners=sync_owners,
        max_reading_age_s=max_reading_age_s,
    )

    async def work(tx: Tx) -> ConnectionRow:
        now = env.clock()
        before = await tx.connections.get(key, lock=True)
        if before is None:
            await tx.connections.add(row)
        elif before.connector != connector:
            raise Conflict(
                f"{key} is a connection of {before.connector}; make another one for {connector}.",
                code="other-connector",
            )
        else:
            await tx.connections.change(replace(row, id=before.id))
            await tx.calendars.drop_readings(before.id)  # what was read with the old settings says nothing
            await tx.alerts.resolve(at=now, code=AlertCode.CONNECTION_REAUTH, subject=f"connection:{key}")
            await resume_connection(env, tx, before.id)
        await audit(
            env,
            tx,
            actor,
            "connection.changed" if before else "connection.added",
            f"connection:{key}",
            before=_audited(before) | {"fault": before.fault} if before else None,
            after=_audited(row),
        )
        return row if before is None else replace(row, id=before.id, created_at=before.created_at)

    try:
        return await run_in_transaction(env, work), there is None
    except ConstraintRefused as refused:
        raise Conflict(f"{key} has just been made by somebody else. Try again.", code="stale-version") from refused


async def check_connection(env: Env, key: str, *, actor: Actor) -> ConnectionRow:
    """Ask the vendor whether the connection works, and write down when it does not any more (or does again)."""
    async with env.uow() as tx:
        row = await _connection(tx, key)
    fault: str | None = None
    try:
        await env.calendars.check(row.ref())
    except VendorReauthError as error:
        fault = safe_error_text(error)
    except (VendorError, TimeoutError) as error:
        raise Unavailable(f"{key} does not answer: {safe_error_text(error)}", code="vendor-unavailable") from error

    async def work(tx: Tx) -> None:
        now = env.clock()
        if not await tx.connections.set_fault(row.id, fault):
            return
        if fault is None:
            await tx.alerts.resolve(at=now, code=AlertCode.CONNECTION_REAUTH, subject=f"connection:{key}")
            await resume_connection(env, tx, row.id)
        else:
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.CONNECTION_REAUTH, subject=f"connection:{key}", message=fault
            )
        await audit(
            env,
            tx,
            actor,
            "connection.checked",
            f"connection:{key}",
            before={"fault": row.fault},
            after={"fault": fault},
        )

    await run_in_transaction(env, work)
    return replace(row, fault=fault)


async def get_connection(env: Env, key: str) -> ConnectionRow:
    """Raises NotFound."""
    async with env.uow() as tx:
        return await _connection(tx, key)


async def list_connections(env: Env, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
    """Newest first."""
    async with env.uow() as tx:
        return await tx.connections.page(after=after, limit=limit)


async def bind_calendars(
    env: Env, rep_key: str, given: Sequence[CalendarBindingInput], *, actor: Actor
) -> Sequence[CalendarBinding]:
    """Make these the rep's calendars: all are read, exactly one is written to. An empty list unbinds them all.

    Raises NotFound for an unknown rep, Invalid for an unknown connection, a calendar twice, or not one to write to.
    """

    async def work(tx: Tx) -> Sequence[CalendarBinding]:
        rep = await _rep(env, tx, rep_key)
        there = {(b.connection.id, b.calendar): b for b, _ in await tx.calendars.bindings([rep_key])}
        wanted = await _bindings(env, tx, rep, given, there)
        await tx.calendars.bind(rep.id, wanted)
        await audit(
            env,
            tx,
            actor,
            "rep.calendars-changed",
            f"rep:{rep_key}",
            before={"calendars": [[b.connection.key, b.calendar, b.writes] for b in there.values()]},
            after={"calendars": [[b.connection.key, b.calendar, b.writes] for b in wanted]},
        )
        await tx.alerts.resolve(at=env.clock(), code=AlertCode.CALENDAR_UNREADABLE, subject=f"rep:{rep_key}")
        return wanted

    bound = await run_in_transaction(env, work)
    await poll_rep(env, rep_key)  # so that an unreadable one is known, and alerted, at once
    return bound


async def list_calendars(env: Env, rep_key: str) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
    """The rep's calendars, each with how it was last read; None for one that never was."""
    async with env.uow() as tx:
        await _rep(env, tx, rep_key)
        return await tx.calendars.bindings([rep_key])


async def _check(env: Env, ref: ConnectionRef) -> None:
    try:
        await env.calendars.check(ref)
    except VendorReauthError as error:
        raise _refused(
            "credentials-refused", f"The vendor refuses these credentials: {safe_error_text(error)}"
        ) from error
    except VendorRejectedError as error:
        raise _refused("rejected", f"The vendor rejects this configuration: {safe_error_text(error)}") from error
    except (VendorError, TimeoutError) as error:
        raise Unavailable(
            f"The vendor does not answer, so nothing was saved: {safe_error_text(error)}", code="vendor-unavailable"
        ) from error


def _audited(row: ConnectionRow) -> dict[str, Any]:
    return {
        "connector": row.connector,
        "active": row.active,
        "sync_owners": row.sync_owners,
        "max_reading_age_s": row.max_reading_age_s,
    }


def _refused(code: str, message: str) -> Invalid:
    return Invalid(message, code=code, faults=[Fault(path="body.config", code=code, message=message)])


async def _connection(tx: Tx, key: str) -> ConnectionRow:
    row = await tx.connections.get(key)
    if row is None:
        raise NotFound(f"There is no connection '{key:.60}'.")
    return row


async def _rep(env: Env, tx: Tx, rep_key: str) -> Rep:
    version = (await tx.policies.live_versions()).roster  # a rep can be connected before any policy is published
    rep = (await load_roster(env, tx, version)).reps.get(rep_key) if version is not None else None
    if rep is None:
        raise NotFound(f"There is no rep '{rep_key:.60}'.")
    return rep


async def _bindings(
    env: Env, tx: Tx, rep: Rep, given: Sequence[CalendarBindingInput], there: Mapping[tuple[Any, str], CalendarBinding]
) -> list[CalendarBinding]:
    faults: list[Fault] = []
    wanted: dict[tuple[Any, str], CalendarBinding] = {}
    for position, item in enumerate(given):
        path = f"body.calendars[{position}]"
        connection = await tx.connections.get(item.connection)
        if connection is None:
            message = f"There is no connection '{item.connection:.60}'."
            faults.append(Fault(path=f"{path}.connection", code="unknown-connection", message=message))
            continue
        place = (connection.id, item.calendar)
        if place in wanted:
            faults.append(Fault(path=path, code="duplicate", message="Name each calendar once."))
        binding_id = there[place].id if place in there else env.new_id()
        wanted[place] = CalendarBinding(
            id=binding_id,
            rep_id=rep.id,
            rep_key=rep.key,
            connection=connection,
            calendar=item.calendar,
            writes=item.writes,
        )
    if given and sum(item.writes for item in given) != 1:
        message = "Set `writes` on exactly one calendar: appointments are put there."
        faults.append(Fault(path="body.calendars", code="one-writer", message=message))
    if faults:
        raise Invalid("The calendars cannot be bound as described.", faults=faults)
    return list(wanted.values())

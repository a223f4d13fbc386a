"""Which calendars of which connections belong to which rep."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.messages.message import say
from pointsman.domain.roster.reps import Rep
from pointsman.services.audit import audit
from pointsman.services.calendars.poll import poll_rep
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.calendars.watches import end_watches
from pointsman.services.connections.vendor_calendars import suggest_calendar
from pointsman.services.deliveries.vendor_error_text import refusal_text
from pointsman.services.policies.cache import load_roster
from pointsman.services.ports import (
    Actor,
    Env,
    Tx,
    VendorError,
    VendorRejectedError,
)
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.vendors.calendars import CalendarAsked, CalendarOwner
from pointsman.services.transactions import run_in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarBindingInput:
    """One calendar to bind to a rep."""

    connection: str  # key
    calendar: str
    writes: bool


async def bind_calendars(
    env: Env, rep_key: str, given: Sequence[CalendarBindingInput], *, actor: Actor
) -> Sequence[CalendarBinding]:
    """Make these the rep's calendars: all are read, exactly one is written to. An empty list unbinds them all.

    The vendor is asked for each new one. Raises NotFound for an unknown rep, Invalid for an unknown connection, a calendar
    that the vendor does not have, a calendar twice, not one to write to, or one to write to that shows its busy times alone.
    One whose vendor does not answer is bound.
    """
    await _refuse_unknown_calendars(env, rep_key, given)

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

    before = await list_calendars(env, rep_key)
    bound = await run_in_transaction(env, work)
    kept = {binding.id for binding in bound}
    await end_watches(env, [binding for binding, _ in before if binding.id not in kept])
    await poll_rep(env, rep_key)  # so that an unreadable one is known, and alerted, at once
    return bound


async def _refuse_unknown_calendars(env: Env, rep_key: str, given: Sequence[CalendarBindingInput]) -> None:
    """Asks for a day's busy times in each calendar that is not bound to the rep yet, outside any transaction.

    And for our events in the one to write to, since what is put there must be found again.
    """
    async with env.uow() as tx:
        owner = _owner(await _rep(env, tx, rep_key))
        there = {(b.connection.id, b.calendar): b.writes for b, _ in await tx.calendars.bindings([rep_key])}
        named = {item.connection: await tx.connections.get(item.connection) for item in given}
    start = env.clock()

    async def ask(position: int, item: CalendarBindingInput) -> Fault | None:
        found = named[item.connection]
        if found is None or not found.active or found.fault:
            return None
        place, path = (found.id, item.calendar), f"body.calendars[{position}]"
        day = (start, start + timedelta(days=1))
        try:
            if place not in there:
                asked = [CalendarAsked(calendar=item.calendar, owner=owner)]
                times = await env.calendars.busy_times(found.ref(), asked, *day, deadline=READ_DEADLINE)
                if isinstance(fault := times.get(item.calendar), VendorError):
                    raise fault
        except VendorRejectedError as error:
            likely = await suggest_calendar(env, found, item.calendar)
            message = f"{found.key} cannot read such a calendar: {refusal_text(error)}."
            message += f" {likely[0].upper()}{likely[1:]}" if likely else ""
            return Fault(path=f"{path}.calendar", code="unknown-calendar", message=message)
        except (VendorError, TimeoutError):
            return None  # what does not answer is bound, and said to be unreadable
        try:
            if item.writes and not there.get(place):
                await env.calendars.our_events(found.ref(), item.calendar, *day, deadline=READ_DEADLINE)
        except VendorRejectedError as error:
            message = f"{found.key} cannot find appointments in this calendar again: {refusal_text(error)}. "
            message += "Share it so that events can be read and written, or set `writes` on another one."
            return Fault(path=f"{path}.writes", code="events-unreadable", message=message)
        except (VendorError, TimeoutError):
            return None
        return None

    asked = await gather(*(ask(position, item) for position, item in enumerate(given)))
    if faults := [fault for fault in asked if fault is not None]:
        told = say("refusal.no-such-calendar")
        raise Invalid("A calendar is not there, so nothing was bound.", faults=faults, told=told)


async def list_calendars(env: Env, rep_key: str) -> Sequence[tuple[CalendarBinding, CalendarReading | None]]:
    """The rep's calendars, each with how it was last read; None for one that never was."""
    async with env.uow() as tx:
        await _rep(env, tx, rep_key)
        return await tx.calendars.bindings([rep_key])


async def _rep(env: Env, tx: Tx, rep_key: str) -> Rep:
    version = (await tx.policies.live_versions()).roster  # a rep can be connected before any policy is published
    rep = (await load_roster(env, tx, version)).reps.get(rep_key) if version is not None else None
    if rep is None:
        raise NotFound(f"There is no rep '{rep_key:.60}'.", told=say("fault.no-rep", key=rep_key[:60]))
    return rep


def _owner(rep: Rep) -> CalendarOwner:
    return CalendarOwner(zone=rep.time_zone, email=rep.email)


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
            owner=_owner(rep),
            connection=connection,
            calendar=item.calendar,
            writes=item.writes,
        )
    if given and sum(item.writes for item in given) != 1:
        message = "Set `writes` on exactly one calendar: appointments are put there."
        faults.append(Fault(path="body.calendars", code="one-writer", message=message))
    if faults:
        raise Invalid("The calendars cannot be bound as described.", faults=faults, told=say("refusal.calendars-unfit"))
    return list(wanted.values())

"""Calendars whose events cannot be read back: the rep cannot be booked, an alert is raised, and both end by themselves."""

from collections.abc import Collection, Sequence

from pointsman.domain.messages.message import Message, connection_name, rep_name, say
from pointsman.services.calendars.refresh import READ_DEADLINE, refresh_calendar
from pointsman.services.ports import Env
from pointsman.services.ports.booking.calendars import CalendarBinding, CalendarReading
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.operations.alerts import AlertCode

BindingWithReading = tuple[CalendarBinding, CalendarReading | None]


def alert_subject(connection: ConnectionRow, calendar: str) -> str:
    """What an alert about one calendar is about; those about a rep's busy times are about the rep."""
    return f"calendar:{connection.key}:{calendar}"


async def raise_unreadable_alert(
    env: Env,
    connection: ConnectionRow,
    calendar: str,
    bound: Sequence[BindingWithReading],
    reps: Collection[str],
    error: Message,
) -> None:
    """Read the busy times now: if they cannot be read either, the rep is unbookable from here on, with the alert of that.

    Otherwise, also where the rep uses another calendar by now, the alert says that changes made there go unnoticed. `reps`
    are those whose appointments stand in it.
    """
    # Busy times that were not read yet are not used for any answer.
    reads = [
        await refresh_calendar(env, binding, last, last.window, READ_DEADLINE)
        for binding, last in bound
        if last is not None
    ]
    if any(read.error for read in reads):
        return
    of = tuple(map(rep_name, sorted(reps)))
    place = connection_name(connection.key)
    message = say("alerts.calendar-not-read-back", reps=of, connection=place, error=error)
    async with env.uow() as tx:
        subject = alert_subject(connection, calendar)
        await tx.alerts.put(
            id=env.new_id(), at=env.clock(), code=AlertCode.CALENDAR_UNREADABLE, subject=subject, message=message
        )


async def resolve_unreadable_alert(env: Env, connection: ConnectionRow, calendar: str) -> None:
    """Close the alert that `raise_unreadable_alert` raised."""
    subject = alert_subject(connection, calendar)
    async with env.uow.autocommit() as tx:
        if await tx.alerts.is_open(code=AlertCode.CALENDAR_UNREADABLE, subject=subject):
            await tx.alerts.resolve(at=env.clock(), code=AlertCode.CALENDAR_UNREADABLE, subject=subject)


async def resolve_stale_alerts(env: Env, subjects: Collection[str]) -> None:
    """Close the alerts about calendars that are looked at no more: nothing of ours lies ahead there, or its connection is
    out of use, which has an alert of its own."""
    async with env.uow.autocommit() as tx:
        for alert in await tx.alerts.list_open():
            code, subject = alert["code"], alert["subject"]
            if (
                code in (AlertCode.CALENDAR_UNREADABLE, AlertCode.CALENDAR_ORPHAN)
                and subject.startswith("calendar:")
                and subject not in subjects
            ):
                await tx.alerts.resolve(at=env.clock(), code=code, subject=subject)

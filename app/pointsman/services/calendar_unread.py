"""Calendars whose events cannot be read back: the rep cannot be booked, somebody is told, and both end by themselves."""

from collections.abc import Sequence

from pointsman.services.calendars import ALERT, DEADLINE, refresh
from pointsman.services.ports import Env
from pointsman.services.ports.meeting import Binding, CalendarRead, ConnectionRow

Bound = tuple[Binding, CalendarRead | None]


async def unreadable(env: Env, connection: ConnectionRow, bound: Sequence[Bound], error: str) -> None:
    """Read the busy times now: if they cannot be read either, the rep is unbookable from here on, with the alert of that.

    If they can, the rep stays bookable, and the alert says that changes made in the calendar go unnoticed.
    """
    for binding, last in bound:
        if last is None:  # nobody has asked yet, so nobody relies on it
            continue
        read = await refresh(env, binding, last, last.window, DEADLINE)
        if read.error is None:
            message = (
                f"Our appointments in the calendar of {binding.rep_key} at {connection.key} cannot be read back: {error}. "
                "What is moved or deleted there goes unnoticed."
            )
            async with env.uow() as tx:
                await tx.alerts.put(
                    id=env.new_id(), at=env.clock(), code=ALERT, subject=_subject(binding), message=message
                )


async def read_again(env: Env, bound: Sequence[Bound]) -> None:
    """Close the alert that `unreadable` raised."""
    for binding, _ in bound:
        async with env.uow.single() as tx:
            if await tx.alerts.is_open(code=ALERT, subject=_subject(binding)):
                await tx.alerts.resolve(at=env.clock(), code=ALERT, subject=_subject(binding))


def _subject(binding: Binding) -> str:
    """Another one than that of the busy times, so that neither closes the other's."""
    return f"appointments:{binding.rep_key}"

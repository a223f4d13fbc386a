"""Calendars whose vendor calls us when something changes: asked for, renewed in time, ended, and what a call brings about.

The address that a vendor calls is sealed for one calendar, so that nobody else can know it; a call says no more than "look".
"""

import asyncio
import base64
import hashlib
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from pointsman.domain.errors import NotFound, PointsmanError
from pointsman.services.calendars.refresh import out_of_use_reason
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from pointsman.services.ports import Env, VendorError, VendorRejectedError
from pointsman.services.ports.booking.calendars import CalendarBinding, WatchNote

WATCH_PATH = "/v1/hooks/calendars/"
_CONTEXT = "calendar-watch"
_DEADLINE = timedelta(seconds=10)
_BEFORE = timedelta(minutes=15)  # renewed so long before a watch ends
_LONGEST = timedelta(days=30)  # then a watch is renewed, though its vendor names no end
_ASK_AGAIN = timedelta(days=1)  # a vendor that calls nobody


async def renew_watches(env: Env) -> int:
    """Ask for calls about each calendar in use whose vendor tells what changes, and anew before they end; how many were due.

    Nothing is asked where no vendor can call: this service has no public HTTPS address.
    """
    if not env.public_url.startswith("https://"):
        return 0
    soon = env.clock() + _BEFORE
    async with env.uow.autocommit() as tx:
        bound = [binding for binding, _ in await tx.calendars.bindings(None)]
    due = [
        binding
        for binding in bound
        if out_of_use_reason(binding) is None
        and env.calendars.tells_news(binding.connection.connector)
        and (binding.watch is None or binding.watch.renew_at <= soon)
    ]
    turns: dict[UUID, asyncio.Semaphore] = {}

    async def renew(binding: CalendarBinding) -> None:
        limits = env.calendars.busy_limits(binding.connection.connector)
        async with turns.setdefault(binding.connection.id, asyncio.Semaphore(limits.at_once)):
            await _renew(env, binding)

    await asyncio.gather(*map(renew, due))
    return len(due)


async def _renew(env: Env, binding: CalendarBinding) -> None:
    """The new watch before the old one ends. A vendor that fails is asked again by the next run."""
    now = env.clock()
    token = base64.urlsafe_b64encode(env.secrets.seal(binding.id.bytes, context=_CONTEXT)).decode().rstrip("=")
    try:
        made = await env.calendars.watch_calendar(
            binding.connection.ref(),
            binding.calendar,
            callback=f"{env.public_url}{WATCH_PATH}{token}",
            secret=hashlib.sha256(token.encode()).hexdigest(),
            deadline=_DEADLINE,
        )
    except VendorRejectedError:
        # It calls about others and not about this one, such as a calendar of holidays: the last watch lasts as long as it does.
        state = binding.watch.state if binding.watch else None
        async with env.uow.autocommit() as tx:
            await tx.calendars.note_watch(binding.id, WatchNote(state=state, renew_at=now + _ASK_AGAIN))
        return
    except (VendorError, TimeoutError):
        return
    latest = now + _LONGEST
    note = WatchNote(state=None, renew_at=now + _ASK_AGAIN)
    if made is not None:
        note = WatchNote(state=made.state, renew_at=min(made.renew_at or latest, latest))
    async with env.uow.autocommit() as tx:
        await tx.calendars.note_watch(binding.id, note)
    before = binding.watch.state if binding.watch else None
    if before is not None and before != note.state:
        await _end(env, binding, before)


async def end_watches(env: Env, gone: Iterable[CalendarBinding]) -> None:
    """A vendor that fails to end one calls until it runs out, which changes nothing then."""
    watched = [(binding, binding.watch.state) for binding in gone if binding.watch and binding.watch.state]
    await asyncio.gather(*(_end(env, binding, state) for binding, state in watched))


async def _end(env: Env, binding: CalendarBinding, state: str) -> None:
    try:
        await env.calendars.unwatch_calendar(binding.connection.ref(), binding.calendar, state)
    except (VendorError, TimeoutError):
        return


async def calendar_changed(env: Env, token: str) -> None:
    """A vendor called: the calendar is read again at once. Raises NotFound for an address that is none (any more)."""
    binding_id = _binding_of(env, token)
    async with env.uow() as tx:
        if binding_id is None or not await tx.calendars.outdate_watched(binding_id, at=env.clock()):
            raise NotFound("No calendar is watched at this address.")
        await tx.jobs.defer_once(OUTDATED_TASK, calls_vendor=True)


def _binding_of(env: Env, token: str) -> UUID | None:
    """The calendar whose address this is; None for what we did not seal."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        return UUID(bytes=env.secrets.open(sealed, context=_CONTEXT))
    except (PointsmanError, ValueError):
        return None

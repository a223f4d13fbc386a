"""Calendars whose vendor calls us when something changes: asked for, renewed in time, ended, and what a call brings about.

The address that a vendor calls is sealed for one calendar, with the secret by which its connector proves each call: neither can
be made from the other. A call says no more than "look", or that the watch has to be begun anew.
"""

import asyncio
import base64
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import NotFound, PointsmanError, Unauthenticated, Unavailable
from pointsman.services.calendars.refresh import out_of_use_reason
from pointsman.services.deliveries.outdated_readings import OUTDATED_TASK
from pointsman.services.ports import Env, VendorError, VendorRejectedError
from pointsman.services.ports.booking.calendars import CalendarBinding, WatchNote
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookRejectedError
from pointsman.services.ports.vendors.calendars import PushReply

WATCH_PATH = "/v1/hooks/calendars/"
#: The job that begins every watch that is over, or will be soon.
RENEW_TASK = "calendars.renew_watches"
_CONTEXT = "calendar-watch"
_DEADLINE = timedelta(seconds=10)
_BEFORE = timedelta(minutes=15)  # renewed so long before a watch ends
_LONGEST = timedelta(days=30)  # then a watch is renewed, though its vendor names no end
_ASK_AGAIN = timedelta(days=1)  # a vendor that calls nobody
#: A watch that its vendor ends sooner is begun anew by the next run of the worker: each new one could end at once, too.
_SHORT_LIVED = timedelta(minutes=4)
_ID_BYTES, _SECRET_BYTES, _TIME_BYTES = 16, 32, 8


@dataclass(frozen=True, slots=True)
class _Address:
    """What the address of a watch holds: the calendar, the secret that the vendor shows with each call, and when it began."""

    binding_id: UUID
    secret: bytes
    began_at: datetime

    def is_former(self, binding: CalendarBinding) -> bool:
        """Whether the calendar has a later watch by now, that is noted."""
        began = _began(binding)
        return began is not None and self.began_at < began.replace(microsecond=0)

    def seal(self, env: Env) -> str:
        began = int(self.began_at.timestamp()).to_bytes(_TIME_BYTES)
        sealed = env.secrets.seal(self.binding_id.bytes + self.secret + began, context=_CONTEXT)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    @classmethod
    def open(cls, env: Env, token: str) -> "_Address | None":
        """None for what we did not seal."""
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            plain = env.secrets.open(sealed, context=_CONTEXT)
        except (PointsmanError, ValueError):
            return None
        if len(plain) != _ID_BYTES + _SECRET_BYTES + _TIME_BYTES:
            return None
        began_at = datetime.fromtimestamp(int.from_bytes(plain[-_TIME_BYTES:]), UTC)
        return cls(UUID(bytes=plain[:_ID_BYTES]), plain[_ID_BYTES:-_TIME_BYTES], began_at)


async def renew_watches(env: Env, *, entropy: Callable[[int], bytes] = secrets.token_bytes) -> int:
    """Ask for calls about each calendar in use whose vendor tells what changes, and anew before they end; how many were due.

    Nothing is asked where no vendor can call: this service has no public HTTPS address.
    """
    if not env.public_url.startswith("https://"):
        return 0
    soon = env.clock() + _BEFORE
    async with env.uow.autocommit() as tx:
        bound = [binding for binding, _ in await tx.calendars.bindings(None)]
        left = await tx.calendars.left_watched()
    await _end_those_left(env, left)
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
            await _renew(env, binding, entropy(_SECRET_BYTES))

    await asyncio.gather(*map(renew, due))
    return len(due)


async def _renew(env: Env, binding: CalendarBinding, secret: bytes) -> None:
    """The new watch before the old one ends. A vendor that fails is asked again by the next run."""
    now, before = env.clock(), binding.watch.state if binding.watch else None
    try:
        made = await env.calendars.watch_calendar(
            binding.connection.ref(),
            binding.calendar,
            callback=f"{env.public_url}{WATCH_PATH}{_Address(binding.id, secret, now).seal(env)}",
            secret=secret.hex(),
            deadline=_DEADLINE,
        )
    except VendorRejectedError:
        # It calls about others and not about this one, such as a calendar of holidays: the last watch lasts as long as it does.
        async with env.uow.autocommit() as tx:
            note = WatchNote(state=before, began_at=_began(binding), renew_at=now + _ASK_AGAIN)
            await tx.calendars.note_watch(binding.id, note, before=before)
        return
    except (VendorError, TimeoutError):
        return
    latest = now + _LONGEST
    note = WatchNote(state=None, began_at=None, renew_at=now + _ASK_AGAIN)
    if made is not None:
        note = WatchNote(state=made.state, began_at=now, renew_at=min(made.renew_at or latest, latest))
    async with env.uow.autocommit() as tx:
        is_kept = await tx.calendars.note_watch(binding.id, note, before=before)
        there = binding if is_kept else await tx.calendars.binding(binding.id)
    standing, useless = note.state, before
    if not is_kept:  # another worker was faster, or the calendar is not bound any more: nothing would ever end this one
        standing, useless = there.watch.state if there and there.watch else None, note.state
    if useless is not None and useless != standing:
        await _end(env, binding, useless)


def _began(binding: CalendarBinding) -> datetime | None:
    return binding.watch.began_at if binding.watch else None


async def _end_those_left(env: Env, left: Sequence[CalendarBinding]) -> None:
    """Those of reps who left. One who comes back is watched by the next run."""
    await end_watches(env, left)
    async with env.uow.autocommit() as tx:
        for binding in left:
            note = WatchNote(state=None, began_at=None, renew_at=env.clock())
            await tx.calendars.note_watch(binding.id, note, before=binding.watch.state if binding.watch else None)


async def end_watches(env: Env, gone: Iterable[CalendarBinding]) -> None:
    """A vendor that fails to end one calls until it runs out, which changes nothing then."""
    watched = [(binding, binding.watch.state) for binding in gone if binding.watch and binding.watch.state]
    await asyncio.gather(*(_end(env, binding, state) for binding, state in watched))


async def _end(env: Env, binding: CalendarBinding, state: str) -> None:
    try:
        await env.calendars.unwatch_calendar(binding.connection.ref(), binding.calendar, state)
    except (VendorError, TimeoutError):
        return


async def answer_push(env: Env, token: str, request: SignedRequest) -> PushReply:
    """A vendor calls: its connector proves the call and says what is answered, and the calendar is looked at at once.

    Nothing is looked at where the vendor only tries the address. A watch that the vendor ends is begun anew by the worker; what a
    former one says of itself, be it late or again and again, is over.
    Raises NotFound for an address that is none (any more), Unauthenticated for what the vendor did not send, Unavailable,
    HookUnansweredError.
    """
    address = _Address.open(env, token)
    binding = None
    if address is not None:
        async with env.uow.autocommit() as tx:
            binding = await tx.calendars.binding(address.binding_id)
    if address is None or binding is None:
        raise NotFound("No calendar is watched at this address.")
    if not binding.connection.active or binding.connection.pending:
        raise Unavailable("The connection of this calendar is not in use.", code="connection-not-in-use")
    try:
        reply = await env.calendars.answer_push(binding.connection.ref(), request, secret=address.secret.hex())
    except HookRejectedError as rejected:
        raise Unauthenticated(f"The call is refused: {rejected}", code="hook-rejected") from None
    if reply.status < 300 and not reply.body:  # one with a body is a handshake, which anyone may try
        async with env.uow() as tx:
            await tx.calendars.outdate_reading(binding.id, at=env.clock())
            await tx.jobs.defer_once(OUTDATED_TASK, calls_vendor=True)
            if reply.renew and not address.is_former(binding):
                await tx.calendars.renew_watch(binding.id, at=env.clock())
                if env.clock() - address.began_at >= _SHORT_LIVED:
                    await tx.jobs.defer_once(RENEW_TASK, calls_vendor=True)
    return reply

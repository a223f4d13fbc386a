"""The crowd of million_bookings.py: one process's leads, and the connections that act for them at once."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.main import utc_now, wire
from pointsman.services.appointments.actions import cancel
from pointsman.services.availability import participants as parties
from pointsman.services.availability.booking_context import BookingContext, load_booking_context
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.availability.participants import SlotRequest
from pointsman.services.booking import book as booking
from pointsman.services.booking.book import PreparedBooking, book_prepared, booking_error
from pointsman.services.booking.reschedule import PreparedReschedule, reschedule_in_tx
from pointsman.services.booking.slot_holds import PreparedSlotHold, hold_slot_in_tx
from pointsman.services.calendars.readings import RepCalendarReading
from pointsman.services.ports import Actor, ConstraintRefused, Env
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.transactions import run_in_transaction
from pointsman.settings import load_settings

ACTOR = Actor(name="benchmark", kind=CallerKind.ADMIN)
LENGTH, GRID = timedelta(minutes=30), timedelta(minutes=15)
FIRST_HOUR, HOURS = 9, 9
ACTS = ("book", "hold", "cancel", "reschedule")
#: Enough time is given back that somebody wins all along; most find that somebody was there before.
SHARES = (975, 10, 10, 5)
#: Or so much that time changes hands all along, and neighbours with it.
LIVELY = (620, 180, 120, 80)
#: Who calls off: closers and operators free time alone, the others give the turn back, too.
CANCELLED_BY = (*[ActorRole.CLOSER] * 4, *[ActorRole.OPERATOR] * 4, ActorRole.PROSPECT, ActorRole.SETTER)
KEEPS_REP = 0.8  # of those who move an appointment
BLIND = 0.02  # of the bookings are of a lead that has an appointment already
PATIENCE_MS = 600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one process does."""

    url: str
    keys: str
    leads: Sequence[UUID]
    attempts: int
    connections: int
    days: int
    start_at: float
    number: int
    unchecked: bool
    shares: tuple[int, ...]  # of each of `ACTS`
    seconds: float  # and no longer


@dataclass(slots=True, kw_only=True)
class Found:
    """What one process saw; seconds of all attempts, and of bookings that were made."""

    begin: float = 0.0
    end: float = 0.0
    cpu: float = 0.0  # seconds of the processor, the database's not counted
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    made: list[float] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)


class Crowd:
    """The leads of one process and what they have; several connections act for them at once."""

    def __init__(
        self, env: Env, share: Share, seen: dict[UUID, BookingContext], readings: Mapping[str, RepCalendarReading]
    ) -> None:
        self._env, self._seen, self._readings = env, seen, readings
        self._chance, self._shares = random.Random(share.number), share.shares
        self._leads = list(share.leads)
        self._booked: dict[UUID, AppointmentRow] = {}
        midnight = utc_now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
        steps = HOURS * 4 - 1
        opens = [midnight + timedelta(days=day, hours=FIRST_HOUR) for day in range(share.days)]
        self._starts = [begin + GRID * step for begin in opens for step in range(steps)]

    async def attempt(self) -> tuple[str, str]:
        """One act, and what became of it."""
        act = self._chance.choices(ACTS, self._shares)[0]
        begin = self._chance.choice(self._starts)
        wanted = Interval(begin, begin + LENGTH)
        lead = self._chance.choice(self._leads)
        if act in ("cancel", "reschedule"):
            if not self._booked:
                return act, "nothing there"
            lead = self._chance.choice(list(self._booked))
        elif lead in self._booked and self._chance.random() >= BLIND:
            free = (one for one in self._chance.sample(self._leads, 20) if one not in self._booked)
            lead = next(free, lead)
        try:
            await getattr(self, f"_{act}")(lead, wanted)
        except PointsmanError as error:
            if error.code == "holder-changed":
                self._seen[lead] = await seen_for(self._env, lead)
            reason = error.extra.get("reason")
            return act, f"{error.code} ({reason})" if reason else error.code
        except ConstraintRefused as refused:
            words = booking_error(refused)
            if words is refused:
                raise
            return act, f"{getattr(words, 'code', '')} (constraint)"
        return act, "done"

    def _asking(self, wanted: Interval) -> SlotRequest:
        return SlotRequest(time=wanted, readings=self._readings)

    async def _book(self, lead: UUID, wanted: Interval) -> None:
        given = PreparedBooking(lead_id=lead, context=self._seen[lead], request=self._asking(wanted), actor=ACTOR)
        self._booked[lead] = await book_prepared(self._env, given)

    async def _hold(self, lead: UUID, wanted: Interval) -> None:
        given = PreparedSlotHold(lead_id=lead, request=self._asking(wanted), actor=ACTOR)
        await run_in_transaction(self._env, lambda tx: hold_slot_in_tx(self._env, tx, given))

    async def _cancel(self, lead: UUID, _wanted: Interval) -> None:
        by = self._chance.choice(CANCELLED_BY)
        await cancel(self._env, self._booked.pop(lead).id, by=by, reason="another day", actor=ACTOR)

    async def _reschedule(self, lead: UUID, wanted: Interval) -> None:
        given = PreparedReschedule(
            appointment_id=self._booked[lead].id,
            rep_id=self._booked[lead].rep_id,
            time=wanted,
            readings=self._readings,
            keep_rep=self._chance.random() < KEEPS_REP,
            by=None,
            reason=None,
            actor=ACTOR,
        )
        moved = await run_in_transaction(self._env, lambda tx: reschedule_in_tx(self._env, tx, given))
        if lead in self._booked:
            self._booked[lead] = moved


def wired(url: str, keys: str, connections: int) -> Any:
    """The application on connections of its own; `keys` are those that the service sealed its credentials with."""
    # Two hundred at once on a small or busy machine wait longer than any sender does: p99 says how long, no timeout hides it.
    settings = load_settings(
        database_url=url, secret_keys=keys, private_networks="127.0.0.0/8", statement_timeout_ms=PATIENCE_MS
    )
    return wire(settings, name="million", pool_size=connections)


def _look_at_nobodys_time() -> None:
    """Switch the application's own check off: it finds no obstacle for any request."""

    def nothing(*_given: Any) -> None:
        return None

    for module in (booking, parties):
        assert hasattr(module, "find_booking_obstacle"), f"{module.__name__} has another check by now"
        setattr(module, "find_booking_obstacle", nothing)  # noqa: B010  # mypy knows that it is none of ours to set


async def work(share: Share, attempted: Callable[[], None]) -> Found:
    """All attempts of one process, or as many as there is time for; `attempted` hears of each."""
    if share.unchecked:
        _look_at_nobodys_time()
    this, found = wired(share.url, share.keys, share.connections), Found()
    try:
        seen, readings = await _prepared(this.env, share.leads)
        crowd = Crowd(this.env, share, seen, readings)
        left = iter(range(share.attempts))

        async def one_after_another() -> None:
            for _ in left:
                if time.time() - share.start_at >= share.seconds:
                    return
                began = time.perf_counter()
                try:
                    act, result = await crowd.attempt()
                except Exception as error:  # noqa: BLE001  # what this is here to find
                    act, result = "", f"{type(error).__name__}: {error}"
                    found.unexplained.append(result)
                took = time.perf_counter() - began
                found.seconds.append(took)
                found.results[act, result] += 1
                if (act, result) == ("book", "done"):
                    found.made.append(took)
                attempted()

        await asyncio.sleep(max(0.0, share.start_at - time.time()))
        found.begin, before = time.time(), time.process_time()
        await asyncio.gather(*(one_after_another() for _ in range(share.connections)))
        found.end, found.cpu = time.time(), time.process_time() - before
        return found
    finally:
        await this.aclose()


async def seen_for(env: Env, lead_id: UUID) -> BookingContext:
    """Who may be booked for the lead."""
    async with env.uow() as tx:
        lead = await tx.leads.get(lead_id)
        assert lead is not None, "it was put there"
        return await load_booking_context(env, tx, lead, now=env.clock())


async def _prepared(
    env: Env, leads: Sequence[UUID]
) -> tuple[dict[UUID, BookingContext], Mapping[str, RepCalendarReading]]:
    """Who may be booked for each lead, and what is known of everybody's calendar."""
    seen = {lead_id: await seen_for(env, lead_id) for lead_id in leads}
    readings: dict[str, RepCalendarReading] = {}
    for what in {what.rep.key: what for what in seen.values()}.values():
        readings |= await read_participant_calendars(
            env, what, max_age=timedelta(hours=1), deadline=timedelta(seconds=20)
        )
    return seen, readings

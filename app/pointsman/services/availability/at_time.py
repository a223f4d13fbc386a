"""One time, and all who might take part in an appointment then: which reps are free, and why the others are not."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import SLOT_TAKEN_CODES, Obstacle, outside_booking_window
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.roster.reps import Rep
from pointsman.services.availability.booking_context import BookedTime, BookingContext
from pointsman.services.availability.companions import (
    CompanionPool,
    choose_companions,
    companion_pools,
    counting_window,
    missing_pools,
)
from pointsman.services.calendars.busy_times import fetch_schedules, unreadable_reason
from pointsman.services.calendars.own_events import participant_ids
from pointsman.services.calendars.readings import RepCalendarReading
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow, Companion
from pointsman.services.routing.lead_inputs import routing_facts

#: bookable.hindrance, lent by who asks.
ObstacleFinder = Callable[[BookingContext, Interval, Sequence[Interval], BookedTime, datetime], Obstacle | None]


@dataclass(slots=True, kw_only=True)
class Availability:
    """What is known of every participant at `wanted`."""

    context: BookingContext
    time: Interval
    now: datetime
    readings: Mapping[str, RepCalendarReading]
    schedules: Mapping[str, RepSchedule]
    companion_pools: tuple[CompanionPool, ...]
    appointment_counts: Mapping[UUID, int]
    moving: AppointmentRow | None
    find_booking_obstacle: ObstacleFinder
    missing_pools: tuple[str, ...] = ()
    _times: dict[str, Obstacle | None] = field(default_factory=dict)

    @property
    def reps(self) -> Mapping[str, Rep]:
        return self.context.config.roster.reps

    @property
    def calendars(self) -> Mapping[str, CalendarState]:
        return {key: reading.state for key, reading in self.readings.items()}

    @property
    def asked_time(self) -> RequestedTime:
        """The time for a decision: everybody who cannot lead the appointment, and how many those have who can."""
        obstacles = {key: why.sentence for key in self.reps if (why := self._exclusion_of(key)) is not None}
        counts = {key: self.appointment_counts.get(rep.id, 0) for key, rep in self.reps.items() if key not in obstacles}
        return RequestedTime(start=self.time.start, end=self.time.end, obstacles=obstacles, appointments=counts)

    def own_obstacle(self, key: str) -> Obstacle | None:
        """What is in the way of one person at that time, alone."""
        if key not in self._times:
            self._times[key] = self._find_own_obstacle(key)
        return self._times[key]

    def leader_obstacle(self, key: str) -> Obstacle | None:
        """What keeps a rep from leading the appointment then: their own time, or a missing companion."""
        own = self.own_obstacle(key)
        if own is not None or not (self.companion_pools or self.missing_pools):
            return own
        if self.missing_pools or self._companions_or_none(key) is None:
            names = self.missing_pools or tuple(band.name for band in self.companion_pools)
            return Obstacle(code="no-companion", sentence=say("booking-time.no-companion", pools=names))
        return None

    @property
    def has_no_leader(self) -> bool:
        """Whether no rep at all could lead the appointment then."""
        return all(self.leader_obstacle(key) is not None for key in self._leaders())

    def companions_of(self, key: str) -> tuple[Companion, ...]:
        """The companions when `key`, who is free, leads."""
        return self._companions_or_none(key) or ()

    def shared_obstacle(self, *, besides: str | None = None) -> Obstacle:
        """Why no rep can be booked, in words that name none; `besides` is not asked."""
        found = [self.leader_obstacle(key) for key in self.readings if key in self._leaders() and key != besides]
        codes = {why.code for why in found if why is not None}
        if len(codes) == 1 and None not in found and codes <= {"too-soon", "too-far", "no-companion"}:
            return next(why for why in found if why is not None)
        if codes == {"calendar-unreadable"} and None not in found:
            return Obstacle(code="calendar-unreadable", sentence=say("booking-time.no-calendar-readable"))
        lost = sorted(codes & SLOT_TAKEN_CODES)
        return Obstacle(code=lost[0] if lost else "no-rep-free", sentence=say("booking-time.no-rep-free"))

    def _leaders(self) -> frozenset[str]:
        return possible_leaders(self.context)

    def _exclusion_of(self, key: str) -> Obstacle | None:
        if key not in self._leaders():
            return Obstacle(code="not-offered-pool", sentence=say("booking-time.not-in-pool", rep=rep_name(key)))
        return self.leader_obstacle(key)

    def _companions_or_none(self, key: str) -> tuple[Companion, ...] | None:
        if not self.companion_pools:
            return ()
        return choose_companions(
            self.companion_pools, key, self.reps, self.own_obstacle, self.appointment_counts, before=self.moving
        )

    def _find_own_obstacle(self, key: str) -> Obstacle | None:
        rep = self.reps.get(key)
        if rep is None or not rep.active:
            return Obstacle(code="rep-inactive", sentence=say("eligibility.inactive", rep=rep_name(key)))
        if (never := outside_booking_window(self.time, self.context.rules, self.now)) is not None:
            return never
        if (why := unreadable_reason(self.readings, key, self.time)) is not None:
            said = say("eligibility.calendar-unreadable", rep=rep_name(key), why=why)
            return Obstacle(code="calendar-unreadable", sentence=said)
        schedule = self.schedules[key]
        gone = BookedTime(reservations=schedule.reservations, appointments=list(schedule.appointments))
        return self.find_booking_obstacle(for_rep(self.context, rep), self.time, schedule.busy, gone, self.now)


def possible_leaders(what: BookingContext) -> frozenset[str]:
    """The holder, and every member of the pool that gave the lead away; where a human did, in any pool of that work."""
    if what.pool is not None:
        return frozenset({what.rep.key, *(member.rep for member in what.pool.members)})
    pools = what.config.policy.policy.pools.values()
    return frozenset(
        {what.rep.key, *(m.rep for pool in pools if pool.work == what.assignment.work for m in pool.members)}
    )


def for_rep(what: BookingContext, rep: Rep) -> BookingContext:
    """`what` for another rep, by the same rules."""
    if rep.key == what.rep.key:
        return what
    return BookingContext(
        lead=what.lead,
        assignment=what.assignment,
        rep=rep,
        rules=what.rules,
        gate_check=what.gate_check,
        config=what.config,
        pool=what.pool,
    )


async def load_availability(
    env: Env,
    tx: Tx,
    what: BookingContext,
    wanted: Interval,
    readings: Mapping[str, RepCalendarReading],
    *,
    whole_pool: bool,
    moving: UUID | None,
    hold: UUID | None,
    hindrance: ObstacleFinder,
    companions_only: Collection[str] | None = None,
) -> Availability:
    """All reps at one time: the holder, with `whole_pool` the pool, and possible companions (`companions_only`, if given)."""
    now = env.clock()
    before = await tx.appointments.get(moving) if moving else None
    names = what.rules.companion_pools
    found = await _load_companion_pools(tx, what, wanted, now) if names and companions_only is None else ()
    keys = {what.rep.key, *(possible_leaders(what) if whole_pool else ()), *(companions_only or ())}
    keys |= {key for band in found for key in band.weights}
    reps = [rep for key in sorted(keys) if (rep := what.config.roster.reps.get(key)) is not None and rep.active]
    schedules = await fetch_schedules(tx, reps, readings, wanted, moving=before, hold=hold)
    availability = Availability(
        context=what,
        time=wanted,
        now=now,
        readings=readings,
        schedules=schedules,
        companion_pools=found,
        appointment_counts={},
        moving=before,
        find_booking_obstacle=hindrance,
        missing_pools=missing_pools(what.config, names) if companions_only is None else (),
    )
    free = [schedule.rep.id for key, schedule in schedules.items() if availability.own_obstacle(key) is None]
    if free and (
        whole_pool or found
    ):  # else there is nothing to share out: of many requests for one time, most find no free rep
        availability.appointment_counts = await _counts(tx, free, wanted, before)
    return availability


async def _counts(
    tx: Tx, rep_ids: Sequence[UUID], wanted: Interval, before: AppointmentRow | None
) -> Mapping[UUID, int]:
    """How many appointments each has around `wanted`; `before`, which is being moved, is none."""
    counts = dict(await tx.appointments.count_by_rep(rep_ids, counting_window(wanted)))
    if before is not None and counting_window(wanted).start <= before.starts_at < counting_window(wanted).end:
        for rep_id in participant_ids(before) & counts.keys():
            counts[rep_id] -= 1
    return counts


async def _load_companion_pools(
    tx: Tx, what: BookingContext, wanted: Interval, now: datetime
) -> tuple[CompanionPool, ...]:
    context = await tx.decisions.routing_context(what.lead.id, at=now)
    facts = what.config.policy.enrich(routing_facts(what.lead, context, what.config.policy, now), now)
    return companion_pools(what.config, what.rules.companion_pools, facts, wanted)

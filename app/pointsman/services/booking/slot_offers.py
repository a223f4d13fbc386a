"""Which times a lead can be offered, the rep who would be booked at each, and why a rep has none."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import Obstacle
from pointsman.domain.booking.earliest_starts import RepSchedule
from pointsman.domain.booking.slot_union import SlotUnion
from pointsman.domain.booking.slots import Slot
from pointsman.domain.dates.local_time import local_date
from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_days import special_day_reason
from pointsman.services.availability.booking_context import BookingContext
from pointsman.services.availability.companions import CompanionPool, choose_companions
from pointsman.services.calendars.busy_times import unreadable_reason
from pointsman.services.calendars.readings import RepCalendarReading
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.dry_run import DryRun

#: The rules are asked who leads for so many sets of free reps; for each further set, one of its reps is named.
_DECIDED = 200
_NOT_FREE = Obstacle(code="not-free", sentence=say("booking-time.not-free"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnavailableRep:
    """A rep who cannot be booked: a code, and a sentence."""

    rep: str
    code: str
    sentence: Message


@dataclass(slots=True, kw_only=True)
class SlotFinder:
    """All that one list of slots is made from; nothing in here reads or writes."""

    context: BookingContext
    now: datetime
    window: Interval
    slot_union: SlotUnion
    readings: Mapping[str, RepCalendarReading]
    leaders: tuple[str, ...]  # reps who may lead, by key
    dropped: tuple[UnavailableRep, ...]  # reps who may not, at any time
    companion_pools: tuple[CompanionPool, ...]
    missing_pools: tuple[str, ...]  # pools that should send a companion and are gone
    schedules: Mapping[str, RepSchedule]
    appointment_counts: Mapping[UUID, int]
    moving: AppointmentRow | None
    dry_run: DryRun | None  # None where only the holder is offered
    _open: dict[tuple[str, str], int] = field(default_factory=dict)
    _decided: dict[frozenset[str], str | None] = field(default_factory=dict)

    def slots(self, limit: int) -> tuple[Slot, ...]:
        """The first `limit` slots, each with the rep who would be booked now."""
        found: list[Slot] = []
        for slot in self._all():
            if len(found) >= limit:
                break
            found.append(slot)
        return tuple(found)

    def unavailable_reps(self) -> tuple[UnavailableRep, ...]:
        """Why each one who may lead has no slot, and why the others may not lead."""
        reasons = [self._why(self._reps[key]) for key in self.leaders]
        return (*self.dropped, *(reason for reason in reasons if reason is not None), *self._no_companion())

    @property
    def _reps(self) -> Mapping[str, Rep]:
        return self.context.config.roster.reps

    def _all(self) -> Iterator[Slot]:
        if self.missing_pools:
            return
        known = [self.schedules[key] for key in self.leaders if key in self.schedules]
        along = [
            [self.schedules[key] for key in band.weights if key in self.schedules] for band in self.companion_pools
        ]
        length = self.context.rules.duration
        for start in self.slot_union.starts(known, along):
            rep = self._rep_at(start)
            if rep is not None:
                yield Slot(start=start, end=start + length, rep=rep)

    def _rep_at(self, start: datetime) -> str | None:
        zone = self._zone_of(start)
        holder = self.context.rep.key

        def in_the_way(key: str) -> Obstacle | None:
            return None if self._free(key, zone, start) else _NOT_FREE

        def can_lead(key: str) -> bool:
            if in_the_way(key) is not None:
                return False
            along = choose_companions(
                self.companion_pools, key, self._reps, in_the_way, self.appointment_counts, before=self.moving
            )
            return along is not None

        anew = self.context.rules.offer is OfferMode.BALANCED and self.moving is None
        if not anew and holder in self.leaders and can_lead(holder):
            return holder
        free = frozenset(filter(can_lead, self.leaders))
        if self.dry_run is None or not free:
            return None
        if free not in self._decided:
            self._decided[free] = self._decide(self.dry_run, free) if len(self._decided) < _DECIDED else min(free)
        return self._decided[free]

    def _decide(self, preview: DryRun, free: frozenset[str]) -> str | None:
        obstacles = {key: _NOT_FREE.sentence for key in self._reps if key not in free}
        counts = {key: self.appointment_counts.get(self._reps[key].id, 0) for key in free}
        span = {"start": self.window.start, "end": self.window.end}
        return preview.decide(RequestedTime(**span, obstacles=obstacles, appointments=counts)).rep

    def _zone_of(self, start: datetime) -> str:
        zones = dict.fromkeys([self.context.rep.time_zone, *(self._reps[key].time_zone for key in self.leaders)])
        return next(zone for zone in zones if self._position(zone, start) is not None)

    def _position(self, zone: str, start: datetime) -> int | None:
        starts = self.slot_union.grid(zone).starts
        at = bisect_left(starts, start)
        return at if at < len(starts) and starts[at] == start else None

    def _free(self, key: str, zone: str, start: datetime) -> bool:
        if key not in self.schedules:
            return False
        if (key, zone) not in self._open:
            self._open[key, zone] = self.slot_union.bookable(self.schedules[key], zone)
        position = self._position(zone, start)
        return position is not None and bool(self._open[key, zone] >> position & 1)

    def _why(self, rep: Rep) -> UnavailableRep | None:
        """Why one who may lead has no slot; None for a rep who has a slot."""
        found = self._unknown(rep) or self._in_the_way(rep)
        return UnavailableRep(rep=rep.key, code=found[0], sentence=found[1]) if found else None

    def _unknown(self, rep: Rep) -> tuple[str, Message] | None:
        name = rep_name(rep.key)
        if not rep.active:
            return DropReason.INACTIVE.value, say("eligibility.inactive", rep=name)
        if rep.key not in self.schedules:
            unread = say("eligibility.time-not-read")
            why = unreadable_reason(self.readings, rep.key, self.window) or unread
            return DropReason.CALENDAR.value, say("booking-time.calendar-unreadable", rep=name, why=why)
        if not rep.working_hours and not rep.day_changes:
            return "no-hours", say("booking-time.no-hours-set", rep=name)
        return None

    def _in_the_way(self, rep: Rep) -> tuple[str, Message] | None:
        name = rep_name(rep.key)
        found = self.slot_union.availability(self.schedules[rep.key])
        if not found.working:
            first, last = (local_date(at, rep.time_zone) for at in (self.window.start, self.window.end))
            why = special_day_reason(rep, first) if last - first <= timedelta(days=1) else None
            if why is None:
                return "no-hours", say("booking-time.no-work-in-window", rep=name)
            code = "holiday" if why.key == "working-day.holiday" else "no-hours"
            return code, say("booking-time.no-work-in-window-since", rep=name, why=why)
        if not found.not_off:
            return DropReason.TIME_OFF.value, say("booking-time.away-all-window", rep=name)
        if not found.not_busy:
            length, horizon = self.context.rules.duration, self.context.rules.horizon
            if self.window.end >= self.now + horizon:
                said = say("booking-time.nothing-free-ahead", rep=name, length=length, ahead=horizon)
                return "nothing-free", said
            return "nothing-free", say("booking-time.nothing-free", rep=name, length=length)
        return None if found.bookable else ("full", say("booking-time.full", rep=name))

    def _no_companion(self) -> Iterator[UnavailableRep]:
        for name in self.missing_pools:
            said = say("booking-time.companion-pool-gone", pool=name)
            yield UnavailableRep(rep=name, code="no-companion", sentence=said)
        for band in self.companion_pools:
            if not any(key in self.schedules and self.slot_union.bookable(self.schedules[key]) for key in band.weights):
                said = say("booking-time.no-companion-in-window", pool=band.name)
                yield UnavailableRep(rep=band.name, code="no-companion", sentence=said)

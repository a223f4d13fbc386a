"""Which times a lead can be offered, who would be booked at each, and why somebody has none."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import Obstacle
from pointsman.domain.booking.earliest import Diary
from pointsman.domain.booking.slot_union import SlotUnion
from pointsman.domain.booking.slots import Slot
from pointsman.domain.dates.local_time import local_date
from pointsman.domain.distribution.eligibility import Drop
from pointsman.domain.distribution.inputs import AskedTime
from pointsman.domain.policy.pools import Offer
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_days import special
from pointsman.services.availability.booking_context import Bookable
from pointsman.services.availability.companions import Band, together
from pointsman.services.calendars.busy_times import why_unknown
from pointsman.services.calendars.readings import Reading
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.routing.dry_run import Foreseen

#: Whom each of so many sets of free reps would go to is asked of the rules; beyond that, one of them is named.
_DECIDED = 200
_TAKEN = Obstacle(code="not-free", sentence="Not free then.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Somebody who might have been booked and cannot be: a code, and a sentence."""

    rep: str
    code: str
    sentence: str


@dataclass(slots=True, kw_only=True)
class SlotOffer:
    """All that one list of slots is made from; nothing in here reads or writes."""

    what: Bookable
    now: datetime
    span: Interval
    union: SlotUnion
    readings: Mapping[str, Reading]
    leaders: tuple[str, ...]  # who may lead, by key
    dropped: tuple[Left, ...]  # who may not, whatever the time
    bands: tuple[Band, ...]
    lacking: tuple[str, ...]  # pools that are to send somebody along and are gone
    diaries: Mapping[str, Diary]
    counts: Mapping[UUID, int]
    before: AppointmentRow | None
    foreseen: Foreseen | None  # None where only the holder is offered
    _open: dict[tuple[str, str], int] = field(default_factory=dict)
    _decided: dict[frozenset[str], str | None] = field(default_factory=dict)

    def slots(self, limit: int) -> tuple[Slot, ...]:
        """The first `limit`, each with whoever would be booked as things stand."""
        found: list[Slot] = []
        for slot in self._all():
            if len(found) >= limit:
                break
            found.append(slot)
        return tuple(found)

    def left(self) -> tuple[Left, ...]:
        """Why each one who may lead has no slot, and why the others may not lead."""
        reasons = [self._why(self._reps[key]) for key in self.leaders]
        return (*self.dropped, *(reason for reason in reasons if reason is not None), *self._nobody_along())

    @property
    def _reps(self) -> Mapping[str, Rep]:
        return self.what.known.roster.reps

    def _all(self) -> Iterator[Slot]:
        if self.lacking:
            return
        known = [self.diaries[key] for key in self.leaders if key in self.diaries]
        along = [[self.diaries[key] for key in band.weights if key in self.diaries] for band in self.bands]
        length = self.what.rules.duration
        for start in self.union.starts(known, along):
            rep = self._who(start)
            if rep is not None:
                yield Slot(start=start, end=start + length, rep=rep)

    def _who(self, start: datetime) -> str | None:
        zone = self._zone_of(start)
        holder = self.what.rep.key

        def in_the_way(key: str) -> Obstacle | None:
            return None if self._free(key, zone, start) else _TAKEN

        def can_lead(key: str) -> bool:
            if in_the_way(key) is not None:
                return False
            along = together(self.bands, key, self._reps, in_the_way, self.counts, before=self.before)
            return along is not None

        anew = self.what.rules.offer is Offer.BALANCED and self.before is None
        if not anew and holder in self.leaders and can_lead(holder):
            return holder
        free = frozenset(filter(can_lead, self.leaders))
        if self.foreseen is None or not free:
            return None
        if free not in self._decided:
            self._decided[free] = self._decide(self.foreseen, free) if len(self._decided) < _DECIDED else min(free)
        return self._decided[free]

    def _decide(self, foreseen: Foreseen, free: frozenset[str]) -> str | None:
        obstacles = {key: _TAKEN.sentence for key in self._reps if key not in free}
        counts = {key: self.counts.get(self._reps[key].id, 0) for key in free}
        span = {"start": self.span.start, "end": self.span.end}
        return foreseen.decided(AskedTime(**span, obstacles=obstacles, appointments=counts)).rep

    def _zone_of(self, start: datetime) -> str:
        zones = dict.fromkeys([self.what.rep.time_zone, *(self._reps[key].time_zone for key in self.leaders)])
        return next(zone for zone in zones if self._position(zone, start) is not None)

    def _position(self, zone: str, start: datetime) -> int | None:
        starts = self.union.grid(zone).starts
        at = bisect_left(starts, start)
        return at if at < len(starts) and starts[at] == start else None

    def _free(self, key: str, zone: str, start: datetime) -> bool:
        if key not in self.diaries:
            return False
        if (key, zone) not in self._open:
            self._open[key, zone] = self.union.open(self.diaries[key], zone)
        position = self._position(zone, start)
        return position is not None and bool(self._open[key, zone] >> position & 1)

    def _why(self, rep: Rep) -> Left | None:
        """Why one who may lead has no slot; None for somebody who has."""
        found = self._unknown(rep) or self._in_the_way(rep)
        return Left(rep=rep.key, code=found[0], sentence=f"{rep.name} {found[1]}") if found else None

    def _unknown(self, rep: Rep) -> tuple[str, str] | None:
        if not rep.active:
            return Drop.INACTIVE.value, "is not active."
        if rep.key not in self.diaries:
            reason = why_unknown(self.readings, rep.key, self.span) or "it was not read"
            said = f"cannot be booked: the calendar cannot be read: {reason}. Nothing is offered until it can."
            return Drop.CALENDAR.value, said
        if not rep.working_hours and not rep.day_changes:
            return "no-hours", "has no working hours set."
        return None

    def _in_the_way(self, rep: Rep) -> tuple[str, str] | None:
        found = self.union.sift(self.diaries[rep.key])
        if not found.hours:
            first, last = (local_date(at, rep.time_zone) for at in (self.span.start, self.span.end))
            why = special(rep, first) if last - first <= timedelta(days=1) else None
            code = "holiday" if why and why.startswith("public holiday") else "no-hours"
            return code, f"does not work in that time{f': {why}' if why else ''}."
        if not found.present:
            return Drop.TIME_OFF.value, "is away in all of that time."
        if not found.free:
            length, days = self.what.rules.duration, self.what.rules.horizon.days
            when = f"the next {days} days" if self.span.end >= self.now + self.what.rules.horizon else "that time"
            return "nothing-free", f"has no free time of {length} in {when}."
        return None if found.open else ("full", "has as many appointments as the caps allow on every free day.")

    def _nobody_along(self) -> Iterator[Left]:
        for name in self.lacking:
            said = f"Pool {name}, which is to send somebody along, is gone from the policy."
            yield Left(rep=name, code="nobody-along", sentence=said)
        for band in self.bands:
            if not any(key in self.diaries and self.union.open(self.diaries[key]) for key in band.weights):
                said = f"Nobody of {band.name}, which is to send somebody along, is free in that time."
                yield Left(rep=band.name, code="nobody-along", sentence=said)

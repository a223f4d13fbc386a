"""One time, and all who might take part in an appointment then: who is free, and what is in the way of the others."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import LOST_TO_OTHERS, Obstacle, out_of_reach
from pointsman.domain.booking.earliest import Diary
from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.distribution.inputs import AskedTime
from pointsman.domain.roster.reps import Rep
from pointsman.services.availability.booking_context import Bookable, Taken
from pointsman.services.availability.companions import Band, around, bands, missing, together
from pointsman.services.calendars.busy_times import fetch_diaries, takes_part, why_unknown
from pointsman.services.calendars.readings import Reading
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.meeting import AppointmentRow, Companion
from pointsman.services.routing.lead_inputs import lead_facts

#: bookable.hindrance, lent by who asks.
Hindrance = Callable[[Bookable, Interval, Sequence[Interval], Taken, datetime], Obstacle | None]


@dataclass(slots=True, kw_only=True)
class Scene:
    """What is known of everybody at `wanted`."""

    what: Bookable
    wanted: Interval
    now: datetime
    readings: Mapping[str, Reading]
    diaries: Mapping[str, Diary]
    bands: tuple[Band, ...]
    counts: Mapping[UUID, int]
    before: AppointmentRow | None
    hindrance: Hindrance
    gone_pools: tuple[str, ...] = ()
    _times: dict[str, Obstacle | None] = field(default_factory=dict)

    @property
    def reps(self) -> Mapping[str, Rep]:
        return self.what.known.roster.reps

    @property
    def calendars(self) -> Mapping[str, CalendarState]:
        return {key: reading.state for key, reading in self.readings.items()}

    @property
    def asked(self) -> AskedTime:
        """The time for a decision: everybody who cannot lead the appointment, and how many those have who can."""
        obstacles = {key: why.sentence for key in self.reps if (why := self._not_to_lead(key)) is not None}
        counts = {key: self.counts.get(rep.id, 0) for key, rep in self.reps.items() if key not in obstacles}
        return AskedTime(start=self.wanted.start, end=self.wanted.end, obstacles=obstacles, appointments=counts)

    def time_of(self, key: str) -> Obstacle | None:
        """What is in the way of one person at that time, alone."""
        if key not in self._times:
            self._times[key] = self._time_of(key)
        return self._times[key]

    def obstacle_of(self, key: str) -> Obstacle | None:
        """What keeps somebody from leading the appointment then: their own time, or nobody who could come along."""
        own = self.time_of(key)
        if own is not None or not (self.bands or self.gone_pools):
            return own
        if self.gone_pools or self._company(key) is None:
            names = ", ".join(self.gone_pools or [band.name for band in self.bands])
            return Obstacle(code="nobody-along", sentence=f"Nobody of {names} can come along then.")
        return None

    @property
    def hopeless(self) -> bool:
        """Whether nobody at all could lead the appointment then, whatever the rules say."""
        return all(self.obstacle_of(key) is not None for key in self._leaders())

    def companions_of(self, key: str) -> tuple[Companion, ...]:
        """Who comes along when `key`, who is free, leads."""
        return self._company(key) or ()

    def in_everybodys_way(self, *, besides: str | None = None) -> Obstacle:
        """Why nobody can be booked, in words that name nobody; `besides` is not asked."""
        found = [self.obstacle_of(key) for key in self.readings if key in self._leaders() and key != besides]
        codes = {why.code for why in found if why is not None}
        if len(codes) == 1 and None not in found and codes <= {"too-soon", "too-far", "nobody-along"}:
            return next(why for why in found if why is not None)
        if codes == {"calendar-unreadable"} and None not in found:
            said = "No calendar of those who may take this lead can be read."
            return Obstacle(code="calendar-unreadable", sentence=said)
        lost = sorted(codes & LOST_TO_OTHERS)
        return Obstacle(
            code=lost[0] if lost else "nobody-free", sentence="Nobody who may take this lead can be booked then."
        )

    def _leaders(self) -> frozenset[str]:
        return leaders_of(self.what)

    def _not_to_lead(self, key: str) -> Obstacle | None:
        if key not in self._leaders():
            name = self.reps[key].name
            return Obstacle(code="not-asked", sentence=f"{name} is not in the pool whose slots are offered.")
        return self.obstacle_of(key)

    def _company(self, key: str) -> tuple[Companion, ...] | None:
        if not self.bands:
            return ()
        return together(self.bands, key, self.reps, self.time_of, self.counts, before=self.before)

    def _time_of(self, key: str) -> Obstacle | None:
        rep = self.reps.get(key)
        if rep is None or not rep.active:
            return Obstacle(code="rep-inactive", sentence=f"{rep.name if rep else key} is not active.")
        if (never := out_of_reach(self.wanted, self.what.rules, self.now)) is not None:
            return never
        if (why := why_unknown(self.readings, key, self.wanted)) is not None:
            said = f"{rep.name}'s calendar cannot be read ({why})."
            return Obstacle(code="calendar-unreadable", sentence=said)
        diary = self.diaries[key]
        gone = Taken(reservations=diary.reservations, meetings=list(diary.meetings))
        return self.hindrance(for_rep(self.what, rep), self.wanted, diary.busy, gone, self.now)


def leaders_of(what: Bookable) -> frozenset[str]:
    """The holder, and everybody in the pool that gave the lead away; where a human did, in any pool of that work."""
    if what.pool is not None:
        return frozenset({what.rep.key, *(member.rep for member in what.pool.members)})
    pools = what.known.policy.policy.pools.values()
    return frozenset({what.rep.key, *(m.rep for pool in pools if pool.work == what.held.work for m in pool.members)})


def for_rep(what: Bookable, rep: Rep) -> Bookable:
    """`what`, asked of somebody else by the same rules."""
    if rep.key == what.rep.key:
        return what
    return Bookable(
        lead=what.lead,
        held=what.held,
        rep=rep,
        rules=what.rules,
        check=what.check,
        known=what.known,
        pool=what.pool,
    )


async def look(
    env: Env,
    tx: Tx,
    what: Bookable,
    wanted: Interval,
    readings: Mapping[str, Reading],
    *,
    anybody: bool,
    moving: UUID | None,
    hold: UUID | None,
    hindrance: Hindrance,
    only: Collection[str] | None = None,
) -> Scene:
    """Everybody at one time: the holder, with `anybody` the whole pool, and who might come along (`only` these, if given)."""
    now = env.clock()
    before = await tx.appointments.get(moving) if moving else None
    names = what.rules.together
    found = await _bands(tx, what, wanted, now) if names and only is None else ()
    keys = {what.rep.key, *(leaders_of(what) if anybody else ()), *(only or ())}
    keys |= {key for band in found for key in band.weights}
    reps = [rep for key in sorted(keys) if (rep := what.known.roster.reps.get(key)) is not None and rep.active]
    diaries = await fetch_diaries(tx, reps, readings, wanted, moving=before, hold=hold)
    scene = Scene(
        what=what,
        wanted=wanted,
        now=now,
        readings=readings,
        diaries=diaries,
        bands=found,
        counts={},
        before=before,
        hindrance=hindrance,
        gone_pools=missing(what.known, names) if only is None else (),
    )
    free = [diary.rep.id for key, diary in diaries.items() if scene.time_of(key) is None]
    if free and (
        anybody or found
    ):  # else there is nothing to share out: of many who want one time, most find nobody free
        scene.counts = await _counts(tx, free, wanted, before)
    return scene


async def _counts(
    tx: Tx, rep_ids: Sequence[UUID], wanted: Interval, before: AppointmentRow | None
) -> Mapping[UUID, int]:
    """How many appointments each has around `wanted`; `before`, which is being moved, is none."""
    counts = dict(await tx.appointments.counts(rep_ids, around(wanted)))
    if before is not None and around(wanted).start <= before.starts_at < around(wanted).end:
        for rep_id in takes_part(before) & counts.keys():
            counts[rep_id] -= 1
    return counts


async def _bands(tx: Tx, what: Bookable, wanted: Interval, now: datetime) -> tuple[Band, ...]:
    context = await tx.decisions.context(what.lead.id, at=now)
    facts = what.known.policy.enriched(lead_facts(what.lead, context, what.known.policy, now), now)
    return bands(what.known, what.rules.together, facts, wanted)

"""What keeps one rep from a waiting lead at a given time, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.dates.local_time import next_day, next_hour, next_week
from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.weights import ramp_state
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.roster.working_hours import away_until, is_at_work
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.next_openings import next_capacity, next_presence

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepObstacle:
    """What keeps one rep from the lead, until when (None: for an unknown time), and on whose clock."""

    code: DropReason
    at: datetime | None
    zone: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepObstacles:
    """The obstacles of one rep of one pool, for one waiting lead."""

    rep: Rep
    pool: Pool
    decision: Decision
    policy: Policy
    inputs: RoutingInputs

    def obstacles(self, at: datetime) -> Iterator[RepObstacle]:
        """What would stand in the way at `at`; each ends later than that, or at no known time."""
        yield from self._capacity(at)
        yield from self._ramp(at)
        yield from self._absence(at)
        rep, inputs = self.rep, self.inputs
        yield from self._caps(at, rep.caps, inputs.loads.get(rep.key))
        for category in self._categories():
            load = inputs.category_loads[category][rep.key]
            for bar in self._caps(at, rep.caps.categories[category], load, of=f" for {category}"):
                yield replace(bar, code=DropReason.CAP_CATEGORY)

    def _capacity(self, at: datetime) -> Iterator[RepObstacle]:
        rules, supplier = self.policy.suppliers.get(self.rep.supplier), self.rep.supplier
        if rules is None:
            return
        free = next_capacity(rules, self.inputs.supplier_loads.get(supplier, RepLoad()), self.inputs.now, at)
        if free != at:
            words = f"{supplier} has capacity again on" if free else f"{supplier} gets capacity, or closes a lead"
            yield RepObstacle(code=DropReason.SUPPLIER_CAPACITY, at=free, zone=rules.time_zone, sentence=words)

    def _ramp(self, at: datetime) -> Iterator[RepObstacle]:
        found, name = ramp_state(self.pool, self.rep, at), self.rep.name
        if not found.percent:
            words = f"{name}'s ramp-up gives turns from" if found.rises_at else f"The ramp-up gives {name} turns again"
            yield RepObstacle(code=DropReason.RAMP_UP, at=found.rises_at, zone=self.pool.time_zone, sentence=words)

    def _absence(self, at: datetime) -> Iterator[RepObstacle]:
        rep, zone = self.rep, self.rep.time_zone
        back = away_until(rep, at)
        if back is not None and self.pool.books_ahead:
            if back >= at + self.pool.booking.horizon:
                offered = back - self.pool.booking.horizon + _SECOND
                words = f"Time of {rep.name} can be offered from"
                yield RepObstacle(code=DropReason.TIME_OFF, at=offered, zone=zone, sentence=words)
        elif back is not None:
            yield RepObstacle(code=DropReason.TIME_OFF, at=back, zone=zone, sentence=f"{rep.name} is back on")
        elif self.pool.immediate and not is_at_work(rep, at):
            start = next_presence(rep, at, in_hours=True)
            words = f"{rep.name} is at work on" if start else f"{rep.name} has working hours"
            yield RepObstacle(code=DropReason.OUTSIDE_HOURS, at=start, zone=zone, sentence=words)

    def _caps(self, at: datetime, caps: Caps, load: RepLoad | None, *, of: str = "") -> Iterator[RepObstacle]:
        name, zone, load = self.rep.name, self.pool.time_zone, load or RepLoad()
        for code, cap, count, period, begins in (
            (DropReason.CAP_HOUR, caps.per_hour, load.hour, "hour", next_hour),
            (DropReason.CAP_DAY, caps.per_day, load.day, "day", next_day),
            (DropReason.CAP_WEEK, caps.per_week, load.week, "week", next_week),
        ):
            anew = begins(self.inputs.now, zone)
            if cap == 0:
                yield RepObstacle(
                    code=code, at=None, zone=zone, sentence=f"{name}'s cap per {period}{of}, now 0, is raised"
                )
            elif cap is not None and count >= cap and at < anew:
                words = f"{name}'s cap of {cap} per {period}{of} starts anew on"
                yield RepObstacle(code=code, at=anew, zone=zone, sentence=words)
        if caps.open_load is not None and load.open >= caps.open_load:
            words = f"One of {name}'s {load.open} open leads{of} is closed or moved, or the cap is raised"
            yield RepObstacle(code=DropReason.CAP_OPEN, at=None, zone=zone, sentence=words)

    def _categories(self) -> list[str]:
        """Those that this rep was counted for: the waited-for rule's, or else those of the rules after it."""
        counted = [c for c in self.rep.caps.categories if self.rep.key in self.inputs.category_loads.get(c, {})]
        return [self.decision.category] if self.decision.category in counted else counted

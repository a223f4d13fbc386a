"""What keeps one rep from a waiting lead at a given time, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pointsman.domain.dates.local_time import next_day, next_hour, next_week, to_local_time
from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.weights import ramp_state
from pointsman.domain.messages.message import Arg, Message, Named, rep_name, say, supplier_name
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.roster.working_hours import away_until, is_at_work
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision
from pointsman.domain.routing.next_openings import next_capacity, next_presence

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepObstacle:
    """What keeps one rep from the lead, and until when (None: for an unknown time)."""

    code: DropReason
    at: datetime | None
    sentence: Message  # what ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class RepObstacles:
    """The obstacles of one rep of one pool, for one waiting lead."""

    rep: Rep
    pool: Pool
    decision: Decision
    policy: Policy
    inputs: RoutingInputs

    @property
    def _name(self) -> Named:
        return rep_name(self.rep.key)

    def obstacles(self, at: datetime) -> Iterator[RepObstacle]:
        """What would stand in the way at `at`; each ends later than that, or at no known time."""
        yield from self._capacity(at)
        yield from self._ramp(at)
        yield from self._absence(at)
        rep, inputs = self.rep, self.inputs
        yield from self._caps(at, rep.caps, inputs.loads.get(rep.key))
        for category in self._categories():
            load = inputs.category_loads[category][rep.key]
            for bar in self._caps(at, rep.caps.categories[category], load, category=category):
                yield replace(bar, code=DropReason.CAP_CATEGORY)

    def _capacity(self, at: datetime) -> Iterator[RepObstacle]:
        rules, supplier = self.policy.suppliers.get(self.rep.supplier), supplier_name(self.rep.supplier)
        if rules is None:
            return
        free = next_capacity(rules, self.inputs.supplier_loads.get(supplier.key, RepLoad()), self.inputs.now, at)
        if free is None:
            words = say("waiting.supplier-capacity", supplier=supplier)
            yield RepObstacle(code=DropReason.SUPPLIER_CAPACITY, at=None, sentence=words)
        elif free != at:
            words = say("waiting.supplier-capacity-on", supplier=supplier, at=to_local_time(free, rules.time_zone))
            yield RepObstacle(code=DropReason.SUPPLIER_CAPACITY, at=free, sentence=words)

    def _ramp(self, at: datetime) -> Iterator[RepObstacle]:
        found = ramp_state(self.pool, self.rep, at)
        if found.percent:
            return
        words = say("waiting.ramp-up", rep=self._name)
        if found.rises_at:
            words = say("waiting.ramp-up-from", rep=self._name, at=to_local_time(found.rises_at, self.pool.time_zone))
        yield RepObstacle(code=DropReason.RAMP_UP, at=found.rises_at, sentence=words)

    def _absence(self, at: datetime) -> Iterator[RepObstacle]:
        rep, zone = self.rep, self.rep.time_zone
        back = away_until(rep, at)
        if back is not None and self.pool.books_ahead:
            if back >= at + self.pool.booking.horizon:
                offered = back - self.pool.booking.horizon + _SECOND
                words = say("waiting.offered-from", rep=self._name, at=to_local_time(offered, zone))
                yield RepObstacle(code=DropReason.TIME_OFF, at=offered, sentence=words)
        elif back is not None:
            words = say("waiting.back", rep=self._name, at=to_local_time(back, zone))
            yield RepObstacle(code=DropReason.TIME_OFF, at=back, sentence=words)
        elif self.pool.immediate and not is_at_work(rep, at):
            start = next_presence(rep, at, in_hours=True)
            words = say("waiting.has-hours", rep=self._name)
            if start:
                words = say("waiting.at-work", rep=self._name, at=to_local_time(start, zone))
            yield RepObstacle(code=DropReason.OUTSIDE_HOURS, at=start, sentence=words)

    def _caps(
        self, at: datetime, caps: Caps, load: RepLoad | None, *, category: str | None = None
    ) -> Iterator[RepObstacle]:
        zone, load = self.pool.time_zone, load or RepLoad()
        told: dict[str, Arg] = {"rep": self._name, **({"category": category} if category else {})}
        for code, cap, count, period, begins in (
            (DropReason.CAP_HOUR, caps.per_hour, load.hour, say("waiting.per-hour"), next_hour),
            (DropReason.CAP_DAY, caps.per_day, load.day, say("waiting.per-day"), next_day),
            (DropReason.CAP_WEEK, caps.per_week, load.week, say("waiting.per-week"), next_week),
        ):
            anew = begins(self.inputs.now, zone)
            if cap == 0:
                key = "waiting.cap-raised-of-category" if category else "waiting.cap-raised"
                yield RepObstacle(code=code, at=None, sentence=say(key, **told, period=period))
            elif cap is not None and count >= cap and at < anew:
                key = "waiting.cap-anew-of-category" if category else "waiting.cap-anew"
                words = say(key, **told, period=period, cap=cap, at=to_local_time(anew, zone))
                yield RepObstacle(code=code, at=anew, sentence=words)
        if caps.open_load is not None and load.open >= caps.open_load:
            key = "waiting.open-leads-of-category" if category else "waiting.open-leads"
            yield RepObstacle(code=DropReason.CAP_OPEN, at=None, sentence=say(key, **told, open=load.open))

    def _categories(self) -> list[str]:
        """Those that this rep was counted for: the waited-for rule's, or else those of the rules after it."""
        counted = [c for c in self.rep.caps.categories if self.rep.key in self.inputs.category_loads.get(c, {})]
        return [self.decision.category] if self.decision.category in counted else counted

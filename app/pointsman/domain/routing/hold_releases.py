"""What would let a waiting lead go on, read off the decision that made it wait: what has a known moment comes first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pointsman.domain.dates.local_time import next_day, next_hour, next_week, to_local_time
from pointsman.domain.distribution.candidate import Candidate, DropReason
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.weights import ramp_state
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.roster.roles import Work
from pointsman.domain.roster.working_hours import away_until, is_at_work
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision, DecisionOutcome, HoldReason
from pointsman.domain.routing.next_openings import next_capacity, next_presence
from pointsman.domain.text.formatting import join_with_and

#: More than these are not kept with a hold.
MAX_RELEASES = 20

ADD_REP = "add-rep"
_SECOND = timedelta(seconds=1)
_MOST_STEPS = 1_000  # from one thing in the way to the next, before we give up
#: These pass with time alone, or would if nothing else stood in the way.
_TIMED = frozenset(
    {
        DropReason.SUPPLIER_CAPACITY,
        DropReason.RAMP_UP,
        DropReason.TIME_OFF,
        DropReason.OUTSIDE_HOURS,
        DropReason.CAP_HOUR,
        DropReason.CAP_DAY,
        DropReason.CAP_WEEK,
        DropReason.CAP_OPEN,
        DropReason.CAP_CATEGORY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRelease:
    """One thing that would release the lead. `at` is None where its time cannot be known."""

    code: str
    sentence: str
    rep: str | None = None
    pool: str | None = None
    at: datetime | None = None
    needs: tuple[str, ...] = ()  # evidence, for a gate

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "rep": self.rep,
            "pool": self.pool,
            "at": self.at.isoformat() if self.at else None,
            "sentence": self.sentence,
            "needs": list(self.needs),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Obstacle:
    """What keeps one rep from the lead, until when (None: for an unknown time), and on whose clock."""

    code: DropReason
    at: datetime | None
    zone: str
    sentence: str


def find_releases(
    decision: Decision, policy: Policy, inputs: RoutingInputs, gate: GateResult | None = None
) -> tuple[HoldRelease, ...]:
    """Everything that would release a held lead, the earliest first; nothing for a lead that does not wait.

    `gate` is what the gate says of the lead's evidence, where the lead waits for it to open.
    """
    if decision.outcome is not DecisionOutcome.HELD:
        return ()
    found = list(_all(decision, policy, inputs, gate))
    timed = sorted((r for r in found if r.at is not None), key=lambda r: (r.at, r.rep or ""))
    return (*timed, *(r for r in found if r.at is None))[:MAX_RELEASES]


def next_release_at(found: Iterable[HoldRelease]) -> datetime | None:
    """The earliest known moment of release."""
    return min((release.at for release in found if release.at is not None), default=None)


def same_releases(stored: Iterable[Mapping[str, Any]], found: Iterable[HoldRelease]) -> bool:
    """Whether what is stored with a hold still says the same, whatever the words."""
    old = [(r["code"], r["rep"], r["pool"], r["at"], tuple(r["needs"])) for r in stored]
    new = [r.as_json() for r in found]
    return old == [(r["code"], r["rep"], r["pool"], r["at"], tuple(r["needs"])) for r in new]


def _all(decision: Decision, policy: Policy, inputs: RoutingInputs, gate: GateResult | None) -> Iterator[HoldRelease]:
    if decision.hold_reason is HoldReason.NO_RULE:
        yield HoldRelease(
            code=HoldReason.NO_RULE,
            sentence="A rule that matches this lead is published; one without 'when' at the end catches the rest",
        )
    elif decision.hold_reason is HoldReason.GATE_CLOSED:
        yield _gate(decision.work, gate)
    elif not decision.candidates:
        pool = decision.pool
        sentence = f"Reps are put into pool {pool}" if pool else "The pool that the rule names is published"
        yield HoldRelease(code=HoldReason.POOL_EMPTY, pool=pool, sentence=sentence)
    for name in dict.fromkeys(candidate.pool for candidate in decision.candidates):
        here = [candidate for candidate in decision.candidates if candidate.pool == name]
        yield from _of_pool(name, policy.pools[name], here, decision, policy, inputs)


def _gate(work: Work | None, gate: GateResult | None) -> HoldRelease:
    if gate is None or gate.passed:
        return HoldRelease(
            code=HoldReason.GATE_CLOSED, sentence=f"The lead is handed over for {work or 'this work'} again"
        )
    return HoldRelease(
        code=HoldReason.GATE_CLOSED,
        needs=tuple(m.what for m in (*gate.missing, *gate.refused)),
        sentence=f"The lead is handed over with what the gate asks for: {lacking(gate)}",
    )


def lacking(gate: GateResult) -> str:
    """What a gate that is not passed asks for, and how to give it."""
    evidence = [f"{m.what} ({m.how})" for m in (*gate.missing, *gate.refused)]
    return join_with_and([*evidence, *(leaf.words for leaf in gate.failed_conditions)])


def _of_pool(
    name: str, pool: Pool, candidates: list[Candidate], decision: Decision, policy: Policy, inputs: RoutingInputs
) -> Iterator[HoldRelease]:
    known = False
    for candidate in candidates:
        rep = inputs.roster.reps.get(candidate.rep)
        # A past holder never gets the lead again, so their return changes nothing.
        if candidate.rep in inputs.past_holders or candidate.code is None:
            continue
        release = _release_by_rep(candidate.code, rep, pool, decision, policy, inputs) if rep else None
        if release is not None:
            known = True
            yield replace(release, rep=candidate.rep, pool=name)
    if not known:
        sentence = f"Somebody who may take this lead for {pool.work} is put into pool {name}"
        yield HoldRelease(code=ADD_REP, pool=name, sentence=sentence)


def _release_by_rep(
    code: str, rep: Rep, pool: Pool, decision: Decision, policy: Policy, inputs: RoutingInputs
) -> HoldRelease | None:
    if code in _TIMED:
        return _timed_release(rep, pool, decision, policy, inputs)
    sentence = {
        DropReason.INACTIVE.value: f"{rep.name} is active again and takes turns",
        DropReason.CALENDAR.value: f"{rep.name}'s calendar can be read again",
        DropReason.NO_SLOT.value: f"Time becomes free in {rep.name}'s calendar",
        DropReason.GATE.value: f"The gate for {pool.work} opens, or {rep.name} gets an override",
        DropReason.NOT_OWNER.value: f"{rep.name} becomes the owner of the contact or the account",
    }.get(code)  # role, skills, barred: waiting changes nothing, and roles are not to be bent
    return HoldRelease(code=code, sentence=sentence) if sentence else None


def _timed_release(
    rep: Rep, pool: Pool, decision: Decision, policy: Policy, inputs: RoutingInputs
) -> HoldRelease | None:
    """The first moment at which nothing stands in this rep's way any more; or what has no known end."""
    case = _WaitingOn(rep=rep, pool=pool, decision=decision, policy=policy, inputs=inputs)
    at, last = inputs.now, None
    for _ in range(_MOST_STEPS):
        bar = next(case.obstacles(at), None)
        if bar is None:
            if last is None:
                return None
            return HoldRelease(
                code=last.code, at=at.astimezone(UTC), sentence=f"{last.sentence} {_shown(at, last.zone)}"
            )
        if bar.at is None:
            return HoldRelease(code=bar.code, sentence=bar.sentence)
        at, last = bar.at, bar
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _WaitingOn:
    """One rep, one pool, one waiting lead."""

    rep: Rep
    pool: Pool
    decision: Decision
    policy: Policy
    inputs: RoutingInputs

    def obstacles(self, at: datetime) -> Iterator[_Obstacle]:
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

    def _capacity(self, at: datetime) -> Iterator[_Obstacle]:
        rules, supplier = self.policy.suppliers.get(self.rep.supplier), self.rep.supplier
        if rules is None:
            return
        free = next_capacity(rules, self.inputs.supplier_loads.get(supplier, RepLoad()), self.inputs.now, at)
        if free != at:
            words = f"{supplier} has capacity again on" if free else f"{supplier} gets capacity, or closes a lead"
            yield _Obstacle(code=DropReason.SUPPLIER_CAPACITY, at=free, zone=rules.time_zone, sentence=words)

    def _ramp(self, at: datetime) -> Iterator[_Obstacle]:
        found, name = ramp_state(self.pool, self.rep, at), self.rep.name
        if not found.percent:
            words = f"{name}'s ramp-up gives turns from" if found.rises_at else f"The ramp-up gives {name} turns again"
            yield _Obstacle(code=DropReason.RAMP_UP, at=found.rises_at, zone=self.pool.time_zone, sentence=words)

    def _absence(self, at: datetime) -> Iterator[_Obstacle]:
        rep, zone = self.rep, self.rep.time_zone
        back = away_until(rep, at)
        if back is not None and self.pool.books_ahead:
            if back >= at + self.pool.booking.horizon:
                offered = back - self.pool.booking.horizon + _SECOND
                words = f"Time of {rep.name} can be offered from"
                yield _Obstacle(code=DropReason.TIME_OFF, at=offered, zone=zone, sentence=words)
        elif back is not None:
            yield _Obstacle(code=DropReason.TIME_OFF, at=back, zone=zone, sentence=f"{rep.name} is back on")
        elif self.pool.immediate and not is_at_work(rep, at):
            start = next_presence(rep, at, in_hours=True)
            words = f"{rep.name} is at work on" if start else f"{rep.name} has working hours"
            yield _Obstacle(code=DropReason.OUTSIDE_HOURS, at=start, zone=zone, sentence=words)

    def _caps(self, at: datetime, caps: Caps, load: RepLoad | None, *, of: str = "") -> Iterator[_Obstacle]:
        name, zone, load = self.rep.name, self.pool.time_zone, load or RepLoad()
        for code, cap, count, period, begins in (
            (DropReason.CAP_HOUR, caps.per_hour, load.hour, "hour", next_hour),
            (DropReason.CAP_DAY, caps.per_day, load.day, "day", next_day),
            (DropReason.CAP_WEEK, caps.per_week, load.week, "week", next_week),
        ):
            anew = begins(self.inputs.now, zone)
            if cap == 0:
                yield _Obstacle(
                    code=code, at=None, zone=zone, sentence=f"{name}'s cap per {period}{of}, now 0, is raised"
                )
            elif cap is not None and count >= cap and at < anew:
                words = f"{name}'s cap of {cap} per {period}{of} starts anew on"
                yield _Obstacle(code=code, at=anew, zone=zone, sentence=words)
        if caps.open_load is not None and load.open >= caps.open_load:
            words = f"One of {name}'s {load.open} open leads{of} is closed or moved, or the cap is raised"
            yield _Obstacle(code=DropReason.CAP_OPEN, at=None, zone=zone, sentence=words)

    def _categories(self) -> list[str]:
        """Those that this rep was counted for: the waited-for rule's, or else those of the rules after it."""
        counted = [c for c in self.rep.caps.categories if self.rep.key in self.inputs.category_loads.get(c, {})]
        return [self.decision.category] if self.decision.category in counted else counted


def _shown(at: datetime, zone: str) -> str:
    return f"{to_local_time(at, zone):%a %Y-%m-%d %H:%M} ({zone})"

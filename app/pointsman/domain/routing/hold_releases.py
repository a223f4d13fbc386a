"""What would let a waiting lead go on, read off the decision that made it wait: what has a known moment comes first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pointsman.domain.distribution.candidate import Candidate, DropReason
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision, DecisionOutcome, HoldReason
from pointsman.domain.routing.rep_obstacles import RepObstacles

#: More than these are not kept with a hold.
MAX_RELEASES = 20

ADD_REP = "add-rep"
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
    sentence: Message
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
            "sentence": self.sentence.as_json(),
            "needs": list(self.needs),
        }


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
    """Whether the releases stored with a hold are the same, apart from the words."""
    old = [(r["code"], r["rep"], r["pool"], r["at"], tuple(r["needs"])) for r in stored]
    new = [r.as_json() for r in found]
    return old == [(r["code"], r["rep"], r["pool"], r["at"], tuple(r["needs"])) for r in new]


def _all(decision: Decision, policy: Policy, inputs: RoutingInputs, gate: GateResult | None) -> Iterator[HoldRelease]:
    if decision.hold_reason is HoldReason.NO_RULE:
        work = decision.work
        sentence = say("waiting.rule-for", work=work_name(work)) if work else say("waiting.rule")
        yield HoldRelease(code=HoldReason.NO_RULE, sentence=sentence)
    elif decision.hold_reason is HoldReason.GATE_CLOSED:
        yield _gate(decision.work, gate)
    elif not decision.candidates:
        pool = decision.pool
        sentence = say("waiting.pool-filled", pool=pool) if pool else say("waiting.pool-published")
        yield HoldRelease(code=HoldReason.POOL_EMPTY, pool=pool, sentence=sentence)
    for name in dict.fromkeys(candidate.pool for candidate in decision.candidates):
        here = [candidate for candidate in decision.candidates if candidate.pool == name]
        yield from _of_pool(name, policy.pools[name], here, decision, policy, inputs)


def _gate(work: Work | None, gate: GateResult | None) -> HoldRelease:
    if gate is None or gate.passed:
        again = say("waiting.handed-over", work=work_name(work)) if work else say("waiting.handed-over-again")
        return HoldRelease(code=HoldReason.GATE_CLOSED, sentence=again)
    return HoldRelease(
        code=HoldReason.GATE_CLOSED,
        needs=tuple(m.what for m in (*gate.missing, *gate.refused)),
        sentence=say("waiting.gate-asks", lacking=lacking(gate)),
    )


def lacking(gate: GateResult) -> tuple[Message, ...]:
    """What a gate that is not passed asks for, and how to give it."""
    evidence = [say("waiting.evidence", what=m.what, how=m.how) for m in (*gate.missing, *gate.refused)]
    return (*evidence, *(leaf.words for leaf in gate.failed_conditions))


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
        sentence = say("waiting.somebody", work=work_name(pool.work), pool=name)
        yield HoldRelease(code=ADD_REP, pool=name, sentence=sentence)


def _release_by_rep(
    code: str, rep: Rep, pool: Pool, decision: Decision, policy: Policy, inputs: RoutingInputs
) -> HoldRelease | None:
    if code in _TIMED:
        return _timed_release(rep, pool, decision, policy, inputs)
    name = rep_name(rep.key)
    sentence = {
        DropReason.INACTIVE.value: say("waiting.active-again", rep=name),
        DropReason.CALENDAR.value: say("waiting.calendar-readable", rep=name),
        DropReason.NO_SLOT.value: say("waiting.time-free", rep=name),
        DropReason.GATE.value: say("waiting.gate-or-override", work=work_name(pool.work), rep=name),
        DropReason.NOT_OWNER.value: say("waiting.becomes-owner", rep=name),
    }.get(code)  # role, skills, barred: waiting changes nothing, and roles are not to be bent
    return HoldRelease(code=code, sentence=sentence) if sentence else None


def _timed_release(
    rep: Rep, pool: Pool, decision: Decision, policy: Policy, inputs: RoutingInputs
) -> HoldRelease | None:
    """The first moment at which nothing stands in this rep's way any more; or what has no known end."""
    case = RepObstacles(rep=rep, pool=pool, decision=decision, policy=policy, inputs=inputs)
    at, last = inputs.now, None
    for _ in range(_MOST_STEPS):
        bar = next(case.obstacles(at), None)
        if bar is None:
            if last is None:
                return None
            return HoldRelease(code=last.code, at=at.astimezone(UTC), sentence=last.sentence)
        if bar.at is None:
            return HoldRelease(code=bar.code, sentence=bar.sentence)
        at, last = bar.at, bar
    return None

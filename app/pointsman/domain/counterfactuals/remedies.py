"""What would change where a lead goes: time, evidence, facts, a rep's absence, or a human's explicit exception.

Nothing here offers work to a rep whose role does not include it, except by naming the override that it would take.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pointsman.domain.counterfactuals.near_misses import NearMisses
from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.distribution.inputs import RoutingInputs
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.policy.document import Rule
from pointsman.domain.roster.roles import GATED_WORKS, Work, work_name
from pointsman.domain.routing.decide import decide
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult
from pointsman.domain.routing.hold_releases import find_releases, lacking
from pointsman.domain.routing.plan import RoutingPlan

MAX_REMEDIES = 20
_OVERRIDES = 3
OVERRIDE_CODE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """One thing that would change the outcome; `at` where the moment is known, `needs` what evidence is asked for."""

    code: str
    sentence: Message
    rep: str | None = None
    pool: str | None = None
    work: Work | None = None
    at: datetime | None = None
    needs: tuple[str, ...] = ()


def find_remedies(
    plan: RoutingPlan, inputs: RoutingInputs, decision: Decision, near: NearMisses, gate: GateResult | None = None
) -> tuple[Remedy, ...]:
    """What would change this decision, what has a known moment first. `gate` is what the closing gate says of the lead."""
    found: list[Remedy] = []
    if decision.outcome is DecisionOutcome.HELD:
        found += _releases(plan, inputs, decision, gate)
    elif any(step.result is StepResult.GATE_CLOSED for step in decision.steps):
        found += _gate(plan, decision, gate)
    found += _facts(plan, decision, near)
    found += _absence(plan, inputs, decision)
    found += _overrides(plan, inputs, decision)
    return tuple(found[:MAX_REMEDIES])


def _releases(
    plan: RoutingPlan, inputs: RoutingInputs, decision: Decision, gate: GateResult | None
) -> Iterator[Remedy]:
    """What releases the hold. A rep whose role forbids the work is listed only with the override that allows it."""
    pools = plan.compiled.policy.pools
    for release in find_releases(decision, plan.compiled.policy, inputs, gate):
        work = pools[release.pool].work if release.pool in pools else decision.work
        rep = inputs.roster.reps.get(release.rep or "")
        code, sentence = release.code, release.sentence
        if rep is not None and work is not None and not rep.role.allows(work):
            if (rep.key, work) not in inputs.overrides:
                continue
            code, sentence = OVERRIDE_CODE, say("explanation.and-takes-it", release=sentence)
        yield Remedy(
            code=code,
            sentence=sentence,
            rep=release.rep,
            pool=release.pool,
            work=work,
            at=release.at,
            needs=release.needs,
        )


def _gate(plan: RoutingPlan, decision: Decision, gate: GateResult | None) -> Iterator[Remedy]:
    """The lead took another way because a gate is shut: what opens it."""
    for work in sorted(_shut(plan, decision)):
        known = gate is not None and work is Work.CLOSING and not gate.passed
        state = plan.gates.get(work)
        unpassed = state.reason if state else say("explanation.not-passed")
        yield Remedy(
            code=StepResult.GATE_CLOSED.value,
            work=work,
            needs=tuple(m.what for m in (*gate.missing, *gate.refused)) if gate and known else (),
            sentence=say(
                "explanation.gate-opens",
                work=work_name(work),
                asked=lacking(gate) if gate and known else (unpassed,),
            ),
        )


def _shut(plan: RoutingPlan, decision: Decision) -> set[Work]:
    """The works whose gate kept a rule from taking the lead."""
    passed_over = {step.rule for step in decision.steps if step.result is StepResult.GATE_CLOSED}
    rules = [rule for rule in plan.compiled.policy.rules if rule.name in passed_over]
    return {work for rule in rules for work in _works(plan, rule) if not _open(plan, work)}


def _works(plan: RoutingPlan, rule: Rule) -> Iterator[Work]:
    pools = plan.compiled.policy.pools
    yield from (pools[name].work for name in (rule.pool, rule.fallback_pool) if name in pools)


def _facts(plan: RoutingPlan, decision: Decision, near: NearMisses) -> Iterator[Remedy]:
    """The nearest rule that would send the lead elsewhere."""
    for miss in near.nearest:
        guess = miss.would_match_if
        if guess is not None and guess.proven and _elsewhere(plan, decision, plan.compiled.policy.rules[miss.position]):
            yield Remedy(code="facts", sentence=say("explanation.if-facts", facts=guess.sentence, rule=miss.rule))
            return


def _elsewhere(plan: RoutingPlan, decision: Decision, rule: Rule) -> bool:
    """Whether `rule` may send the lead where it does not go now: not to the same pool, nor through a gate that is shut."""
    if rule.work is Work.NURTURE:
        return decision.outcome is not DecisionOutcome.NURTURE
    return rule.pool != decision.pool and (_open(plan, rule.work) or rule.work in plan.overridden)


def _absence(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision) -> Iterator[Remedy]:
    """The rep who would get the lead if the chosen one were a past holder."""
    if decision.rep is None or decision.turn is None:
        return
    owners = tuple(owner for owner in inputs.owners if owner.rep != decision.rep)
    again = decide(plan, replace(inputs, past_holders=inputs.past_holders | {decision.rep}, owners=owners))
    rep = rep_name(decision.rep)
    if again.rep is None or again.work is None:
        waits = again.outcome is DecisionOutcome.HELD
        sentence = say("explanation.without-waits", rep=rep) if waits else say("explanation.without-nurture", rep=rep)
        yield Remedy(code="another-rep", rep=None, sentence=sentence)
        return
    other = inputs.roster.reps[again.rep]
    allowed = other.role.allows(again.work) and _open(plan, again.work)
    told: dict[str, Arg] = {"rep": rep, "other": rep_name(again.rep), "work": work_name(again.work)}
    yield Remedy(
        code="another-rep" if allowed else OVERRIDE_CODE,
        rep=again.rep,
        pool=again.pool,
        work=again.work,
        sentence=say("explanation.without", **told) if allowed else say("explanation.without-by-override", **told),
    )


def _open(plan: RoutingPlan, work: Work) -> bool:
    state = plan.gates.get(work)
    gated = work in GATED_WORKS or work in plan.compiled.gated_works
    return not gated or (state is not None and state.is_open_at(plan.now))


def _overrides(plan: RoutingPlan, inputs: RoutingInputs, decision: Decision) -> Iterator[Remedy]:
    """The overrides that a human could give: for reps that only role or gate keeps from the lead."""
    pools = plan.compiled.policy.pools
    told = 0
    for candidate in decision.candidates:
        if candidate.code not in (DropReason.ROLE, DropReason.GATE) or candidate.rep not in inputs.roster.reps:
            continue
        work, name = pools[candidate.pool].work, rep_name(candidate.rep)
        sentence = say("explanation.override", rep=name, work=work_name(work), why=candidate.sentence)
        yield Remedy(code=OVERRIDE_CODE, sentence=sentence, rep=candidate.rep, pool=candidate.pool, work=work)
        told += 1
        if told == _OVERRIDES:
            return

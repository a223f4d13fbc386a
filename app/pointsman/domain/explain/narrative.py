"""A decision told in a few sentences, in the order in which it came about: rule, gate, pool, who was dropped, why this one."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.domain.counterfactuals.near_misses import NearMisses
from pointsman.domain.explain.turn_forecast import goes_by_likeness
from pointsman.domain.messages.message import Arg, Message, first_of, rep_name, say
from pointsman.domain.roster.roles import work_name
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult, TraceStep
from pointsman.domain.routing.plan import RoutingPlan

MAX_SENTENCES = 8
_NAMED = 3

_TOLD_RESULTS = frozenset(
    {StepResult.GATE_CLOSED, StepResult.OWNER_NOT_ELIGIBLE, StepResult.POOL_EMPTY, StepResult.NOBODY_ELIGIBLE}
)
#: Why a rule's own pool did not take the lead.
_POOL_FAILURES: Mapping[StepResult, Message] = MappingProxyType(
    {
        StepResult.GATE_CLOSED: say("explanation.because-of-gate"),
        StepResult.NOBODY_ELIGIBLE: say("explanation.because-nobody-eligible"),
        StepResult.POOL_EMPTY: say("explanation.because-pool-empty"),
    }
)


def summarise_decision(decision: Decision) -> Message:
    """The decision in one sentence."""
    if decision.outcome is DecisionOutcome.NURTURE:
        return _nurtured(decision)
    if decision.outcome is DecisionOutcome.HELD or decision.rep is None or decision.work is None:
        return decision.summary
    told: dict[str, Arg] = {
        "rep": rep_name(decision.rep),
        "work": work_name(decision.work),
        "rule": decision.rule,
        "why": why_message(decision),
    }
    if decision.summary.key == "routing.gets-by-override":
        return say("explanation.gets-by-override", **told)
    return say("explanation.gets", **told)


def why_message(decision: Decision) -> Message:
    """Why the chosen rep, as the last step of the trace has it."""
    why = dict(decision.steps[-1].sentence.args).get("why")
    return why if isinstance(why, Message) else decision.summary


def narrate_decision(
    plan: RoutingPlan, decision: Decision, near: NearMisses, turns: Mapping[str, int]
) -> tuple[Message, ...]:
    """Three to eight sentences; `turns` says in how many leads each other one has a turn."""
    told = [_asked(plan), *_tried(decision), *_pool(decision)]
    if decision.outcome is DecisionOutcome.ASSIGNED:
        told.append(decision.steps[-1].sentence)
        pool = plan.compiled.policy.pools.get(decision.pool or "")
        told += _after(decision, turns, like=goes_by_likeness(pool))
    elif decision.outcome is DecisionOutcome.NURTURE:
        told.append(say("explanation.marketing-keeps-in-touch"))
    else:
        told += _nearest(near)
        work = work_name(decision.work) if decision.work else say("explanation.a-rule")
        told.append(say("explanation.so-it-waits", work=work))
    return tuple(dict.fromkeys(told))[:MAX_SENTENCES]


def _nurtured(decision: Decision) -> Message:
    rule = decision.rule
    because = next(
        (_POOL_FAILURES[s.result] for s in decision.steps if s.rule == rule and s.result in _POOL_FAILURES), None
    )
    if because is None:
        return say("explanation.nurtured", rule=rule)
    return say("explanation.nurtured-then", rule=rule, because=because)


def _asked(plan: RoutingPlan) -> Message:
    compiled, purpose = plan.compiled, plan.purpose
    policy = say("explanation.policy", version=compiled.version) if compiled.version else say("explanation.draft")
    count = sum(purpose in (None, rule.work) for rule in compiled.policy.rules)
    if purpose is None:
        return say("explanation.rules", policy=policy, count=count)
    return say("explanation.rules-for", policy=policy, count=count, work=work_name(purpose))


def _tried(decision: Decision) -> list[Message]:
    """The rule that matched, and what was tried in vain before and after it, as it came about."""
    matched = [step for step in decision.steps if step.result is StepResult.MATCHED]
    if not matched:
        return [say("explanation.no-rule-matches")]
    decided = next((step for step in matched if step.rule == decision.rule), matched[-1])
    in_vain = [step for step in decision.steps if step.result in _TOLD_RESULTS][:_NAMED]
    return [
        _matched(step) if step is decided else step.sentence
        for step in decision.steps
        if step is decided or step in in_vain
    ]


def _matched(step: TraceStep) -> Message:
    true = tuple(leaf.words for leaf in step.leaves if leaf.outcome is True)[:_NAMED]
    gate = dict(step.sentence.args).get("gate")
    if not true:
        return step.sentence
    if gate is None:
        return say("explanation.matched", rule=step.rule, because=true)
    return say("explanation.matched-at-gate", rule=step.rule, because=true, gate=gate)


def _pool(decision: Decision) -> list[Message]:
    here = [c for c in decision.candidates if c.pool == decision.pool]
    if decision.outcome is not DecisionOutcome.ASSIGNED or not here:
        return []
    able = [rep_name(c.rep) for c in here if c.eligible]
    names = first_of(able, _NAMED)
    told = [
        say("explanation.may-take-it", pool=decision.pool, eligible=len(able), members=len(here), names=names),
    ]
    dropped: list[Arg] = [c.sentence for c in here if not c.eligible]
    if len(dropped) > _NAMED:
        dropped[_NAMED:] = [say("explanation.more-left-out", count=len(dropped) - _NAMED)]
    return [*told, say("routing.reasons", reasons=tuple(dropped))] if dropped else told


def _after(decision: Decision, turns: Mapping[str, int], *, like: bool) -> list[Message]:
    before, after = decision.ledger_before, decision.ledger_after
    if before is None or after is None or decision.rep is None or decision.turn is None:
        return []
    rep, was = rep_name(decision.rep), before.balance(decision.rep)
    shared = was + decision.turn.entitlement(decision.rep)
    told = say("explanation.balance", rep=rep, was=was, shared=shared, now=after.balance(decision.rep))
    following = next((other for other, count in turns.items() if count == 1), None)
    if following is None:
        return [told]
    named: dict[str, Arg] = {"balance": told, "next": rep_name(following), "rep": rep}
    return [say("explanation.then-like", **named) if like else say("explanation.then", **named)]


def _nearest(near: NearMisses) -> list[Message]:
    for miss in near.nearest:
        if miss.would_match_if is not None:
            return [say("explanation.nearest", rule=miss.rule, facts=miss.would_match_if.sentence)]
    return []

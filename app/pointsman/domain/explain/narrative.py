"""A decision told in a few sentences, in the order in which it came about: rule, gate, pool, who was dropped, why this one."""

from collections.abc import Mapping
from types import MappingProxyType

from pointsman.domain.counterfactuals.near_misses import NearMisses
from pointsman.domain.distribution.inputs import RoutingInputs
from pointsman.domain.explain.turn_forecast import goes_by_likeness
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult, TraceStep
from pointsman.domain.routing.plan import RoutingPlan
from pointsman.domain.text.formatting import format_signed, join_with_and

MAX_SENTENCES = 8
_NAMED = 3

_AT_THE_GATE = "; "
_TOLD_RESULTS = frozenset(
    {StepResult.GATE_CLOSED, StepResult.OWNER_NOT_ELIGIBLE, StepResult.POOL_EMPTY, StepResult.NOBODY_ELIGIBLE}
)
#: Why a rule's own pool did not take the lead.
_POOL_FAILURES: Mapping[StepResult, str] = MappingProxyType(
    {
        StepResult.GATE_CLOSED: "has not passed the gate",
        StepResult.NOBODY_ELIGIBLE: "nobody in its pool is eligible",
        StepResult.POOL_EMPTY: "nobody is in its pool",
    }
)


def summarise_decision(inputs: RoutingInputs, decision: Decision) -> str:
    """The decision in one sentence."""
    if decision.outcome is DecisionOutcome.NURTURE:
        return _nurtured(decision)
    if decision.outcome is DecisionOutcome.HELD or decision.rep is None:
        return f"This lead waits: {decision.hold_sentence}."
    name = inputs.roster.reps[decision.rep].name
    exception = _exception(decision)
    return (
        f"{name} gets this lead for {decision.work}{exception}, since it matches the rule '{decision.rule}' "
        f"and {why_sentence(decision)}."
    )


def why_sentence(decision: Decision) -> str:
    """Why the chosen rep, as the last step of the trace says it."""
    return decision.steps[-1].sentence.partition(": ")[2] or decision.summary


def narrate_decision(
    plan: RoutingPlan, inputs: RoutingInputs, decision: Decision, near: NearMisses, turns: Mapping[str, int]
) -> tuple[str, ...]:
    """Three to eight sentences; `turns` says in how many leads each other one has a turn."""
    told = [_asked(plan), *_tried(decision), *_pool(inputs, decision)]
    if decision.outcome is DecisionOutcome.ASSIGNED:
        told.append(_sentence(decision.steps[-1].sentence))
        pool = plan.compiled.policy.pools.get(decision.pool or "")
        told += _after(inputs, decision, turns, " for a lead like this" if goes_by_likeness(pool) else "")
    elif decision.outcome is DecisionOutcome.NURTURE:
        told.append(
            "Nobody is asked for nurture: marketing keeps in touch, and the lead comes back as the policy says."
        )
    else:
        told += _nearest(near)
        told.append(f"So the lead waits for {decision.work or 'a rule'}; it is never given to everybody.")
    return tuple(dict.fromkeys(told))[:MAX_SENTENCES]


def _nurtured(decision: Decision) -> str:
    rule = decision.rule
    because = next(
        (_POOL_FAILURES[s.result] for s in decision.steps if s.rule == rule and s.result in _POOL_FAILURES), None
    )
    if because is None:
        return f"This lead goes to nurture, since it matches the rule '{rule}'."
    return f"This lead goes to nurture: it matches the rule '{rule}', but {because}, and the rule says nurture then."


def _asked(plan: RoutingPlan) -> str:
    compiled, purpose = plan.compiled, plan.purpose
    policy = f"Policy version {compiled.version}" if compiled.version else "The policy in question"
    count = sum(purpose in (None, rule.work) for rule in compiled.policy.rules)
    rules = f"{count or 'no'} rule{'' if count == 1 else 's'}{f' for {purpose}' if purpose else ''}"
    return f"{policy} has {rules}; the first that matches takes the lead."


def _tried(decision: Decision) -> list[str]:
    """The rule that matched, and what was tried in vain before and after it, as it came about."""
    matched = [step for step in decision.steps if step.result is StepResult.MATCHED]
    if not matched:
        return ["No rule matches."]
    decided = next((step for step in matched if step.rule == decision.rule), matched[-1])
    in_vain = [step for step in decision.steps if step.result in _TOLD_RESULTS][:_NAMED]
    return [
        _matched(step) if step is decided else _sentence(step.sentence)
        for step in decision.steps
        if step is decided or step in in_vain
    ]


def _matched(step: TraceStep) -> str:
    true = [leaf.words for leaf in step.leaves if leaf.outcome is True][:_NAMED]
    gate = step.sentence.partition(_AT_THE_GATE)[2]
    because = f", because {join_with_and(true)}" if true else ""
    return f"Rule '{step.rule}' matched{because}{f'; {gate}' if gate else ''}."


def _pool(inputs: RoutingInputs, decision: Decision) -> list[str]:
    here = [c for c in decision.candidates if c.pool == decision.pool]
    if decision.outcome is not DecisionOutcome.ASSIGNED or not here:
        return []
    able = [c.rep for c in here if c.eligible]
    names = [inputs.roster.reps[rep].name for rep in able[:_NAMED]]
    if len(able) > _NAMED:
        names.append(f"{len(able) - _NAMED} more")
    told = [f"In pool {decision.pool} {len(able)} of {len(here)} may take it: {join_with_and(names)}."]
    dropped = [c.sentence for c in here if not c.eligible]
    if dropped:
        rest = [f"{len(dropped) - _NAMED} more are left out likewise"] if len(dropped) > _NAMED else []
        told.append(_sentence("; ".join([*dropped[:_NAMED], *rest])))
    return told


def _after(inputs: RoutingInputs, decision: Decision, turns: Mapping[str, int], like: str) -> list[str]:
    before, after = decision.ledger_before, decision.ledger_after
    if before is None or after is None or decision.rep is None or decision.turn is None:
        return []
    name = inputs.roster.reps[decision.rep].name
    was, is_now = before.balance(decision.rep), after.balance(decision.rep)
    shared = format_signed(was + decision.turn.entitlement(decision.rep))
    told = (
        f"{name}'s balance was {format_signed(was)}, with the share in this lead {shared}, "
        f"and after it {format_signed(is_now)}"
    )
    following = next((rep for rep, count in turns.items() if count == 1), None)
    if following is not None:
        told += f"; {inputs.roster.reps[following].name} is next after {name}{like}"
    return [f"{told}."]


def _nearest(near: NearMisses) -> list[str]:
    for miss in near.nearest:
        if miss.would_match_if is not None:
            return [f"Rule '{miss.rule}' is the nearest: it would match if {miss.would_match_if.sentence}."]
    return []


def _exception(decision: Decision) -> str:
    return " by an override" if " by an override" in decision.steps[-1].sentence else ""


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."

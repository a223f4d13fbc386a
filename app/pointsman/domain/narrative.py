"""A decision told in a few sentences, in the order in which it came about: rule, gate, pool, who was dropped, why this one."""

from collections.abc import Mapping

from pointsman.domain.decisions import Decision, DecisionOutcome, StepResult
from pointsman.domain.near_misses import NearMisses
from pointsman.domain.routing import Plan
from pointsman.domain.wording import listing, signed
from pointsman.domain.world import World

MOST_SENTENCES = 8
_NAMED = 3

_AT_THE_GATE = "; "
_TOLD = frozenset(
    {StepResult.GATE_CLOSED, StepResult.OWNER_NOT_ELIGIBLE, StepResult.POOL_EMPTY, StepResult.NOBODY_ELIGIBLE}
)


def summary(world: World, decision: Decision) -> str:
    """One sentence to be read to whoever asks."""
    if decision.outcome is DecisionOutcome.NURTURE:
        return f"This lead goes to nurture, since it matches the rule '{decision.rule}'."
    if decision.outcome is DecisionOutcome.HELD or decision.rep is None:
        return f"This lead waits: {decision.hold_sentence}."
    name = world.roster.reps[decision.rep].name
    exception = _exception(decision)
    return (
        f"{name} gets this lead for {decision.work}{exception}, since it matches the rule '{decision.rule}' "
        f"and {why_sentence(decision)}."
    )


def why_sentence(decision: Decision) -> str:
    """Why the chosen rep, as the last step of the trace says it."""
    return decision.steps[-1].sentence.partition(": ")[2] or decision.summary


def story(plan: Plan, world: World, decision: Decision, near: NearMisses, turns: Mapping[str, int]) -> tuple[str, ...]:
    """Three to eight sentences; `turns` says in how many leads each other one has a turn."""
    told = [_asked(plan), _rules(decision)]
    told += [_sentence(step.sentence) for step in decision.steps if step.result in _TOLD][:_NAMED]
    told += _pool(world, decision)
    if decision.outcome is DecisionOutcome.ASSIGNED:
        told.append(_sentence(decision.steps[-1].sentence))
        told += _after(world, decision, turns)
    elif decision.outcome is DecisionOutcome.NURTURE:
        told.append(
            "Nobody is asked for nurture: marketing keeps in touch, and the lead comes back as the policy says."
        )
    else:
        told += _nearest(near)
        told.append(f"So the lead waits for {decision.work or 'a rule'}; it is never given to everybody.")
    return tuple(dict.fromkeys(told))[:MOST_SENTENCES]


def _asked(plan: Plan) -> str:
    rules = len(plan.compiled.policy.rules)
    which = "Every rule" if plan.purpose is None else f"Every rule for {plan.purpose}"
    return f"{which} of policy version {plan.compiled.version} ({rules} in all) may take this lead, the first that matches does."


def _rules(decision: Decision) -> str:
    matched = [step for step in decision.steps if step.result is StepResult.MATCHED]
    if not matched:
        return "No rule matches."
    step = matched[-1] if decision.rule is None else next((s for s in matched if s.rule == decision.rule), matched[-1])
    true = [leaf.words for leaf in step.leaves if leaf.outcome is True][:_NAMED]
    gate = step.sentence.partition(_AT_THE_GATE)[2]
    because = f", because {listing(true)}" if true else ""
    return f"Rule '{step.rule}' matched{because}{f'; {gate}' if gate else ''}."


def _pool(world: World, decision: Decision) -> list[str]:
    here = [c for c in decision.candidates if c.pool == decision.pool]
    if decision.outcome is not DecisionOutcome.ASSIGNED or not here:
        return []
    able = [c.rep for c in here if c.eligible]
    names = [world.roster.reps[rep].name for rep in able[:_NAMED]]
    if len(able) > _NAMED:
        names.append(f"{len(able) - _NAMED} more")
    told = [f"In pool {decision.pool} {len(able)} of {len(here)} may take it: {listing(names)}."]
    dropped = [c.sentence for c in here if not c.eligible]
    if dropped:
        rest = [f"{len(dropped) - _NAMED} more are left out likewise"] if len(dropped) > _NAMED else []
        told.append(_sentence("; ".join([*dropped[:_NAMED], *rest])))
    return told


def _after(world: World, decision: Decision, turns: Mapping[str, int]) -> list[str]:
    before, after = decision.ledger_before, decision.ledger_after
    if before is None or after is None or decision.rep is None or decision.turn is None:
        return []
    name = world.roster.reps[decision.rep].name
    was, is_now = signed(before.balance(decision.rep)), signed(after.balance(decision.rep))
    told = f"{name}'s balance goes from {was} to {is_now}"
    following = next((rep for rep, count in turns.items() if count == 1), None)
    if following is not None:
        told += f"; {world.roster.reps[following].name} is next after {name}"
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

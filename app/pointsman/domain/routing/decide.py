"""Decide which rep gets the lead: a pure function of the plan and the routing inputs."""

from collections.abc import Mapping
from dataclasses import replace

from pointsman.domain.distribution.candidate import Candidate, DropReason, EligibilityContext
from pointsman.domain.distribution.eligibility import check_eligibility
from pointsman.domain.distribution.inputs import Owner, PoolState, RoutingInputs
from pointsman.domain.distribution.ledger import TurnResult, assign_turn
from pointsman.domain.distribution.methods import Choice, Selection, choose_rep
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.routing.choice_reasons import ChoiceReasons
from pointsman.domain.routing.decision import Decision, DecisionOutcome, HoldReason, StepResult, TraceStep
from pointsman.domain.routing.plan import Route, RoutingPlan
from pointsman.domain.routing.role_guard import guard_assignment

__all__ = ["Owner", "PoolState", "RoutingInputs", "decide"]

_SENTENCES = 5

_Candidates = dict[str, tuple[Candidate, ...]]  # by pool: a pool that is looked at again replaces what was found before


def decide(plan: RoutingPlan, inputs: RoutingInputs) -> Decision:
    """The plan's routes tried in order; the first with an eligible rep decides, else the lead is held or nurtured."""
    steps, candidates = list(plan.steps), _Candidates()
    for route in plan.routes:
        if route.pool is None:
            return _nurture(plan, inputs, route, steps, candidates)
        pool = plan.compiled.policy.pools[route.pool]
        task = _task(plan, inputs, route, route.pool)
        candidates.pop(route.pool, None)
        dropped, eligible = check_eligibility(route.pool, pool, inputs.roster, task)
        if not eligible:
            candidates[route.pool] = tuple(dropped.values())
            steps.append(_nobody_eligible_step(route, candidates[route.pool]))
            continue
        steps += _owners_passed_over(route, dropped, eligible, inputs)
        selection = Selection(name=route.pool, pool=pool, eligible=eligible, facts=plan.facts, inputs=inputs)
        chosen = choose_rep(selection)
        rep = inputs.roster.reps[chosen.rep]
        guard_assignment(rep, route.work, task.gate_open, (rep.key, route.work) in inputs.overrides)
        reasons = ChoiceReasons(selection, chosen)
        candidates[route.pool] = tuple(
            dropped.get(member.rep)
            or reasons.eligible_candidate(member.rep, by_override=task.needs_override(inputs.roster.reps[member.rep]))
            for member in pool.members
        )
        by_override = task.needs_override(rep)
        return _assigned(plan, route, selection, chosen, reasons, steps, candidates, by_override=by_override)
    return _held(plan, inputs, steps, candidates)


def _task(plan: RoutingPlan, inputs: RoutingInputs, route: Route, pool: str) -> EligibilityContext:
    return EligibilityContext(
        work=route.work,
        facts=plan.facts,
        now=inputs.now,
        gate_open=route.gate is None or route.gate.is_open_at(inputs.now),
        loads=inputs.loads,
        calendars=inputs.calendars,
        past_holders=inputs.past_holders,
        overrides=inputs.overrides,
        requires=plan.compiled.requires.get(pool),
        category=route.category,
        category_loads=inputs.category_loads.get(route.category or "", {}),
        suppliers=plan.compiled.policy.suppliers,
        supplier_loads=inputs.supplier_loads,
        earliest_starts=inputs.earliest_starts.get(pool, {}),
        owners=frozenset(owner.rep for owner in inputs.owners),
        obstacles=inputs.requested_time.obstacles if inputs.requested_time else None,
    )


def _owners_passed_over(
    route: Route, dropped: Mapping[str, Candidate], eligible: Mapping[str, int], inputs: RoutingInputs
) -> list[TraceStep]:
    """Why each owner who was asked before an eligible one, or in vain, does not get the lead."""
    steps: dict[str, TraceStep] = {}
    for owner in inputs.owners:
        if owner.rep in eligible:
            break
        found = dropped.get(owner.rep)
        outside = say("routing.not-a-member", rep=rep_name(owner.rep), pool=route.pool)
        sentence = say("routing.owner-passed-over", owner=owner.told, why=found.sentence if found else outside)
        steps.setdefault(owner.rep, TraceStep(rule=route.rule, result=StepResult.OWNER_NOT_ELIGIBLE, sentence=sentence))
    return list(steps.values())


def _assigned(
    plan: RoutingPlan,
    route: Route,
    selection: Selection,
    chosen: Choice,
    reasons: ChoiceReasons,
    steps: list[TraceStep],
    candidates: _Candidates,
    *,
    by_override: bool,
) -> Decision:
    inputs, pool = selection.inputs, selection.name
    choice: TurnResult = assign_turn(selection.pool_state.ledger, selection.eligible, chosen.rep, chosen.tie_break)
    told: dict[str, Arg] = {"rep": rep_name(chosen.rep), "pool": pool, "why": reasons.why}
    sentence = say("routing.chosen-by-override", **told) if by_override else say("routing.chosen", **told)
    steps += [
        *reasons.trace_steps(route.rule),
        TraceStep(rule=route.rule, result=StepResult.ASSIGNED, sentence=sentence),
    ]
    told |= {
        "work": work_name(route.work),
        "rule": route.rule,
        "eligible": len(selection.eligible),
        "members": len(candidates[pool]),
    }
    summary = say("routing.gets-by-override", **told) if by_override else say("routing.gets", **told)
    return replace(
        _base_decision(plan, inputs, steps, candidates, summary),
        outcome=DecisionOutcome.ASSIGNED,
        work=route.work,
        rule=route.rule,
        pool=pool,
        rep=choice.rep,
        turn=choice.turn,
        ledger_before=choice.before,
        ledger_after=choice.after,
        tie_break=choice.tie_break,
        category=route.category,
        skipped=chosen.skipped,
        ledger=selection.pool.ledger_of(pool),
    )


def _nobody_eligible_step(route: Route, looked_at: tuple[Candidate, ...]) -> TraceStep:
    if all(c.code == DropReason.UNKNOWN_REP for c in looked_at):
        sentence = say("routing.pool-empty", pool=route.pool)
        return TraceStep(rule=route.rule, result=StepResult.POOL_EMPTY, sentence=sentence)
    reasons = [c.sentence for c in looked_at[:_SENTENCES]]
    if len(looked_at) > _SENTENCES:
        reasons.append(say("routing.more-likewise", count=len(looked_at) - _SENTENCES))
    sentence = say("routing.nobody-eligible", pool=route.pool, reasons=tuple(reasons))
    return TraceStep(rule=route.rule, result=StepResult.NOBODY_ELIGIBLE, sentence=sentence)


def _nurture(
    plan: RoutingPlan, inputs: RoutingInputs, route: Route, steps: list[TraceStep], candidates: _Candidates
) -> Decision:
    summary = say("routing.to-nurture", rule=route.rule)
    steps.append(TraceStep(rule=route.rule, result=StepResult.NURTURE, sentence=summary))
    blank = _base_decision(plan, inputs, steps, candidates, summary)
    return replace(blank, outcome=DecisionOutcome.NURTURE, work=Work.NURTURE, rule=route.rule)


def _held(plan: RoutingPlan, inputs: RoutingInputs, steps: list[TraceStep], candidates: _Candidates) -> Decision:
    reason, sentence, work = plan.hold_reason, plan.hold_sentence, plan.hold_work
    rule = pool = category = None
    if plan.routes:
        tried = [step for step in steps if step.result in (StepResult.NOBODY_ELIGIBLE, StepResult.POOL_EMPTY)]
        empty = all(step.result is StepResult.POOL_EMPTY for step in tried)
        reason = HoldReason.POOL_EMPTY if empty else HoldReason.NOBODY_ELIGIBLE
        told = [step.sentence for step in tried]
        sentence = told[0] if len(told) == 1 else say("routing.reasons", reasons=tuple(told))
        first = plan.routes[0]  # what the lead waits for: a rule passed over for its gate is not it
        work, rule, pool, category = first.work, first.rule, first.pool, first.category
    blank = _base_decision(plan, inputs, steps, candidates, say("routing.waits", why=sentence))
    return replace(
        blank,
        work=work,
        rule=rule,
        pool=pool,
        category=category,
        hold_reason=reason,
        hold_sentence=sentence,
    )


def _base_decision(
    plan: RoutingPlan, inputs: RoutingInputs, steps: list[TraceStep], candidates: _Candidates, summary: Message
) -> Decision:
    """A hold that knows how it came about; what was found is filled in."""
    return Decision(
        outcome=DecisionOutcome.HELD,
        work=None,
        rule=None,
        pool=None,
        rep=None,
        hold_reason=None,
        hold_sentence=None,
        summary=summary,
        steps=tuple(steps),
        candidates=tuple(candidate for found in candidates.values() for candidate in found),
        turn=None,
        ledger_before=None,
        ledger_after=None,
        tie_break=None,
        policy_version=plan.compiled.version,
        roster_version=inputs.roster.version,
        seed=inputs.seed,
        now=inputs.now,
    )

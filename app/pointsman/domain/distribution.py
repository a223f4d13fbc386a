"""Who gets the lead: a pure function of the plan and of the world as it was fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from pointsman.domain.decisions import Decision, DecisionOutcome, HoldReason, Step, StepResult
from pointsman.domain.eligibility import CalendarState, Candidate, Drop, RepLoad, Task, examine
from pointsman.domain.fairness import Choice, Ledger, choose, entitled, give, settle
from pointsman.domain.policy_document import Method, Pool
from pointsman.domain.protection import guard_assignment
from pointsman.domain.reps import Roster
from pointsman.domain.roles import Work
from pointsman.domain.routing import Plan, Route
from pointsman.domain.wording import listing, signed

_SENTENCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolState:
    """A pool's ledger, and since when each member has waited for a turn (None or absent: never had one)."""

    ledger: Ledger = field(default_factory=Ledger)
    waiting_since: Mapping[str, datetime | None] = field(default_factory=dict)
    skips: frozenset[str] = frozenset()  # whose next turn is to be passed over, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A rep whom a lead belongs to: by which tie, and the reason as it follows the rep's name in a sentence."""

    rep: str
    by: str  # contact, account, parent, colleague
    reason: str = "owns the account"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything beside the plan that a decision depends on; `owners` in the order in which they are asked."""

    roster: Roster
    now: datetime
    seed: str
    pools: Mapping[str, PoolState] = field(default_factory=dict)
    loads: Mapping[str, RepLoad] = field(default_factory=dict)
    calendars: Mapping[str, CalendarState] = field(default_factory=dict)
    past_holders: frozenset[str] = frozenset()
    overrides: frozenset[tuple[str, Work]] = frozenset()
    owners: tuple[Owner, ...] = ()
    category_loads: Mapping[str, Mapping[str, RepLoad]] = field(default_factory=dict)  # by category, then rep
    supplier_loads: Mapping[str, RepLoad] = field(default_factory=dict)  # by supplier; periods by the supplier's clock
    earliest: Mapping[str, Mapping[str, datetime]] = field(
        default_factory=dict
    )  # by pool, then rep: first bookable slot


def decide(plan: Plan, world: World) -> Decision:
    """The plan's routes tried in order; the first with somebody eligible decides, else the lead is held or nurtured."""
    steps, candidates = list(plan.steps), list[Candidate]()
    for route in plan.routes:
        if route.pool is None:
            return _nurture(plan, world, route, steps, candidates)
        pool = plan.compiled.policy.pools[route.pool]
        task = _task(plan, world, route)
        looked_at, eligible = examine(route.pool, pool, world.roster, task)
        candidates += looked_at
        if not eligible:
            steps.append(_nobody(route, looked_at))
            continue
        state = world.pools.get(route.pool) or PoolState()
        choice = _owner(route, looked_at, eligible, state, world, steps) or _next(pool, eligible, state, world)
        override = (choice.rep, route.work) in world.overrides
        guard_assignment(world.roster.reps[choice.rep], route.work, task.gate_open, override)
        exception = " by an override" if task.by_override(world.roster.reps[choice.rep]) else ""
        return _assigned(plan, world, route, choice, steps, candidates, exception)
    return _held(plan, world, steps, candidates)


def _task(plan: Plan, world: World, route: Route) -> Task:
    return Task(
        work=route.work,
        facts=plan.facts,
        now=world.now,
        gate_open=route.gate is None or route.gate.open_at(world.now),
        loads=world.loads,
        calendars=world.calendars,
        past_holders=world.past_holders,
        overrides=world.overrides,
    )


def _owner(
    route: Route,
    looked_at: tuple[Candidate, ...],
    eligible: Mapping[str, int],
    state: PoolState,
    world: World,
    steps: list[Step],
) -> Choice | None:
    """The account's owner takes the turn like anybody else, if eligible; else the trace says why not."""
    for owner in world.owners:
        rep = world.roster.reps.get(owner.rep)
        name = rep.name if rep else owner.rep
        if owner.rep in eligible:
            steps.append(Step(rule=route.rule, result=StepResult.OWNER, sentence=f"{name} {owner.reason}"))
            return give(state.ledger, eligible, owner.rep)
        why = next(
            (c.sentence for c in looked_at if c.rep == owner.rep), f"{name} is not a member of pool {route.pool}"
        )
        sentence = f"{name} {owner.reason}, but does not get the lead: {why}"
        steps.append(Step(rule=route.rule, result=StepResult.OWNER_NOT_ELIGIBLE, sentence=sentence))
    return None


def _next(pool: Pool, eligible: Mapping[str, int], state: PoolState, world: World) -> Choice:
    if pool.method is Method.FAIR:
        return choose(state.ledger, eligible, state.waiting_since, world.seed)
    loads = {rep: Fraction(world.loads.get(rep, RepLoad()).open, weight) for rep, weight in eligible.items()}
    least = min(loads.values())
    rep, tie_break = settle([r for r, load in loads.items() if load == least], state.waiting_since, world.seed)
    return give(state.ledger, eligible, rep, tie_break)


def _assigned(
    plan: Plan,
    world: World,
    route: Route,
    choice: Choice,
    steps: list[Step],
    candidates: list[Candidate],
    exception: str,
) -> Decision:
    here = [c for c in candidates if c.pool == route.pool]
    name = world.roster.reps[choice.rep].name
    why = _why(plan, world, route, choice, steps)
    able = f"{len(choice.turn.weights)} of {len(here)} reps in {route.pool} eligible"
    summary = f"{name} gets this lead for {route.work}{exception}: rule '{route.rule}' matched; {able}; {why}"
    steps.append(
        Step(
            rule=route.rule,
            result=StepResult.ASSIGNED,
            sentence=f"{name} is chosen from {route.pool}{exception}: {why}",
        )
    )
    return replace(
        _blank(plan, world, steps, candidates),
        outcome=DecisionOutcome.ASSIGNED,
        work=route.work,
        rule=route.rule,
        pool=route.pool,
        rep=choice.rep,
        summary=summary,
        turn=choice.turn,
        ledger_before=choice.before,
        ledger_after=choice.after,
        tie_break=choice.tie_break,
    )


def _why(plan: Plan, world: World, route: Route, choice: Choice, steps: list[Step]) -> str:
    name = world.roster.reps[choice.rep].name
    tie = {"longest-waiting": ", and has waited longest of those level", "seeded-hash": ", drawn among those level"}
    ending = tie.get(choice.tie_break or "", "")
    if steps and steps[-1].result is StepResult.OWNER:
        return steps[-1].sentence
    if len(choice.turn.weights) == 1:
        return f"{name} is the only one"
    if plan.compiled.policy.pools[route.pool or ""].method is Method.LEAST_LOADED:
        open_leads = world.loads.get(choice.rep, RepLoad()).open
        return f"{name} has the fewest open leads for the weight ({open_leads}){ending}"
    raised = entitled(choice.before, choice.turn.weights)
    mine = choice.before.balance(choice.rep) + choice.turn.entitlement(choice.rep)
    if raised[choice.rep] == max(raised.values()):
        return f"{name}'s balance was highest ({signed(mine)}){ending}"
    return f"{name}'s turn falls due first (balance {signed(mine)}){ending}"


def _nobody(route: Route, looked_at: tuple[Candidate, ...]) -> Step:
    if all(c.code == Drop.UNKNOWN_REP for c in looked_at):
        sentence = f"pool {route.pool} has no members on the roster"
        return Step(rule=route.rule, result=StepResult.POOL_EMPTY, sentence=sentence)
    reasons = [c.sentence for c in looked_at[:_SENTENCES]]
    if len(looked_at) > _SENTENCES:
        reasons.append(f"{len(looked_at) - _SENTENCES} more likewise")
    sentence = f"nobody in pool {route.pool} is eligible: {listing(reasons)}"
    return Step(rule=route.rule, result=StepResult.NOBODY_ELIGIBLE, sentence=sentence)


def _nurture(plan: Plan, world: World, route: Route, steps: list[Step], candidates: list[Candidate]) -> Decision:
    summary = f"This lead goes to nurture: rule '{route.rule}'"
    steps.append(Step(rule=route.rule, result=StepResult.NURTURE, sentence=summary))
    blank = _blank(plan, world, steps, candidates)
    return replace(blank, outcome=DecisionOutcome.NURTURE, work=Work.NURTURE, rule=route.rule, summary=summary)


def _held(plan: Plan, world: World, steps: list[Step], candidates: list[Candidate]) -> Decision:
    reason, sentence, work, rule, pool = plan.ending, plan.ending_sentence, plan.ending_work, None, None
    if plan.routes:
        tried = [step for step in steps if step.result in (StepResult.NOBODY_ELIGIBLE, StepResult.POOL_EMPTY)]
        empty = all(step.result is StepResult.POOL_EMPTY for step in tried)
        reason = HoldReason.POOL_EMPTY if empty else HoldReason.NOBODY_ELIGIBLE
        sentence = "; ".join(step.sentence for step in tried)
        first = plan.routes[0]  # what the lead waits for: a rule passed over for its gate is not it
        work, rule, pool = first.work, first.rule, first.pool
    blank = _blank(plan, world, steps, candidates)
    return replace(
        blank,
        work=work,
        rule=rule,
        pool=pool,
        hold_reason=reason,
        hold_sentence=sentence,
        summary=f"This lead waits: {sentence}",
    )


def _blank(plan: Plan, world: World, steps: list[Step], candidates: list[Candidate]) -> Decision:
    """A hold that knows how it came about; what was found is filled in."""
    return Decision(
        outcome=DecisionOutcome.HELD,
        work=None,
        rule=None,
        pool=None,
        rep=None,
        hold_reason=None,
        hold_sentence=None,
        summary="",
        steps=tuple(steps),
        candidates=tuple(candidates),
        turn=None,
        ledger_before=None,
        ledger_after=None,
        tie_break=None,
        policy_version=plan.compiled.version,
        roster_version=world.roster.version,
        seed=world.seed,
        now=world.now,
    )

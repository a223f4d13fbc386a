"""Why a lead went where it went, or would go: reading, replaying and trying decisions. Nothing here writes."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import NotFound
from pointsman.domain.explain.explanation import Explanation, explain_decision, explain_manual_assignment
from pointsman.domain.gate.evaluation import GateResult, GateState, evaluate_gate
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import Facts, FactValue
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.domain.replay.recorded_inputs import RecordedInputs
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import RoutingInputs, decide
from pointsman.domain.routing.decision import Decision, canonical_json
from pointsman.domain.routing.manual_assignment import MANUAL_KEY
from pointsman.domain.routing.nurture_return import nurture_return
from pointsman.domain.routing.plan import RoutingPlan, plan_routes
from pointsman.services.calendars.closer_calendars import read_closer_calendars
from pointsman.services.explain.hypothetical_facts import apply_hypothetical_facts
from pointsman.services.explain.replays import ReplayResult, replay_decision
from pointsman.services.holds.retry import retry_constraints
from pointsman.services.policies.cache import compile_document, load_compiled_policy, load_roster
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.decisions import DecisionFilter, DecisionRow, GatePass
from pointsman.services.routing.fetch_inputs import fetch_routing_inputs
from pointsman.services.routing.lead_inputs import awaited_gated_work, gate_passes, gate_state, routing_facts
from pointsman.services.routing.nurture import nurture_of
from pointsman.services.routing.owners import find_owners

__all__ = [
    "ExplainRequest",
    "ExplainedDecision",
    "ReplayResult",
    "decision_page",
    "explain",
    "explain_stored",
    "get_decision",
    "replay_decision",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """What to explain: a known lead, or facts; under the live policy, a stored version, or a document."""

    lead_id: UUID | None = None
    facts: Mapping[str, FactValue] | None = None
    version: int | None = None
    document: object | None = None
    purpose: Work | None = None
    gate_open: bool | None = None  # None: as the lead's own checks say


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDecision:
    """A decision with its explanation."""

    decision: Decision
    explanation: Explanation
    nurture: Message | None = None  # of a lead that is in nurture now: whether news bring it back, and why or why not
    calendars_read_at: datetime | None = None  # when the oldest of the calendars that it rests on was read


async def get_decision(env: Env, decision_id: UUID, *, sees: Visibility) -> DecisionRow:
    """One decision. Raises NotFound, also for one that the caller does not see."""
    async with env.uow() as tx:
        row = await tx.decisions.get(decision_id, sees=sees)
    if row is None:
        raise NotFound("There is no such decision.", told=say("refusal.no-decision"))
    return row


async def decision_page(
    env: Env,
    which: DecisionFilter,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[DecisionRow]:
    """Newest first; NotFound for a lead that is not there or not theirs."""
    async with env.uow() as tx:
        if which.lead_id is not None and not await tx.leads.is_visible(which.lead_id, sees=which.sees):
            raise NotFound("There is no such lead.", told=say("refusal.no-lead"))
        return await tx.decisions.page(which, before=before, limit=limit)


async def explain(env: Env, question: ExplainRequest) -> ExplainedDecision:
    """The decision that would be taken now, explained. NotFound, PolicyInvalid; Invalid for facts that cannot be."""
    given = await compile_document(question.document) if question.document is not None else None
    calendars = await read_closer_calendars(env)
    async with env.uow() as tx:
        asked = await _decide_again(env, tx, question, given, calendars)
    oldest = min((state.read_at for state in calendars.values() if state.read_at), default=None)
    return replace(await _explained(asked), calendars_read_at=oldest)


async def explain_stored(env: Env, decision_id: UUID) -> ExplainedDecision:
    """A stored decision, explained from its stored inputs, with the policy and the roster of that time. NotFound."""
    row = await get_decision(env, decision_id, sees=SEES_ALL)
    stored = Decision.from_json(canonical_json(row.record))
    if MANUAL_KEY in row.inputs:
        return ExplainedDecision(decision=stored, explanation=explain_manual_assignment(stored))
    async with env.uow() as tx:
        policy = await load_compiled_policy(env, tx, row.policy_version)
        roster = await load_roster(env, tx, row.roster_version)
        recorded = (await tx.history.evidence([row.lead_id])).get(row.lead_id, ())
    read = RecordedInputs.from_json(canonical_json(row.inputs), roster)
    plan = read.plan(policy)
    then = [item for at, item in recorded if at <= row.at]
    gate = _closing_gate(policy, then, read.facts, read.planned_at)
    return await _explained(_ExplainInputs(plan=plan, inputs=read.routing_inputs, decision=stored, gate=gate))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExplainInputs:
    """All that an explanation is made from."""

    plan: RoutingPlan
    inputs: RoutingInputs
    decision: Decision
    gate: GateResult | None
    nurture: Message | None = None


async def _explained(asked: _ExplainInputs) -> ExplainedDecision:
    # In a thread: looking for what nearly matched among ten thousand rules is long enough for others to notice.
    told = await to_thread(explain_decision, asked.plan, asked.inputs, asked.decision, asked.gate)
    return ExplainedDecision(decision=asked.decision, explanation=told, nurture=asked.nurture)


async def _decide_again(
    env: Env, tx: Tx, question: ExplainRequest, given: CompiledPolicy | None, calendars: Mapping[str, CalendarState]
) -> _ExplainInputs:
    now = env.clock()
    versions = await tx.policies.live_versions()
    policy = given or await _stored_policy(env, tx, question.version or versions.policy)
    if versions.roster is None:
        raise NotFound("The roster is empty: put reps on it first.", code="no-roster", told=say("refusal.no-roster"))
    roster = await load_roster(env, tx, versions.roster)
    lead = context = None
    known: Facts = {}
    purpose, past_holders = question.purpose, frozenset[str]()
    overrides = frozenset[tuple[str, Work]]()
    if question.lead_id is not None:
        lead = await tx.leads.get(question.lead_id)
        if lead is None:
            raise NotFound("There is no such lead.", told=say("refusal.no-lead"))
        context = await tx.decisions.routing_context(lead.id, at=now)
        known = routing_facts(lead, context, policy, now)
        if context.hold is not None:
            tried, past_holders = await retry_constraints(env, tx, context.hold)
            purpose = purpose or tried or awaited_gated_work(context, gate_passes(context))
        overrides = frozenset((o.rep, Work(o.work)) for o in context.overrides)
    facts = apply_hypothetical_facts(known, question.facts or {}, policy.policy)
    plan = plan_routes(
        policy,
        facts,
        purpose=purpose,
        gates=_gates(policy, gate_passes(context) if context else {}, question),
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
    inputs, _ = await fetch_routing_inputs(
        tx,
        plan,
        RoutingInputs(
            roster=roster,
            now=now,
            seed=str(question.lead_id or "explain"),
            calendars=calendars,
            past_holders=past_holders,
            overrides=overrides,
            owners=await find_owners(tx, policy.policy, roster, facts, lead),
        ),
        lock_at=None,
        ending_assignment=context.current_assignment.id if context and context.current_assignment else None,
    )
    gate = _closing_gate(policy, context.evidence if context else (), facts, now)
    nurture = nurture_of(lead) if lead is not None and question.purpose is None else None
    told = nurture_return(nurture, policy, plan, now).sentence if nurture else None
    return _ExplainInputs(plan=plan, inputs=inputs, decision=decide(plan, inputs), gate=gate, nurture=told)


def _gates(policy: CompiledPolicy, passes: Mapping[Work, GatePass], question: ExplainRequest) -> dict[Work, GateState]:
    """The gates as routing finds them, unless the question supposes them open or shut."""
    if question.gate_open is None:
        return {work: gate_state(work, passes) for work in policy.gated_works}
    reason = say("explanation.gate-said-open") if question.gate_open else say("explanation.gate-said-shut")
    return {work: GateState(is_open=question.gate_open, reason=reason) for work in policy.gated_works}


def _closing_gate(
    policy: CompiledPolicy, evidence: Sequence[Evidence], facts: Facts, now: datetime
) -> GateResult | None:
    """What the closing gate says of this evidence, passed or not."""
    gate = policy.policy.gates.get(Work.CLOSING)
    if gate is None:
        return None
    return evaluate_gate(gate, evidence, facts, now, sources=policy.policy.evidence, definitions=policy.definitions)


async def _stored_policy(env: Env, tx: Tx, version: int | None) -> CompiledPolicy:
    if version is None:
        raise NotFound("No policy is published yet.", code="no-policy", told=say("refusal.no-policy"))
    return await load_compiled_policy(env, tx, version)

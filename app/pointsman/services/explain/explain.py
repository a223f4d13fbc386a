"""Why a lead went where it went, or would go: reading, replaying and trying decisions. Nothing here writes."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.errors import NotFound
from pointsman.domain.explain.explanation import Explanation, explain_by_hand, explain_decision
from pointsman.domain.gate.evaluation import GateResult, GateState, evaluate_gate
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import Facts, Value
from pointsman.domain.replay.inputs import Inputs
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import World, decide
from pointsman.domain.routing.decision import Decision, canonical
from pointsman.domain.routing.manual_assignment import KEY
from pointsman.domain.routing.plan import Plan, plan_routes
from pointsman.services.calendars.closer_calendars import closers_calendars
from pointsman.services.explain.hypothetical_facts import supposed
from pointsman.services.explain.replays import Replayed, replay_decision
from pointsman.services.holds.drain import tried_as
from pointsman.services.policies.cache import compiled_document, compiled_policy, roster_version
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing import DecisionRow, GatePass
from pointsman.services.routing.fetch_inputs import fetch_world
from pointsman.services.routing.lead_inputs import gate_state, lead_facts, passes_of, waits_for
from pointsman.services.routing.owners import owners_of

__all__ = [
    "Explained", "Question", "Replayed", "decision", "decision_page", "explain", "explain_stored", "replay_decision",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to explain: a known lead, or facts; under the live policy, a stored version, or a document."""

    lead_id: UUID | None = None
    facts: Mapping[str, Value] | None = None
    version: int | None = None
    document: object | None = None
    purpose: Work | None = None
    gate_open: bool | None = None  # None: as the lead's own checks say


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A decision with its explanation."""

    decision: Decision
    explanation: Explanation


async def decision(env: Env, decision_id: UUID, *, supplier: str | None = None) -> DecisionRow:
    """One decision; NotFound, also for a partner whom it does not concern."""
    async with env.uow() as tx:
        row = await tx.decisions.get(decision_id, supplier=supplier)
    if row is None:
        raise NotFound("There is no such decision.")
    return row


async def decision_page(
    env: Env,
    *,
    lead_id: UUID | None,
    supplier: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[DecisionRow]:
    """Newest first; NotFound for a lead that is not there or not theirs."""
    async with env.uow() as tx:
        if lead_id is not None and not await tx.decisions.visible_lead(lead_id, supplier=supplier):
            raise NotFound("There is no such lead.")
        return await tx.decisions.page(lead_id=lead_id, supplier=supplier, before=before, limit=limit)


async def explain(env: Env, question: Question) -> Explained:
    """The decision that would be taken now, explained. NotFound, PolicyInvalid; Invalid for facts that cannot be."""
    given = await compiled_document(question.document) if question.document is not None else None
    calendars = await closers_calendars(env)
    async with env.uow() as tx:
        asked = await _asked(env, tx, question, given, calendars)
    return await _explained(asked)


async def explain_stored(env: Env, decision_id: UUID) -> Explained:
    """A stored decision, explained from its stored inputs, with the policy and the roster of that time. NotFound."""
    row = await decision(env, decision_id)
    stored = Decision.from_json(canonical(row.record))
    if KEY in row.inputs:
        return Explained(decision=stored, explanation=explain_by_hand(stored))
    async with env.uow() as tx:
        policy = await compiled_policy(env, tx, row.policy_version)
        roster = await roster_version(env, tx, row.roster_version)
        recorded = (await tx.history.evidence([row.lead_id])).get(row.lead_id, ())
    read = Inputs.from_json(canonical(row.inputs), roster)
    plan = plan_routes(
        policy,
        read.facts,
        purpose=read.purpose,
        gates_open=read.gates,
        now=read.planned_at,
        overridden=read.overridden,
    )
    then = [item for at, item in recorded if at <= row.at]
    gate = _closing_gate(policy, then, read.facts, read.planned_at)
    return await _explained(_Asked(plan=plan, world=read.world, decision=stored, gate=gate))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """All that an explanation is made from."""

    plan: Plan
    world: World
    decision: Decision
    gate: GateResult | None


async def _explained(asked: _Asked) -> Explained:
    # In a thread: looking for what nearly matched among ten thousand rules is long enough for others to notice.
    told = await to_thread(explain_decision, asked.plan, asked.world, asked.decision, asked.gate)
    return Explained(decision=asked.decision, explanation=told)


async def _asked(
    env: Env, tx: Tx, question: Question, given: CompiledPolicy | None, calendars: Mapping[str, CalendarState]
) -> _Asked:
    now = env.clock()
    versions = await tx.policies.versions()
    policy = given or await _stored_policy(env, tx, question.version or versions.policy)
    if versions.roster is None:
        raise NotFound("The roster is empty: put reps on it first.", code="no-roster")
    roster = await roster_version(env, tx, versions.roster)
    lead = context = None
    known: Facts = {}
    purpose, past_holders = question.purpose, frozenset[str]()
    overrides = frozenset[tuple[str, Work]]()
    if question.lead_id is not None:
        lead = await tx.leads.get(question.lead_id)
        if lead is None:
            raise NotFound("There is no such lead.")
        context = await tx.decisions.context(lead.id, at=now)
        known = lead_facts(lead, context, policy, now)
        if context.hold is not None:
            tried, past_holders = await tried_as(env, tx, context.hold)
            purpose = purpose or tried or waits_for(context, passes_of(context))
        overrides = frozenset((o.rep, Work(o.work)) for o in context.overrides)
    facts = supposed(known, question.facts or {}, policy.policy.fields)
    plan = plan_routes(
        policy,
        facts,
        purpose=purpose,
        gates_open=_gates(policy, passes_of(context) if context else {}, question),
        now=now,
        overridden=frozenset(work for _, work in overrides),
    )
    world, _ = await fetch_world(
        tx,
        plan,
        World(
            roster=roster,
            now=now,
            seed=str(question.lead_id or "explain"),
            calendars=calendars,
            past_holders=past_holders,
            overrides=overrides,
            owners=await owners_of(tx, policy.policy, roster, facts, lead),
        ),
        lock=False,
        leaving=context.assignment.id if context and context.assignment else None,
    )
    gate = _closing_gate(policy, context.evidence if context else (), facts, now)
    return _Asked(plan=plan, world=world, decision=decide(plan, world), gate=gate)


def _gates(policy: CompiledPolicy, passes: Mapping[Work, GatePass], question: Question) -> dict[Work, GateState]:
    """The gates as routing finds them, unless the question supposes them open or shut."""
    if question.gate_open is None:
        return {work: gate_state(work, passes) for work in policy.gated_works}
    reason = "the question says so" if question.gate_open else "the question says that the gate is shut"
    return {work: GateState(open=question.gate_open, reason=reason) for work in policy.gated_works}


def _closing_gate(
    policy: CompiledPolicy, evidence: Sequence[Evidence], facts: Facts, now: datetime
) -> GateResult | None:
    """What the closing gate says of this evidence, passed or not."""
    gate = policy.policy.gates.get(Work.CLOSING)
    return evaluate_gate(gate, evidence, facts, now, definitions=policy.definitions) if gate else None


async def _stored_policy(env: Env, tx: Tx, version: int | None) -> CompiledPolicy:
    if version is None:
        raise NotFound("No policy is published yet.", code="no-policy")
    return await compiled_policy(env, tx, version)

"""Why a lead went where it went, or would go: reading, replaying and trying decisions. Nothing here writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.compiled import CompiledPolicy
from pointsman.domain.decisions import Decision, canonical
from pointsman.domain.distribution import World, decide
from pointsman.domain.eligibility import CalendarState
from pointsman.domain.errors import NotFound
from pointsman.domain.gate import GateState
from pointsman.domain.leads import Value
from pointsman.domain.policy import parse_policy
from pointsman.domain.replay import replay
from pointsman.domain.roles import Work
from pointsman.domain.routing import plan_routes
from pointsman.services.closers import closers_calendars
from pointsman.services.in_force import compiled_policy, roster_version
from pointsman.services.owners import owners_of
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing import DecisionRow
from pointsman.services.routing import lead_facts
from pointsman.services.worlds import fetch_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A decision taken again: `same` means byte for byte; `differs` names what does not agree."""

    decision_id: UUID
    same: bool
    rep: str | None
    rep_again: str | None
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to explain: a known lead, or facts; under the live policy, a stored version, or a document."""

    lead_id: UUID | None = None
    facts: Mapping[str, Value] | None = None
    version: int | None = None
    document: object | None = None
    purpose: Work | None = None
    gate_open: bool | None = None  # None: as the lead's own checks say
    supplier: str | None = None


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


async def replay_decision(env: Env, decision_id: UUID) -> Replayed:
    """Take a decision again from its stored inputs, with the policy and the roster of that time."""
    row = await decision(env, decision_id)
    if "manual" in row.inputs:  # a human's word: the inputs are the answer
        again = row.inputs["manual"]["rep"]
        return Replayed(decision_id=row.id, same=again == row.rep, rep=row.rep, rep_again=again, differs=())
    async with env.uow() as tx:
        policy = await compiled_policy(env, tx, row.policy_version)
        roster = await roster_version(env, tx, row.roster_version)
    before = Decision.from_json(canonical(row.record))
    after = replay(canonical(row.inputs), policy, roster)
    names = Decision.__dataclass_fields__
    differs = tuple(name for name in names if getattr(before, name) != getattr(after, name))
    return Replayed(decision_id=row.id, same=not differs, rep=before.rep, rep_again=after.rep, differs=differs)


async def explain(env: Env, question: Question) -> Decision:
    """The decision that would be taken now, with its whole trace. NotFound, PolicyInvalid, Conflict "no-policy"."""
    calendars = await closers_calendars(env)
    async with env.uow() as tx:
        return await _explained(env, tx, question, calendars)


async def _explained(env: Env, tx: Tx, question: Question, calendars: Mapping[str, CalendarState]) -> Decision:
    now = env.clock()
    versions = await tx.policies.versions()
    policy = await _policy(env, tx, question, versions.policy)
    roster = await roster_version(env, tx, versions.roster or 0)
    facts: Mapping[str, Value] = question.facts or {}
    open_works: dict[Work, GateState] = {}
    overrides: frozenset[tuple[str, Work]] = frozenset()
    lead = None
    if question.lead_id is not None:
        lead = await tx.leads.get(question.lead_id)
        if lead is None or not await tx.decisions.visible_lead(lead.id, supplier=question.supplier):
            raise NotFound("There is no such lead.")
        context = await tx.decisions.context(lead.id, at=now)
        facts = {**lead_facts(lead, context, policy, now), **facts}
        open_works = {
            Work(p.work): GateState(open=True, reason="the gate is passed", expires_at=p.expires_at)
            for p in context.passes
        }
        overrides = frozenset((o.rep, Work(o.work)) for o in context.overrides)
    if question.gate_open is not None:
        reason = "the question says so" if question.gate_open else "the question says that the gate is shut"
        open_works = {work: GateState(open=question.gate_open, reason=reason) for work in policy.gated_works}
    plan = plan_routes(
        policy,
        facts,
        purpose=question.purpose,
        gates_open=open_works,
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
            overrides=overrides,
            owners=await owners_of(tx, policy.policy, roster, facts, lead),
        ),
        lock=False,
    )
    return decide(plan, world)


async def _policy(env: Env, tx: Tx, question: Question, live: int | None) -> CompiledPolicy:
    if question.document is not None:
        return CompiledPolicy(parse_policy(question.document), version=0)
    version = question.version or live
    if version is None:
        raise NotFound("No policy is published yet.", code="no-policy")
    return await compiled_policy(env, tx, version)

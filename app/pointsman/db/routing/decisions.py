"""The decisions repository: what a lead has, what was decided, who holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.errors import translating_errors
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.routing.evidence_ends import evidence_ends
from pointsman.db.routing.statements import CONTEXT, CONTEXTS, END, LOADS, WRITE
from pointsman.db.tables import assignments
from pointsman.db.tables.visibility import visibility_values
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.leads.evidence import Evidence, EvidenceEnd, EvidenceKind, with_ends
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.domain.routing.decision import canonical_json
from pointsman.services.ports.routing.decisions import (
    AssignmentRow,
    DecisionFilter,
    DecisionRow,
    GatePass,
    LoadQuery,
    RoutingContext,
    RoutingWrite,
)
from pointsman.services.ports.routing.holds import HoldRow
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.ports.routing.policies import LiveVersions

_ASSIGNMENT = PreparedStatement("""
    select a.id, a.lead_id, a.rep_id, p.key as rep, a.work, a.pool, a.decision_id, a.gate_check_id, a.override_id,
        a.assigned_at, a.ended_at, a.end_reason, a.category
    from assignments a join reps p on p.id = a.rep_id
    where a.id = :id
""")
_CURRENT_ASSIGNMENT = PreparedStatement("""
    select a.id, a.lead_id, a.rep_id, p.key as rep, a.work, a.pool, a.decision_id, a.gate_check_id, a.override_id,
        a.assigned_at, a.ended_at, a.end_reason, a.category
    from assignments a join reps p on p.id = a.rep_id
    where a.lead_id = :id and a.ended_at is null
""")
_ADD_ASSIGNMENT = insert(assignments)
_LOCK_REPS = PreparedStatement("""
    select 1 from reps where key = any(cast(:reps as text[])) order by key for no key update
""")
_LOCK_SUPPLIERS = PreparedStatement("""
    select 1 from suppliers where key = any(cast(:suppliers as text[])) order by key for no key update
""")
# A lead that was merged into this one is the same person: its past holders are past holders of this one.
_PAST_HOLDERS = PreparedStatement("""
    select distinct p.key from assignments a join reps p on p.id = a.rep_id
    where a.lead_id in (select id from leads where id = :lead_id or merged_into = :lead_id)
""")
_EXCLUDED_REPS = PreparedStatement("""
    select distinct p.key from assignments a join reps p on p.id = a.rep_id
    where a.lead_id in (select id from leads where id = :lead_id or merged_into = :lead_id)
      and a.work = :work and a.end_reason in ('reassign', 'reassigned', 'rejected')
""")
_GET = PreparedStatement("""
    select d.id, d.lead_id, d.at, d.outcome, d.work, d.rule, d.pool, p.key as rep, d.hold_reason, d.summary,
        d.policy_version, d.roster_version, d.record, d.inputs
    from decisions d left join reps p on p.id = d.rep_id
    where (cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
            select from assignments seen join reps seeing on seeing.id = seen.rep_id
            where seen.lead_id = d.lead_id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
              and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))))
      and d.id = :id
""")
_PAGE = PreparedStatement(
    """
    select d.id, d.lead_id, d.at, d.outcome, d.work, d.rule, d.pool, p.key as rep, d.hold_reason, d.summary,
        d.policy_version, d.roster_version, d.record, d.inputs
    from decisions d left join reps p on p.id = d.rep_id
    where (cast(:supplier as text) is null and cast(:sees_rep as text) is null or exists (
            select from assignments seen join reps seeing on seeing.id = seen.rep_id
            where seen.lead_id = d.lead_id and (cast(:supplier as text) is null or seeing.supplier = cast(:supplier as text))
              and (cast(:sees_rep as text) is null or seeing.key = cast(:sees_rep as text))))
      and (cast(:lead_id as uuid) is null
           or d.lead_id = any(array(select id from leads where id = :lead_id or merged_into = :lead_id)))
      and (cast(:rep as text) is null or d.rep_id = (select id from reps where key = :rep))
      and (cast(:rule as text) is null or d.rule = :rule)
      and (cast(:pool as text) is null or d.pool = :pool)
      and (cast(:work as text) is null or d.work = :work)
      and (cast(:outcome as text) is null or d.outcome = :outcome)
      and (cast(:hold_reason as text) is null or d.hold_reason = :hold_reason)
      and (cast(:policy_version as bigint) is null or d.policy_version = :policy_version)
      and (cast(:since as timestamptz) is null or d.at >= :since)
      and (cast(:until as timestamptz) is null or d.at < :until)
      and (cast(:before_at as timestamptz) is null or (d.at, d.id) < (:before_at, cast(:before_id as uuid)))
    order by d.at desc, d.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
_CHANGED_INPUTS = PreparedStatement("""
    select id from decisions
    where id = any(:ids) and sha256(convert_to(concat(lead_id, inputs), 'UTF8')) is distinct from inputs_digest
""")
_GIVEN = (
    "id", "lead_id", "rep_id", "work", "pool", "category", "decision_id", "gate_check_id", "override_id", "assigned_at",
)  # fmt: skip
_WRITTEN = tuple(f.name for f in fields(RoutingWrite) if f.name != "ledger")
_ASKED = tuple(f.name for f in fields(DecisionFilter) if f.name != "sees")


class SqlDecisions:
    """See `pointsman.services.ports.routing.decisions.Decisions`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def routing_context(self, lead_id: UUID, *, at: datetime) -> RoutingContext:
        row = await CONTEXT.one(self._connection, {"lead_id": lead_id, "at": at})
        ends = await evidence_ends(self._connection, [lead_id] if row.evidence else [])
        return _context(lead_id, row, ends.get(lead_id, ()))

    async def routing_contexts(self, lead_ids: Sequence[UUID], *, at: datetime) -> Mapping[UUID, RoutingContext]:
        rows = await CONTEXTS.rows(self._connection, {"lead_ids": [*lead_ids], "at": at})
        ends = await evidence_ends(self._connection, [row.lead_id for row in rows if row.evidence])
        return {row.lead_id: _context(row.lead_id, row, ends.get(row.lead_id, ())) for row in rows}

    async def loads(self, asks: Sequence[LoadQuery], *, ending_assignment: UUID | None) -> Sequence[RepLoad]:
        each = [(number, rep, ask) for number, ask in enumerate(asks) for rep in ask.reps]
        given = {
            "asks": [number for number, _, _ in each],
            "reps": [rep for _, rep, _ in each],
            "categories": [ask.category for _, _, ask in each],
            "hours": [ask.periods.hour for _, _, ask in each],
            "days": [ask.periods.day for _, _, ask in each],
            "weeks": [ask.periods.week for _, _, ask in each],
            "leaving": ending_assignment,
        }
        found = {row.ask: row for row in await LOADS.rows(self._connection, given)}
        return [_load(found.get(number)) for number in range(len(asks))]

    async def lock_reps(self, reps: Sequence[str]) -> None:
        await _LOCK_REPS.run(self._connection, {"reps": [*reps]})

    async def lock_suppliers(self, suppliers: Sequence[str]) -> None:
        await _LOCK_SUPPLIERS.run(self._connection, {"suppliers": [*suppliers]})

    async def end_assignment(self, assignment_id: UUID, *, at: datetime, reason: str) -> None:
        await END.run(self._connection, {"id": assignment_id, "at": at, "reason": reason})

    async def write(self, write: RoutingWrite) -> None:
        given = {name: getattr(write, name) for name in _WRITTEN}
        ledger = write.ledger
        given |= {
            "ledger_pool": ledger.pool if ledger else None,
            "seq": ledger.seq if ledger else None,
            "ledger": canonical_json(ledger.ledger) if ledger else None,
            "waiting_since": canonical_json(ledger.waiting_since) if ledger else None,
            "skips": canonical_json(ledger.skips) if ledger else None,
            "skips_used": [*write.skips_used],
        }
        with translating_errors():
            await WRITE.run(self._connection, given)

    async def add_assignment(self, row: AssignmentRow) -> None:
        with translating_errors():
            await self._connection.execute(_ADD_ASSIGNMENT, {name: getattr(row, name) for name in _GIVEN})

    async def assignment(self, assignment_id: UUID) -> AssignmentRow | None:
        return await _ASSIGNMENT.record(self._connection, AssignmentRow, {"id": assignment_id})

    async def current_assignment(self, lead_id: UUID) -> AssignmentRow | None:
        return await _CURRENT_ASSIGNMENT.record(self._connection, AssignmentRow, {"id": lead_id})

    async def past_holders(self, lead_id: UUID) -> frozenset[str]:
        return frozenset(await _PAST_HOLDERS.scalars(self._connection, {"lead_id": lead_id}))

    async def excluded_reps(self, lead_id: UUID, work: str) -> frozenset[str]:
        return frozenset(await _EXCLUDED_REPS.scalars(self._connection, {"lead_id": lead_id, "work": work}))

    async def get(self, decision_id: UUID, *, sees: Visibility = SEES_ALL) -> DecisionRow | None:
        return await _GET.record(self._connection, DecisionRow, {"id": decision_id, **visibility_values(sees)})

    async def page(
        self,
        which: DecisionFilter,
        *,
        before: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[DecisionRow]:
        at, last = before or (None, None)
        asked = {name: getattr(which, name) for name in _ASKED}
        given = {**asked, **visibility_values(which.sees), "before_at": at, "before_id": last, "limit": limit}
        return await _PAGE.records(self._connection, DecisionRow, given)

    async def with_changed_inputs(self, decision_ids: Sequence[UUID]) -> frozenset[UUID]:
        return frozenset(await _CHANGED_INPUTS.scalars(self._connection, {"ids": [*decision_ids]}))


def _load(row: Any | None) -> RepLoad:
    """A supplier without reps has nothing."""
    return RepLoad(open=row.open, hour=row.hour, day=row.day, week=row.week) if row else RepLoad()


def _context(lead_id: UUID, row: Any, ends: Sequence[EvidenceEnd]) -> RoutingContext:
    assignment = hold = None
    if row.a_id is not None:
        assignment = AssignmentRow(
            id=row.a_id, lead_id=lead_id, rep_id=row.a_rep_id, rep=row.a_rep, work=row.a_work, pool=row.a_pool,
            decision_id=row.a_decision_id, gate_check_id=row.a_gate_check_id, override_id=row.a_override_id,
            assigned_at=row.a_assigned_at, ended_at=None, end_reason=None,
        )  # fmt: skip
    if row.h_id is not None:
        hold = HoldRow(
            id=row.h_id, lead_id=lead_id, decision_id=row.h_decision_id, work=row.h_work, pool=row.h_pool,
            reason=row.h_reason, sentence=row.h_sentence, held_at=row.h_held_at, due_at=row.h_due_at,
            released_at=None, release=None, next_try_at=row.h_next_try_at, releases=row.h_releases,
        )  # fmt: skip
    return RoutingContext(
        versions=LiveVersions(policy=row.policy, roster=row.roster),
        current_assignment=assignment,
        hold=hold,
        gate_passes=[
            GatePass(
                id=UUID(id_),
                work=work,
                expires_at=datetime.fromisoformat(expires),
                checked_at=datetime.fromisoformat(checked),
            )
            for id_, work, expires, checked in row.passes or ()
        ],
        overrides=[_override(lead_id, data) for data in row.overrides or ()],
        evidence=[with_ends(_evidence(data), ends) for data in row.evidence or ()],
    )


def _override(lead_id: UUID, data: Mapping[str, Any]) -> OverrideRow:
    return OverrideRow(
        id=UUID(data["id"]),
        lead_id=lead_id,
        rep=data["rep"],
        work=data["work"],
        reason=data["reason"],
        approver=data["approver"],
        used=data["used"],
        created_at=datetime.fromisoformat(data["created_at"]),
        expires_at=datetime.fromisoformat(data["expires_at"]),
        revoked_at=None,
    )


def _evidence(data: Mapping[str, Any]) -> Evidence:
    return Evidence(
        id=UUID(data["id"]),
        kind=EvidenceKind(data["kind"]),
        name=data["name"],
        value=data["value"],
        affirmed=data["affirmed"],
        source=data["source"],
        origin=tuple(data["origin"]),
        observed_at=datetime.fromisoformat(data["observed_at"]),
        expires_at=datetime.fromisoformat(data["expires_at"]) if data["expires_at"] else None,
    )

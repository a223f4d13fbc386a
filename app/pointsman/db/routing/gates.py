"""The gates repository: evidence, gate checks, and the work that a lead is in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.routing.evidence_ends import evidence_ends
from pointsman.db.tables import evidence, gate_checks, holds
from pointsman.domain.leads.evidence import Evidence, EvidenceEnd, EvidenceKind
from pointsman.services.ports.routing.gates import CurrentAssignment, GateCheckRow

_EVIDENCE = (
    select(evidence).where(evidence.c.lead_id == bindparam("lead")).order_by(evidence.c.observed_at, evidence.c.id)
)
_ADD_EVIDENCE = insert(evidence)
_ADD_CHECK = insert(gate_checks)
_REVOKE_PASSES = (
    update(gate_checks)
    .where(
        gate_checks.c.lead_id == bindparam("lead"),
        gate_checks.c.work == bindparam("gated"),
        gate_checks.c.passed,
        gate_checks.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("at"))
)
_CURRENT_ASSIGNMENT = PreparedStatement("""
    select a.id as assignment_id, a.rep_id, r.key as rep_key, r.name as rep_name, r.supplier, a.work, a.pool,
        a.category, a.decision_id, a.gate_check_id, a.override_id,
        coalesce(o.revoked_at is null and o.expires_at > :at, false) as has_override,
        g.id, g.lead_id, g.work as gate_work, g.passed, g.policy_version, g.setter_rep_id, g.result, g.checked_at,
        g.expires_at, g.revoked_at
    from assignments a join reps r on r.id = a.rep_id
    left join gate_checks g on g.id = a.gate_check_id left join overrides o on o.id = a.override_id
    where a.lead_id = :lead and a.ended_at is null
""")
_LAST_CHECK = (
    select(*(gate_checks.c[name] for name in GateCheckRow.__slots__))
    .where(gate_checks.c.lead_id == bindparam("lead"), gate_checks.c.work == bindparam("gated"))
    .order_by(gate_checks.c.checked_at.desc(), gate_checks.c.id.desc())
    .limit(1)
)
_LAST_SETTER = PreparedStatement("""
    select setter_rep_id from gate_checks where lead_id = :lead and work = :work and passed
    order by checked_at desc, id desc limit 1
""")
#: Slot holds for appointments with the rep who does the work end with it.
_END_WORK = PreparedStatement("""
    with ended as (
        update assignments set ended_at = :at, end_reason = :reason
        where lead_id = :lead and ended_at is null
        returning lead_id
    ), over as (
        update slot_holds set released_at = :at, release_reason = 'cancelled'
        where lead_id in (select lead_id from ended) and released_at is null
        returning id
    )
    update reservations set active = false where slot_hold_id in (select id from over) and active
""")
_END_HOLD = (
    update(holds)
    .where(holds.c.lead_id == bindparam("lead"), holds.c.released_at.is_(None))
    .values(released_at=bindparam("at"), release=bindparam("because"))
)


class SqlGates:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def evidence(self, lead_id: UUID) -> Sequence[Evidence]:
        rows = await self._connection.execute(_EVIDENCE, {"lead": lead_id})
        return [
            Evidence(
                id=row.id,
                kind=EvidenceKind(row.kind),
                name=row.name,
                value=row.value,
                affirmed=row.affirmed,
                source=row.source,
                origin=tuple(row.origin),
                observed_at=row.observed_at,
                expires_at=row.expires_at,
            )
            for row in rows
        ]

    async def evidence_ends(self, lead_id: UUID) -> Sequence[EvidenceEnd]:
        return (await evidence_ends(self._connection, [lead_id])).get(lead_id, ())

    async def add_evidence(self, lead_id: UUID, items: Sequence[Evidence], *, at: datetime) -> None:
        if not items:
            return
        values = [
            {
                "id": item.id,
                "lead_id": lead_id,
                "kind": item.kind.value,
                "name": item.name,
                "value": item.value,
                "affirmed": item.affirmed,
                "source": item.source,
                "origin": list(item.origin),
                "observed_at": item.observed_at,
                "expires_at": item.expires_at,
                "created_at": at,
            }
            for item in items
        ]
        await self._connection.execute(_ADD_EVIDENCE, values)

    async def add_check(self, check: GateCheckRow) -> None:
        values = {name: getattr(check, name) for name in GateCheckRow.__slots__}
        await self._connection.execute(_ADD_CHECK, values)

    async def revoke_passes(self, lead_id: UUID, work: str, *, at: datetime) -> None:
        await self._connection.execute(_REVOKE_PASSES, {"lead": lead_id, "gated": work, "at": at})

    async def current_assignment(self, lead_id: UUID, *, at: datetime) -> CurrentAssignment | None:
        row = await _CURRENT_ASSIGNMENT.one(self._connection, {"lead": lead_id, "at": at})
        return _current_assignment(row._asdict()) if row else None

    async def last_check(self, lead_id: UUID, work: str) -> GateCheckRow | None:
        found = await self._connection.execute(_LAST_CHECK, {"lead": lead_id, "gated": work})
        row = found.mappings().one_or_none()
        return GateCheckRow(**row) if row else None

    async def last_setter(self, lead_id: UUID, work: str) -> UUID | None:
        found: Any = await _LAST_SETTER.scalar(self._connection, {"lead": lead_id, "work": work})
        return found if isinstance(found, UUID) else None

    async def end_assignment_and_hold(self, lead_id: UUID, *, at: datetime, reason: str) -> None:
        await _END_WORK.run(self._connection, {"lead": lead_id, "at": at, "reason": reason})
        await self._connection.execute(_END_HOLD, {"lead": lead_id, "at": at, "because": reason})


def _current_assignment(row: Mapping[str, Any]) -> CurrentAssignment:
    check = None
    if row["gate_check_id"] is not None:
        own = {name: row[name] for name in GateCheckRow.__slots__ if name != "work"}
        check = GateCheckRow(work=row["gate_work"], **own)
    return CurrentAssignment(
        gate_check=check, **{name: row[name] for name in CurrentAssignment.__slots__ if name != "gate_check"}
    )

"""The history repository: what a simulation reads, in batches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.routing.evidence_ends import evidence_ends
from pointsman.domain.leads.evidence import Evidence, EvidenceKind, with_ends
from pointsman.services.ports.routing.history import PastDecisionRow

_DECISIONS = PreparedStatement("""
    select d.id, d.lead_id, d.at, d.outcome, d.work, d.rule, d.pool, p.key as rep, d.hold_reason, d.summary,
        d.record ->> 'category' as category, d.policy_version, d.roster_version, d.inputs
    from decisions d left join reps p on p.id = d.rep_id
    where d.at >= :since and d.at < :until
      and (cast(:after_at as timestamptz) is null or (d.at, d.id) > (:after_at, cast(:after_id as uuid)))
    order by d.at, d.id limit :limit
""")
_EVIDENCE = PreparedStatement("""
    select lead_id, id, kind, name, value, affirmed, source, origin, observed_at, expires_at, created_at
    from evidence
    where lead_id = any(cast(:leads as uuid[])) order by observed_at, id
""")


class SqlHistory:
    """See `pointsman.services.ports.routing.history.History`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def decisions(
        self, *, since: datetime, until: datetime, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[PastDecisionRow]:
        at, last = after or (None, None)
        given = {"since": since, "until": until, "after_at": at, "after_id": last, "limit": limit}
        return await _DECISIONS.records(self._connection, PastDecisionRow, given)

    async def evidence(self, leads: Sequence[UUID]) -> Mapping[UUID, Sequence[tuple[datetime, Evidence]]]:
        found: dict[UUID, list[tuple[datetime, Evidence]]] = {}
        ends = await evidence_ends(self._connection, leads)
        for row in await _EVIDENCE.rows(self._connection, {"leads": [*leads]}):
            item = Evidence(
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
            found.setdefault(row.lead_id, []).append((row.created_at, with_ends(item, ends.get(row.lead_id, ()))))
        return found

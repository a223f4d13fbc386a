"""What ended the evidence of leads: results of their appointments, and a change of employer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.domain.booking.lifecycle import TRANSITIONS, GateEffect
from pointsman.domain.leads.evidence import EvidenceEnd, left_employer, used_up

# What was said of a meeting of earlier work is no word on the evidence that came since.
_ENDS = PreparedStatement("""
    select w.lead_id, l.known_at ->> 'qualification' as employer_since,
        (select jsonb_agg(distinct jsonb_build_array(v.at,
                case when v.detail -> 'after' ? 'lead_moved_on' then a.created_at else v.at end))
            from appointments a join appointment_events v on v.appointment_id = a.id
            where a.lead_id in (select w.lead_id union all select id from leads where merged_into = w.lead_id)
              and v.act || ' ' || case v.act when 'reject' then a.reject_code when 'outcome' then a.outcome else '' end
                  = any(:acts)) as used_up
    from unnest(cast(:leads as uuid[])) w (lead_id) join leads l on l.id = w.lead_id
""")
_ACTS = [f"{row.action} {row.case}" for row in TRANSITIONS if row.gate is GateEffect.REVOKED]


async def evidence_ends(connection: AsyncConnection, leads: Sequence[UUID]) -> Mapping[UUID, Sequence[EvidenceEnd]]:
    """By lead, by one statement; by none for no lead."""
    rows = await _ENDS.rows(connection, {"leads": [*leads], "acts": _ACTS}) if leads else []
    found: dict[UUID, list[EvidenceEnd]] = {}
    for row in rows:
        ends = [used_up(datetime.fromisoformat(at), datetime.fromisoformat(until)) for at, until in row.used_up or ()]
        since = [left_employer(datetime.fromisoformat(row.employer_since))] if row.employer_since else []
        found[row.lead_id] = [*ends, *since]
    return found

"""Statements on how a connection does, as people are shown it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.domain.messages.message import message_from_json
from pointsman.services.ports.vendors.pace import PaceRow, QuotaLeft

SHOW = PreparedStatement("""
    select not_before, failures, strikes, last_success_at, last_error_at, last_error, quota,
        (select count(*) from jsonb_each(calls) call
            where call.value::float8 > extract(epoch from cast(:at as timestamptz))) as in_flight
    from connection_pace where connection_id = :of and subject = :subject
""")
OWED = PreparedStatement("""
    select count(*)::integer as waiting,
        min(greatest(created_at, case when kind = 'notice' then owed_at end)) as oldest_at
    from deliveries where connection_id = :of and status = 'pending'
      and (kind <> 'notice' or error_code is not null or next_attempt_at <= now())
""")


def pace_row(row: Any) -> PaceRow:
    quota = row.quota
    return PaceRow(
        not_before=row.not_before,
        in_flight=row.in_flight,
        failures=row.failures,
        strikes=row.strikes,
        last_success_at=row.last_success_at,
        last_error_at=row.last_error_at,
        last_error=message_from_json(row.last_error) if row.last_error else None,
        quota=_quota_left(quota) if quota else None,
        quota_told_at=datetime.fromisoformat(quota["told_at"]) if quota else None,
    )


def _quota_left(stored: Mapping[str, Any]) -> QuotaLeft:
    resets = stored["resets_at"]
    return QuotaLeft(
        left=stored["left"], limit=stored["limit"], resets_at=datetime.fromisoformat(resets) if resets else None
    )

"""Statements on how calls ended, and what that tells of the connection.

A connection is "fresh" for a call that began when no wait was set, or after it: what older calls tell changes no wait,
since they began before the vendor's trouble was known.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.vendors.pace import QuotaLeft

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
FAILURES_IN_A_ROW = 5  # of single calls, until the connection as a whole is taken to fail
SECOND_LOOK_S = 30.0  # after the first strike
PROBE_EVERY_S = 300.0  # after the last

ANSWERED = PreparedStatement("""
    update connection_pace set
        calls = calls - cast(:lease as text), probe = nullif(probe, cast(:lease as text)),
        mean_s = 0.8 * mean_s + 0.2 * cast(:took as float8),
        failures = case when coalesce(not_before <= :began, true) then 0 else failures end,
        strikes = case when coalesce(not_before <= :began, true) then 0 else strikes end,
        not_before = case when not_before <= :began then null else not_before end,
        last_success_at = case when cast(:error as jsonb) is null
            then greatest(last_success_at, cast(:at as timestamptz)) else last_success_at end,
        last_error_at = case when cast(:error as jsonb) is null then last_error_at else cast(:at as timestamptz) end,
        last_error = coalesce(cast(:error as jsonb), last_error),
        quota = coalesce(cast(:quota as jsonb), quota)
    where connection_id = :of and subject = :subject
""")
FAILED = PreparedStatement("""
    update connection_pace set
        calls = calls - coalesce(cast(:lease as text), ''), probe = nullif(probe, cast(:lease as text)),
        mean_s = 0.8 * mean_s + 0.2 * cast(:took as float8),
        failures = failures
            + case when cast(:retry_s as float8) is null and coalesce(not_before <= :began, true) then 1 else 0 end,
        not_before = case
            when cast(:retry_s as float8) is not null
                then greatest(not_before, cast(:at as timestamptz) + cast(:retry_s as float8) * interval '1 second')
            when not_before > :began then not_before
            when cast(:whole as boolean) or not_before is not null or failures + 1 >= cast(:in_a_row as integer)
                then cast(:at as timestamptz) + interval '1 second' * cast(:chance as float8)
                    * least(cast(:longest as float8), cast(:first as float8) * power(2, least(20,
                        case when cast(:whole as boolean) then failures
                        else greatest(failures + 1 - cast(:in_a_row as integer), 0) end)))
            end,
        last_error_at = :at, last_error = cast(:error as jsonb), quota = coalesce(cast(:quota as jsonb), quota)
    where connection_id = :of and subject = :subject
    returning not_before
""")
REFUSED = PreparedStatement("""
    update connection_pace set
        calls = calls - coalesce(cast(:lease as text), ''), probe = nullif(probe, cast(:lease as text)),
        strikes = case when not_before > :began then greatest(strikes, 1) else least(strikes + 1, 100) end,
        not_before = case when not_before > :began then not_before
            else cast(:at as timestamptz) + interval '1 second'
                * case when strikes + 1 < cast(:strikes as integer) then cast(:soon as float8) else cast(:later as float8) end
            end,
        last_error_at = :at, last_error = cast(:error as jsonb)
    where connection_id = :of and subject = :subject
    returning strikes, not_before
""")
FORGIVE = PreparedStatement("""
    update connection_pace set not_before = null, queue_at = null, probe = null, failures = 0, strikes = 0,
        last_success_at = case when cast(:worked as boolean) and subject = '' then :at else last_success_at end
    where connection_id = :of
""")


def ended_values(
    connection_id: UUID, subject: str, lease: UUID | None, began: datetime, at: datetime
) -> dict[str, Any]:
    """What `ANSWERED` and `FAILED` are given of a call; it tells of a minute at the most."""
    took, name = min(max((at - began).total_seconds(), 0.0), 60.0), str(lease) if lease else None
    return {"of": connection_id, "subject": subject, "lease": name, "began": began, "at": at, "took": took}


def stored_quota(quota: QuotaLeft | None, at: datetime) -> str | None:
    if quota is None:
        return None
    resets = quota.resets_at.isoformat() if quota.resets_at else None
    return json.dumps({"left": quota.left, "limit": quota.limit, "resets_at": resets, "told_at": at.isoformat()})

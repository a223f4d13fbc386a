"""The repository of the pace of connections: one small statement each, so that no row is locked over a call.

A connection is "fresh" for a call that began when no wait was set, or after it: what older calls tell changes no wait,
since they began before the vendor's trouble was known.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.db.booking.subject_paces import SqlSubjectPaces, state_of
from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.domain.messages.message import Message, message_from_json
from pointsman.services.ports.vendors.pace import (
    STRIKES,
    Allowance,
    Failure,
    OwedWork,
    PaceRow,
    QuotaLeft,
    Refusal,
)

FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
FAILURES_IN_A_ROW = 5  # of single calls, until the connection as a whole is taken to fail
SECOND_LOOK_S = 30.0  # after the first strike
PROBE_EVERY_S = 300.0  # after the last

_ENTER = PreparedStatement("""
    update connection_pace set
        tokens = case when cast(:rate as float8) is null then tokens else least(cast(:burst as float8), tokens
            + cast(:rate as float8) * greatest(extract(epoch from cast(:at as timestamptz) - filled_at)::float8, 0)) - 1 end,
        filled_at = greatest(filled_at, cast(:at as timestamptz)),
        calls = jsonb_build_object(cast(:lease as text), cast(:ends as float8)) || (
            select coalesce(jsonb_object_agg(call.key, call.value), '{}') from jsonb_each(calls) call
            where call.value::float8 > extract(epoch from cast(:at as timestamptz))),
        probe = case when not_before is not null then cast(:lease as text) end
    where connection_id = :of and subject = :subject
      and (not_before is null or (not_before <= cast(:at as timestamptz)
        and coalesce((calls -> probe)::float8 <= extract(epoch from cast(:at as timestamptz)), true)))
      and (cast(:rate as float8) is null or least(cast(:burst as float8), tokens
        + cast(:rate as float8) * greatest(extract(epoch from cast(:at as timestamptz) - filled_at)::float8, 0))
        >= 1 + cast(:spare as float8))
      and (select count(*) from jsonb_each(calls) call
        where call.value::float8 > extract(epoch from cast(:at as timestamptz))) < cast(:places as integer)
    returning not_before is not null as probing
""")
#: Those who are sent away come back one after another, as fast as the vendor works off; a long line starts anew.
#: While all places are taken, how long nothing has begun tells of calls that hang before the first of them has ended.
_STAND_IN_LINE = PreparedStatement("""
    with place as (
        select greatest(not_before, cast(:at as timestamptz)) as front, interval '1 second' * greatest(
            greatest(mean_s, case when not_before is null and (select count(*) from jsonb_each(calls) call
                    where call.value::float8 > extract(epoch from cast(:at as timestamptz))) >= cast(:places as integer)
                then extract(epoch from cast(:at as timestamptz) - filled_at)::float8 end) / cast(:places as integer),
            1 / cast(:rate as float8), 0.01) as each
        from connection_pace where connection_id = :of and subject = :subject
    )
    update connection_pace set queue_at = place.each + case
        when queue_at > place.front and queue_at < place.front + cast(:longest as float8) * interval '1 second'
        then queue_at else place.front end
    from place where connection_id = :of and subject = :subject
    returning not_before, strikes, queue_at
""")
_LOOK = PreparedStatement("""
    select not_before, strikes, greatest(not_before,
        cast(:at as timestamptz) + greatest(0.05, least(1 / cast(:rate as float8), 1)) * interval '1 second') as queue_at
    from connection_pace where connection_id = :of and subject = :subject
""")
_BEGIN = PreparedStatement("""
    with made as (
        insert into connection_pace (connection_id, subject, tokens, filled_at)
        select id, :subject, :burst, :at from connections where id = :of
        on conflict (connection_id, subject) do nothing
    )
    select exists (select from connections where id = :of)
""")
_ANSWERED = PreparedStatement("""
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
_FAILED = PreparedStatement("""
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
_REFUSED = PreparedStatement("""
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
_PROLONG = PreparedStatement("""
    update connection_pace set calls = calls || jsonb_build_object(cast(:lease as text), cast(:ends as float8))
    where connection_id = :of and subject in ('', :subject) and calls ? cast(:lease as text)
""")
_LET_GO = PreparedStatement("""
    update connection_pace set calls = calls - cast(:lease as text), probe = nullif(probe, cast(:lease as text)),
        tokens = tokens + cast(:back as float8)
    where connection_id = :of and subject = :subject
""")
_FORGIVE = PreparedStatement("""
    update connection_pace set not_before = null, queue_at = null, probe = null, failures = 0, strikes = 0,
        last_success_at = case when cast(:worked as boolean) and subject = '' then :at else last_success_at end
    where connection_id = :of
""")
_SHOW = PreparedStatement("""
    select not_before, failures, strikes, last_success_at, last_error_at, last_error, quota,
        (select count(*) from jsonb_each(calls) call
            where call.value::float8 > extract(epoch from cast(:at as timestamptz))) as in_flight
    from connection_pace where connection_id = :of and subject = :subject
""")
_OWED = PreparedStatement("""
    select count(*)::integer as waiting,
        min(greatest(created_at, case when kind = 'notice' then owed_at end)) as oldest_at
    from deliveries where connection_id = :of and status = 'pending'
      and (kind <> 'notice' or error_code is not null or next_attempt_at <= now())
""")


class SqlPaces(SqlSubjectPaces):
    """See `pointsman.services.ports.vendors.pace.Paces`."""

    async def enter(
        self,
        connection_id: UUID,
        lease: UUID,
        allowance: Allowance,
        *,
        at: datetime,
        until: datetime,
        subject: str = "",
    ) -> bool | None:
        given = {
            "of": connection_id,
            "subject": subject,
            "lease": str(lease),
            "at": at,
            "ends": until.timestamp(),
            "rate": allowance.rate,
            "burst": allowance.burst,
            "spare": allowance.spare,
            "places": allowance.places,
        }
        probing: bool | None = await _ENTER.scalar(self._connection, given)
        return probing

    async def refusal(
        self, connection_id: UUID, allowance: Allowance, *, at: datetime, in_line: bool, subject: str = ""
    ) -> Refusal | None:
        given = {"of": connection_id, "subject": subject, "at": at, "rate": allowance.rate}
        if in_line:
            given |= {"places": allowance.places, "longest": LONGEST_WAIT_S}
        row = await (_STAND_IN_LINE if in_line else _LOOK).one(self._connection, given)
        if row is None:
            return None
        return Refusal(state=state_of(row.not_before, row.strikes, at), until=row.queue_at)

    async def begin(self, connection_id: UUID, *, burst: int, at: datetime, subject: str = "") -> bool:
        given = {"of": connection_id, "subject": subject, "burst": float(burst), "at": at}
        return await _BEGIN.scalar(self._connection, given) is True

    async def answered(
        self,
        connection_id: UUID,
        lease: UUID,
        error: Message | None,
        *,
        began: datetime,
        at: datetime,
        quota: QuotaLeft | None,
        subject: str = "",
    ) -> None:
        given = {"error": json.dumps(error.as_json()) if error else None, "quota": _quota(quota, at)}
        await _ANSWERED.run(self._connection, _ended(connection_id, subject, lease, began, at) | given)

    async def failed(
        self,
        connection_id: UUID,
        lease: UUID | None,
        failure: Failure,
        *,
        began: datetime,
        at: datetime,
        quota: QuotaLeft | None,
        subject: str = "",
    ) -> datetime | None:
        # The wait of one call is that call's own. One of nothing, such as a time that is over where the vendor's clock goes
        # behind ours, tells no more than none: who believed it would ask again and again.
        wait = (failure.retry_after or None) if failure.whole else None
        given = {
            "retry_s": wait.total_seconds() if wait is not None else None,
            "whole": failure.whole,
            "chance": failure.chance,
            "error": json.dumps(failure.error.as_json()),
            "quota": _quota(quota, at),
            "in_a_row": FAILURES_IN_A_ROW,
            "first": FIRST_WAIT_S,
            "longest": LONGEST_WAIT_S,
        }
        ended = _ended(connection_id, subject, lease, began, at)
        found: datetime | None = await _FAILED.scalar(self._connection, ended | given)
        return found

    async def refused(
        self,
        connection_id: UUID,
        lease: UUID | None,
        error: Message,
        *,
        began: datetime,
        at: datetime,
        subject: str = "",
    ) -> tuple[int, datetime]:
        given = {
            "of": connection_id,
            "subject": subject,
            "lease": str(lease) if lease else None,
            "began": began,
            "at": at,
            "error": json.dumps(error.as_json()),
            "strikes": STRIKES,
            "soon": SECOND_LOOK_S,
            "later": PROBE_EVERY_S,
        }
        row = await _REFUSED.one(self._connection, given)
        return (row.strikes, row.not_before) if row is not None else (STRIKES, at)

    async def prolong(self, connection_id: UUID, lease: UUID, *, until: datetime, subject: str = "") -> None:
        given = {"of": connection_id, "subject": subject, "lease": str(lease), "ends": until.timestamp()}
        await _PROLONG.run(self._connection, given)

    async def let_go(self, connection_id: UUID, lease: UUID, *, subject: str = "", unused: bool = False) -> None:
        given = {"of": connection_id, "subject": subject, "lease": str(lease), "back": float(unused)}
        await _LET_GO.run(self._connection, given)

    async def forgive(self, connection_id: UUID, *, at: datetime, worked: bool) -> None:
        await _FORGIVE.run(self._connection, {"of": connection_id, "at": at, "worked": worked})

    async def show(self, connection_id: UUID, *, at: datetime) -> PaceRow | None:
        row = await _SHOW.one(self._connection, {"of": connection_id, "subject": "", "at": at})
        if row is None:
            return None
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

    async def owed(self, connection_id: UUID) -> OwedWork:
        row = await _OWED.one(self._connection, {"of": connection_id})
        return OwedWork(waiting=row.waiting, oldest_at=row.oldest_at)


def _ended(connection_id: UUID, subject: str, lease: UUID | None, began: datetime, at: datetime) -> dict[str, Any]:
    took, name = min(max((at - began).total_seconds(), 0.0), 60.0), str(lease) if lease else None
    return {"of": connection_id, "subject": subject, "lease": name, "began": began, "at": at, "took": took}


def _quota(quota: QuotaLeft | None, at: datetime) -> str | None:
    if quota is None:
        return None
    resets = quota.resets_at.isoformat() if quota.resets_at else None
    return json.dumps({"left": quota.left, "limit": quota.limit, "resets_at": resets, "told_at": at.isoformat()})


def _quota_left(stored: Mapping[str, Any]) -> QuotaLeft:
    resets = stored["resets_at"]
    return QuotaLeft(
        left=stored["left"], limit=stored["limit"], resets_at=datetime.fromisoformat(resets) if resets else None
    )

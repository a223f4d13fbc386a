"""Taking up many inbox items again: which, and all of them by one statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.intake.inbox import ReplayFilter

COUNT_REPLAYABLE = PreparedStatement("""
    select count(*) from inbox i join intakes n on n.id = i.intake_id
    where i.status = :status
      and (i.status <> 'received' or (i.next_attempt_at > :at and (i.leased_until is null or i.leased_until <= :at)))
      and (cast(:intake as text) is null or n.key = :intake)
      and (cast(:since as timestamptz) is null or i.received_at >= :since)
      and (cast(:until as timestamptz) is null or i.received_at < :until)
""")

#: The jobs are written in order of arrival, and the queue takes them in the order in which they were written.
REPLAY = PreparedStatement("""
    with chosen as (
        select i.id, i.received_at, i.body = '' and n.connection is not null as unread
        from inbox i join intakes n on n.id = i.intake_id
        where i.status = :status
          and (i.status <> 'received' or (i.next_attempt_at > :at and (i.leased_until is null or i.leased_until <= :at)))
          and (cast(:intake as text) is null or n.key = :intake)
          and (cast(:since as timestamptz) is null or i.received_at >= :since)
          and (cast(:until as timestamptz) is null or i.received_at < :until)
        order by i.received_at, i.id limit :limit for update of i skip locked
    ), reopened as (
        update inbox set status = case when unread then 'unread' else 'received' end, attempts = 0,
            next_attempt_at = :sweep_at, leased_until = null,
            tried_since = null, unended_attempts = 0
        from chosen where inbox.id = chosen.id
    ), settled as (
        update alerts set resolved_at = :at
        where code = 'inbox-dead' and resolved_at is null and subject in (select 'inbox:' || id from chosen)
    )
    select array_agg(id order by received_at, id) as ids,
        procrastinate_defer_jobs_v1(array_agg(row(
            'pointsman', 'inbox.process', 0, null, null, jsonb_build_object('inbox_id', id), null
        )::procrastinate_job_to_defer_v1 order by received_at, id)) as jobs
    from chosen having count(*) > 0
""")

#: In a statement of its own: the next one sees the items of those who held an alert while this one waited for it.
LOCK_REFUSED_ALERTS = PreparedStatement("""
    select id from alerts where code = 'inbox-refused' and resolved_at is null order by id for update
""")

SETTLE_REFUSED = PreparedStatement("""
    update alerts set resolved_at = :at
    where code = 'inbox-refused' and resolved_at is null and not exists (
        select from inbox i join intakes n on n.id = i.intake_id
        where i.status = 'refused' and alerts.subject = 'intake:' || n.key)
""")


def filter_values(which: ReplayFilter, at: datetime) -> Mapping[str, Any]:
    """The filter as the statements take it."""
    return {"status": which.status, "intake": which.intake_key, "since": which.since, "until": which.until, "at": at}

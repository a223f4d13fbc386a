"""Statements on attempts: what claims a delivery under a lease, and what ends the claim."""

from sqlalchemy import bindparam, update

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import deliveries

#: The latest of a thing overtakes those before it. While a call about the thing is under way, no other begins; no mail about
#: it over another connection either, which would come before it.
CLAIM = PreparedStatement("""
    with claimed as (
        update deliveries d set
            lease = :lease, lease_until = statement_timestamp() + cast(:span as interval), attempts = attempts + 1,
            unsure = unsure + 1
        where d.id = :id and d.status = 'pending' and d.next_attempt_at <= :at
          and (d.lease_until is null or d.lease_until <= statement_timestamp())
          and not exists (
            select 1 from deliveries e
            where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
              and e.status = 'pending' and e.id <> d.id
              and (e.lease_until > statement_timestamp() or e.sequence > d.sequence))
          and (d.kind <> 'notice' or not exists (
            select 1 from deliveries e
            where e.key = d.key and e.kind = d.kind and e.status = 'pending' and e.id <> d.id
              and e.lease_until > statement_timestamp()))
        returning *
    ), overtaken as (
        update deliveries e set status = 'superseded', lease = null, lease_until = null, done_at = :at
        from claimed d
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.status = 'pending' and e.sequence < d.sequence
    )
    select d.id, d.lead_id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence,
        d.status, d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version,
        d.created_at, d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.mailed_from, d.mailed_as, d.said, d.action
    from claimed d
""")
#: What waits for another of its thing goes to the back unclaimed, so that any number of it keeps no other waiting.
CLAIM_OVERDUE = PreparedStatement(
    """
    with looked_at as (
        update deliveries set next_attempt_at = :at
        where id = any(array(
            select id from deliveries
            where status = 'pending' and next_attempt_at <= :before
              and (lease_until is null or lease_until <= statement_timestamp())
            order by next_attempt_at limit :limit for update skip locked))
        returning *
    )
    select d.id, d.lead_id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence,
        d.status, d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version,
        d.created_at, d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.mailed_from, d.mailed_as, d.said, d.action
    from looked_at d
    where not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.status = 'pending' and e.id <> d.id
          and (e.lease_until > statement_timestamp() or e.sequence > d.sequence))
    """,
    replan=True,
)
NOTE_TOLD = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(told=bindparam("what"))
NOTE_SAID = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(said=bindparam("what"))
#: One that is superseded by its own worker had nothing to say: that was no attempt.
SETTLE = PreparedStatement("""
    update deliveries set
        status = :status, attempts = attempts - cast(:status = 'superseded' as integer),
        unsure = unsure - cast(:known as integer), told = coalesce(:told, told),
        lease = null, lease_until = null, done_at = :at,
        error_code = :error_code, last_error = cast(:error as jsonb),
        vendor_id = coalesce(:vendor_id, vendor_id), vendor_version = coalesce(:vendor_version, vendor_version)
    where id = :id and lease = :lease and status = 'pending'
""")
POSTPONE = PreparedStatement("""
    update deliveries set
        next_attempt_at = :until, error_code = :error_code, last_error = cast(:error as jsonb), lease = null, lease_until = null,
        sequence = coalesce(cast(:sequence as integer), sequence),
        attempts = attempts - cast(:refund as integer), unsure = unsure - cast(:known as integer),
        said = case when :refund = 1 then :said else said end,
        mailed_from = case when :refund = 1 then :mailed_from else mailed_from end
    where id = :id and lease = :lease and status = 'pending'
""")

"""Statements that take up again what had ended, waited or stood: it is owed from then on."""

from sqlalchemy import UUID, bindparam, delete

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import crm_owners

REOPEN = PreparedStatement("""
    update deliveries set
        status = 'pending', next_attempt_at = :at, done_at = null,
        owed_at = case when status = 'pending' then owed_at else :at end, lease = null, lease_until = null
    where id = :id and status = :status and (lease_until is null or lease_until <= statement_timestamp())
""")
#: Of what is under way the lease is taken away: its call goes to where the connection led before. What was answered is no
#: attempt any more of which nobody knows the end. Mail under way arrives wherever it goes out from: it is not sent again,
#: and what a rule has a CRM do is done once.
OWE_AGAIN = PreparedStatement(
    """
    update deliveries d set
        status = 'pending', next_attempt_at = :at, owed_at = :at, done_at = null, lease = null, lease_until = null,
        attempts = d.attempts - cast(d.status = 'done' as integer)
    where d.connection_id = :connection and d.wanted = 'put'
      and (d.appointment_id is null and exists (
            select 1 from assignments g where g.lead_id = d.lead_id and g.ended_at is null)
        or exists (
            select 1 from appointments a
            where a.id = d.appointment_id and a.status in ('requested','confirmed') and a.starts_at > :at))
      and d.kind not in ('notice','task','membership','fields')
      and (d.status = 'done' or (d.status = 'pending' and d.lease_until > statement_timestamp()))
      and not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.sequence > d.sequence)
    """,
    replan=True,
)
#: What another account called a record is there no name for it, nor what it was told.
FORGET_RECORDS = PreparedStatement("""
    update deliveries set vendor_id = null, vendor_version = null, told = null
    where connection_id = :connection and kind in ('person','fields') and (vendor_id is not null or told is not null)
""")
FORGET_OWNERS = delete(crm_owners).where(crm_owners.c.connection_id == bindparam("connection", type_=UUID))
#: What waits is due now, however much it is. Not what is only said once more: it waits for calls that may still be carried out,
#: and not for the connection. Nor what was not tried yet: a reminder waits for its time.
RENEW = PreparedStatement("""
    update deliveries set
        owed_at = greatest(owed_at, :at),
        next_attempt_at = case when coalesce(error_code, '') in ('','removed-once-more','sent-once-more')
            then next_attempt_at else least(next_attempt_at, :at) end
    where connection_id = :connection and status = 'pending' and (owed_at < :at or next_attempt_at > :at)
""")

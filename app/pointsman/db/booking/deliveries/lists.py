"""Statements on deliveries as people look at them: with the key of the connection that each goes to."""

from pointsman.db.engine.prepared_statement import PreparedStatement

LISTED = PreparedStatement("""
    select d.id, d.lead_id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence,
        d.status, d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version,
        d.created_at, d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.mailed_from, d.mailed_as, d.said, d.action,
        k.key as connection
    from deliveries d join connections k on k.id = d.connection_id
    where d.id = :id
""")
PAGE = PreparedStatement(
    """
    select d.id, d.lead_id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence,
        d.status, d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version,
        d.created_at, d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.mailed_from, d.mailed_as, d.said, d.action,
        k.key as connection
    from deliveries d join connections k on k.id = d.connection_id
    where (cast(:status as text) is null or d.status = :status)
      and (cast(:kind as text) is null or d.kind = :kind)
      and (cast(:error_code as text) is null or d.error_code = :error_code)
      and (cast(:maybe_twice as boolean) is null
           or (d.kind = 'notice' and d.status = 'done' and d.unsure > 0) = cast(:maybe_twice as boolean))
      and (cast(:connection as text) is null or d.connection_id = (select id from connections where key = :connection))
      and (cast(:appointment_id as uuid) is null or d.appointment_id = :appointment_id)
      and (cast(:lead_id as uuid) is null or d.lead_id = :lead_id)
      and (cast(:since as timestamptz) is null or d.created_at >= :since)
      and (cast(:until as timestamptz) is null or d.created_at < :until)
      and (cast(:after_at as timestamptz) is null or (d.created_at, d.id) < (:after_at, cast(:after_id as uuid)))
    order by d.created_at desc, d.id desc limit :limit
    """,
    replan=True,  # planned for what is asked: each filter has its index
)
LATE = PreparedStatement("""
    select k.key as connection, count(*) as count, min(d.owed_at) as since,
        (array_agg(d.last_error order by d.owed_at))[1] as last_error
    from deliveries d join connections k on k.id = d.connection_id
    where d.status = 'pending' and d.owed_at <= :before and d.error_code in ('unanswered','waiting')
    group by k.key order by k.key
""")

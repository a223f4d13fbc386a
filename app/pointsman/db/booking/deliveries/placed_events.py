"""Statements on the events that were put into calendars."""

from pointsman.db.engine.prepared_statement import PreparedStatement

PLACED_EVENTS = PreparedStatement("""
    select d.connection_id, d.calendar, d.key, a.id as appointment_id, d.rep_id, r.key as rep_key,
        a.rep_id = d.rep_id as is_leader,
        a.status in ('requested','confirmed')
            and (array_agg(d.wanted order by d.sequence desc))[1] = 'put' as is_wanted,
        case when (array_agg(d.status order by d.sequence desc))[1] in ('done','superseded') then max(d.done_at)
            end as settled_at,
        a.sequence, a.starts_at, a.ends_at, a.conflict
    from appointments a join deliveries d on d.appointment_id = a.id join reps r on r.id = d.rep_id
    where a.starts_at > :after and d.kind = 'appointment'
    group by d.connection_id, d.calendar, d.key, d.rep_id, r.key, a.id
    order by d.connection_id, d.calendar, d.key
""")
UNLINKED = PreparedStatement("""
    select d.id, d.lead_id, d.appointment_id, d.rep_id, d.connection_id, d.calendar, d.kind, d.wanted, d.key, d.sequence,
        d.status, d.attempts, d.owed_at, d.next_attempt_at, d.error_code, d.last_error, d.vendor_id, d.vendor_version,
        d.created_at, d.done_at, d.unsure, d.told, d.mailed_to, d.mailed_key, d.mailed_from, d.mailed_as, d.said,
        d.action
    from appointments a join deliveries d on d.appointment_id = a.id and d.rep_id = a.rep_id
    where a.vendor_meeting and a.join_url is null and a.status in ('requested','confirmed')
      and d.kind = 'appointment' and d.wanted = 'put' and d.status = 'done' and d.done_at >= :seldom_since
      and (d.done_at >= :since
           or mod(floor(extract(epoch from cast(:at as timestamptz) - d.done_at) / cast(:every_s as float8))::bigint, 20) = 0)
      and not exists (
        select 1 from deliveries e
        where e.key = d.key and e.connection_id = d.connection_id and e.calendar = d.calendar and e.kind = d.kind
          and e.sequence > d.sequence)
    order by d.done_at desc limit :limit
""")

"""The statement on leads' records in CRMs: a decision waits for it, so that it is one, and a cheap one where there is no CRM."""

from pointsman.db.engine.prepared_statement import PreparedStatement

#: What this transaction owes already says what stands at its end: it is said when the delivery is claimed.
OWE_RECORD = PreparedStatement("""
    with wanted as (
        select k.id as connection_id, coalesce(past.sequence + 1, 0) as sequence,
            case when row_number() over (order by k.id) = 1 then cast(:first_id as uuid)
                else md5(cast(:first_id as text) || k.id::text)::uuid end as id
        from connections k left join lateral (
            select d.sequence, d.status = 'pending' and d.xmin = pg_current_xact_id()::xid as is_owed from deliveries d
            where d.key = :key and d.connection_id = k.id and d.calendar = '' and d.kind = 'person'
            order by d.sequence desc limit 1) past on true
        where k.sync_owners and past.is_owed is not true
    ), owed as (
        insert into deliveries (id, lead_id, connection_id, kind, wanted, key, sequence, status, owed_at, next_attempt_at,
            created_at)
        select id, :lead, connection_id, 'person', 'put', :key, sequence, 'pending', :at, :at, :at from wanted
        returning id
    )
    select (select procrastinate_defer_jobs_v1(array_agg(row(
        'pointsman-vendors', 'delivery.run', 0, null, null, jsonb_build_object('delivery_id', id), null
    )::procrastinate_job_to_defer_v1)) from owed having count(*) > 0) as jobs
""")
#: Leads of which something is owed in the same moment by another transaction are told by that. A lead's key is `person_key`.
OWE_RECORDS_OF = PreparedStatement("""
    with held as (
        select lead_id from assignments where rep_id = any(:reps) and ended_at is null
        union
        select lead_id from appointments where rep_id = any(:reps) and status in ('requested','confirmed')
    ), wanted as (
        select held.lead_id, k.id as connection_id, 'pm-lead-' || held.lead_id as key,
            coalesce(past.sequence + 1, 0) as sequence,
            md5(cast(:first_id as text) || held.lead_id || k.id)::uuid as id
        from held cross join connections k left join lateral (
            select d.sequence, d.status = 'pending' and d.xmin = pg_current_xact_id()::xid as is_owed from deliveries d
            where d.key = 'pm-lead-' || held.lead_id and d.connection_id = k.id and d.calendar = '' and d.kind = 'person'
            order by d.sequence desc limit 1) past on true
        where k.sync_owners and past.is_owed is not true
    ), owed as (
        insert into deliveries (id, lead_id, connection_id, kind, wanted, key, sequence, status, owed_at, next_attempt_at,
            created_at)
        select id, lead_id, connection_id, 'person', 'put', key, sequence, 'pending', :at, :at, :at from wanted
        on conflict do nothing
        returning id
    )
    select (select procrastinate_defer_jobs_v1(array_agg(row(
        'pointsman-vendors', 'delivery.run', 0, null, null, jsonb_build_object('delivery_id', id), null
    )::procrastinate_job_to_defer_v1)) from owed having count(*) > 0) as jobs
""")

"""What every routed lead costs: one statement reads all about it, one writes all that follows; one counts, for caps."""

from pointsman.db.engine.prepared_statement import PreparedStatement

#: One row, whatever there is: what is in force, and what the lead has already.
CONTEXT = PreparedStatement("""
    select
        (select version from policies where state = 'published') as policy,
        (select max(version) from roster_versions) as roster,
        a.id as a_id, a.rep_id as a_rep_id, p.key as a_rep, a.work as a_work, a.pool as a_pool,
        a.decision_id as a_decision_id, a.gate_check_id as a_gate_check_id, a.override_id as a_override_id,
        a.assigned_at as a_assigned_at,
        h.id as h_id, h.decision_id as h_decision_id, h.work as h_work, h.pool as h_pool, h.reason as h_reason,
        h.sentence as h_sentence, h.held_at as h_held_at, h.due_at as h_due_at, h.next_try_at as h_next_try_at,
        h.releases as h_releases,
        (select jsonb_agg(jsonb_build_array(g.id, g.work, g.expires_at, g.checked_at)) from (
            select distinct on (work) id, work, expires_at, checked_at from gate_checks
            where lead_id = :lead_id and passed and revoked_at is null and expires_at > :at
            order by work, checked_at desc, id desc) g) as passes,
        (select jsonb_agg(jsonb_build_object('id', o.id, 'rep', q.key, 'work', o.work, 'reason', o.reason,
                'approver', o.approver, 'used', o.used, 'created_at', o.created_at, 'expires_at', o.expires_at)
                order by o.expires_at)
            from overrides o join reps q on q.id = o.rep_id
            where o.lead_id = :lead_id and o.revoked_at is null and o.expires_at > :at) as overrides,
        (select jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'name', e.name, 'value', e.value,
                'affirmed', e.affirmed, 'source', e.source, 'origin', e.origin,
                'observed_at', e.observed_at, 'expires_at', e.expires_at)
                order by e.observed_at, e.id)
            from evidence e where e.lead_id = :lead_id) as evidence
    from (values (1)) one
    left join assignments a on a.lead_id = :lead_id and a.ended_at is null
    left join reps p on p.id = a.rep_id
    left join holds h on h.lead_id = :lead_id and h.released_at is null
""")

#: The same of many leads, each in a row.
CONTEXTS = PreparedStatement("""
    select w.lead_id,
        (select version from policies where state = 'published') as policy,
        (select max(version) from roster_versions) as roster,
        a.id as a_id, a.rep_id as a_rep_id, p.key as a_rep, a.work as a_work, a.pool as a_pool,
        a.decision_id as a_decision_id, a.gate_check_id as a_gate_check_id, a.override_id as a_override_id,
        a.assigned_at as a_assigned_at,
        h.id as h_id, h.decision_id as h_decision_id, h.work as h_work, h.pool as h_pool, h.reason as h_reason,
        h.sentence as h_sentence, h.held_at as h_held_at, h.due_at as h_due_at, h.next_try_at as h_next_try_at,
        h.releases as h_releases,
        (select jsonb_agg(jsonb_build_array(g.id, g.work, g.expires_at, g.checked_at)) from (
            select distinct on (work) id, work, expires_at, checked_at from gate_checks
            where lead_id = w.lead_id and passed and revoked_at is null and expires_at > :at
            order by work, checked_at desc, id desc) g) as passes,
        (select jsonb_agg(jsonb_build_object('id', o.id, 'rep', q.key, 'work', o.work, 'reason', o.reason,
                'approver', o.approver, 'used', o.used, 'created_at', o.created_at, 'expires_at', o.expires_at)
                order by o.expires_at)
            from overrides o join reps q on q.id = o.rep_id
            where o.lead_id = w.lead_id and o.revoked_at is null and o.expires_at > :at) as overrides,
        (select jsonb_agg(jsonb_build_object('id', e.id, 'kind', e.kind, 'name', e.name, 'value', e.value,
                'affirmed', e.affirmed, 'source', e.source, 'origin', e.origin,
                'observed_at', e.observed_at, 'expires_at', e.expires_at)
                order by e.observed_at, e.id)
            from evidence e where e.lead_id = w.lead_id) as evidence
    from unnest(cast(:lead_ids as uuid[])) w (lead_id)
    left join assignments a on a.lead_id = w.lead_id and a.ended_at is null
    left join reps p on p.id = a.rep_id
    left join holds h on h.lead_id = w.lead_id and h.released_at is null
""")


#: Decision, assignment or hold, ledger and its entry, stage, audit. All or nothing, in one round trip. A stay in nurture goes on
#: where the lead never left.
WRITE = PreparedStatement("""
    with decision as (
        insert into decisions (id, lead_id, at, outcome, work, rule, pool, rep_id, hold_reason, summary, policy_version,
                               roster_version, record, inputs, inputs_digest)
        values (:decision_id, :lead_id, :at, :outcome, :work, :rule, :pool, :rep_id, :hold_reason, cast(:summary as jsonb),
                :policy_version, :roster_version, cast(:record as jsonb), cast(:inputs as jsonb),
                sha256(convert_to(concat(cast(:lead_id as uuid), cast(:inputs as jsonb)), 'UTF8')))
    ), assignment as (
        insert into assignments (id, lead_id, rep_id, work, pool, rule, category, decision_id, gate_check_id, override_id,
                                 assigned_at)
        select cast(:assignment_id as uuid), :lead_id, cast(:rep_id as uuid), cast(:work as text), cast(:pool as text),
               cast(:rule as text), cast(:category as text), :decision_id, cast(:gate_check_id as uuid),
               cast(:override_id as uuid), :at
        where cast(:assignment_id as uuid) is not null
    ), hold as (
        insert into holds (id, lead_id, decision_id, work, pool, reason, sentence, held_at, due_at)
        select cast(:hold_id as uuid), :lead_id, :decision_id, cast(:work as text), cast(:pool as text),
               cast(:hold_reason as text), cast(:hold_sentence as jsonb), :at, cast(:hold_due_at as timestamptz)
        where cast(:hold_id as uuid) is not null
    ), open_hold as (
        update holds set
            released_at = case when cast(:release as text) is not null then cast(:at as timestamptz) end,
            release = cast(:release as text),
            decision_id = case when cast(:release as text) is null then :decision_id else decision_id end,
            pool = case when cast(:release as text) is null then cast(:pool as text) else pool end,
            reason = coalesce(cast(:hold_reason as text), reason),
            sentence = coalesce(cast(:hold_sentence as jsonb), sentence),
            held_at = case when cast(:release as text) is null and work is distinct from cast(:work as text)
                           then cast(:at as timestamptz) else held_at end,
            due_at = case when cast(:release as text) is null and work is distinct from cast(:work as text)
                          then cast(:hold_due_at as timestamptz) else due_at end,
            work = case when cast(:release as text) is null then cast(:work as text) else work end
        where id = cast(:open_hold_id as uuid)
    ), overdue as (
        update alerts set resolved_at = :at
        where code = 'hold-overdue' and subject = 'lead:' || cast(:lead_id as text) and resolved_at is null
          and cast(:release as text) is not null
    ), ledger as (
        update pool_ledgers
        set seq = :seq, ledger = cast(:ledger as jsonb), waiting_since = cast(:waiting_since as jsonb),
            skips = cast(:skips as jsonb)
        where pool = cast(:ledger_pool as text)
    ), skipped as (
        update skips set used_at = :at, decision_id = :decision_id where id = any(cast(:skips_used as uuid[]))
    ), entry as (
        insert into ledger_entries (pool, seq, kind, decision_id, rep_id, entry, at)
        select cast(:ledger_pool as text), cast(:seq as bigint), 'assign', :decision_id, cast(:rep_id as uuid),
               cast(:entry as jsonb), :at
        where cast(:entry as text) is not null
    ), stage as (
        update leads set stage = :stage,
            nurture_cause = case when cools_off then nurture_cause else cast(:nurture_cause as text) end,
            nurture_since = case
                when cast(:nurture_cause as text) is null then null
                when cools_off or nurture_cause = cast(:nurture_cause as text) then nurture_since
                else cast(:at as timestamptz) end,
            nurture_until = case when cools_off then nurture_until end,
            nurture_reason = case when cools_off then nurture_reason else cast(:nurture_reason as jsonb) end,
            version = version + 1, updated_at = :at
        from (select nurture_until > cast(:at as timestamptz) and cast(:nurture_cause as text) is not null as cools_off
              from leads where id = :lead_id) stay
        where id = :lead_id
    )
    insert into audit (id, at, actor, action, subject, before, after, reason)
    values (:audit_id, :at, :actor, :action, 'lead:' || cast(:lead_id as text), cast(:before as jsonb),
            cast(:after as jsonb), cast(:reason as jsonb))
""")

#: A slot hold is with the rep who does the work: it ends with the work.
END = PreparedStatement("""
    with ended as (
        update assignments set ended_at = :at, end_reason = :reason
        where id = :id and ended_at is null
        returning lead_id
    ), over as (
        update slot_holds set released_at = :at, release_reason = 'cancelled'
        where lead_id in (select lead_id from ended) and released_at is null
        returning id
    )
    update reservations set active = false where slot_hold_id in (select id from over) and active
""")

#: Per ask: open (without the assignment that ends with this decision), and assigned since each of its periods began. Work
#: taken back by a credit still was work.
#: A row for each rep of each ask, so that every count is one look into the indexes of that rep's assignments.
LOADS = PreparedStatement("""
    select w.ask, sum(c.open)::int as open, sum(c.hour)::int as hour, sum(c.day)::int as day, sum(c.week)::int as week
    from unnest(cast(:asks as int[]), cast(:reps as uuid[]), cast(:categories as text[]), cast(:hours as timestamptz[]),
                cast(:days as timestamptz[]), cast(:weeks as timestamptz[])) w (ask, rep, category, hour, day, week)
    cross join lateral (
        select count(*) filter (where a.ended_at is null and a.id is distinct from cast(:leaving as uuid)) as open,
               count(*) filter (where a.assigned_at >= w.hour) as hour,
               count(*) filter (where a.assigned_at >= w.day) as day,
               count(*) filter (where a.assigned_at >= w.week) as week
        from assignments a
        where a.rep_id = w.rep and (a.ended_at is null or a.assigned_at >= w.week)
          and (w.category is null or a.category = w.category)
    ) c
    group by w.ask
""")

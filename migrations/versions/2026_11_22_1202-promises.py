"""The promises that the database keeps by itself, whatever the application does.

Role protection and the gate (SQLSTATE PM001), history that cannot be rewritten (PM002), appointments that always own
the time they claim (PM003), and accounts and merges without circles (PM004).
"""

from alembic import op

revision = "0111"
down_revision = "0102"
branch_labels = None
depends_on = None

FUNCTIONS = r"""
create function pointsman_read_committed() returns void language plpgsql as $$
begin
    -- The guards look again after waiting for a lock; a transaction with an older snapshot would not see what changed.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'roles and work change under READ COMMITTED alone, not under %',
            current_setting('transaction_isolation') using errcode = 'PM002';
    end if;
end $$;

create function pointsman_span(p_text text) returns interval language sql immutable strict as $$
    -- "30d" as the policy document writes it; in hours, so that no time zone of a session changes a day's length.
    select make_interval(
        hours => case right(p_text, 1) when 'w' then 168 when 'd' then 24 when 'h' then 1 else 0 end * left(p_text, -1)::int,
        mins => case right(p_text, 1) when 'm' then left(p_text, -1)::int else 0 end)
$$;

create function pointsman_may_supply(p_policy jsonb, p_origin text[], p_kind text, p_name text) returns boolean
language sql immutable as $$
    -- Whether the policy declares the name with this kind, and lets evidence that came through p_origin count; the defaults are
    -- the application's own.
    select p_kind = coalesce(p_policy -> 'evidence' -> 'names', '{"need":{"kind":"qualified"},
            "authority":{"kind":"qualified"},"fit":{"kind":"qualified"},"intent":{"kind":"motivated"},
            "urgency":{"kind":"motivated"},"offer_known":{"kind":"educated"}}') -> p_name ->> 'kind'
        and exists (
        select from jsonb_array_elements(coalesce(p_policy -> 'evidence' -> 'sources',
            '[{"from":"scope:handover"},{"from":"scope:admin"},{"from":"reps"},{"from":"partners"},{"from":"webhooks"}]'
        )) s
        where s ->> 'from' = any(p_origin)
          and (coalesce(s -> 'names', '[]') || coalesce(s -> 'kinds', '[]') = '[]'
               or coalesce(s -> 'names', '[]') ? p_name or coalesce(s -> 'kinds', '[]') ? p_kind))
$$;

create function pointsman_guard_work(
    p_rep uuid, p_lead uuid, p_work text, p_gate_check uuid, p_override uuid
) returns void language plpgsql as $$
declare
    v_role uuid;
    v_active boolean;
    v_rep text;
    v_role_name text;
begin
    perform pointsman_read_committed();
    if p_work = 'nurture' then
        raise exception 'nurture is marketing''s: no rep gets it' using errcode = 'PM001', detail = 'role';
    end if;
    if exists (select 1 from leads where id = p_lead and merged_into is not null) then
        raise exception 'lead % was merged into another', p_lead using errcode = 'PM001', detail = 'merged';
    end if;
    -- Share locks: neither the rep's role nor what it includes may change until this work is committed.
    select role_id, active, key into v_role, v_active, v_rep from reps where id = p_rep for share;
    select name into v_role_name from roles where id = v_role for share;
    if v_active is distinct from true then
        raise exception 'rep % is not active', coalesce(v_rep, p_rep::text)
            using errcode = 'PM001', detail = 'rep-inactive';
    end if;
    perform 1 from overrides
        where id = p_override and rep_id = p_rep and lead_id = p_lead and work = p_work
          and revoked_at is null and expires_at > statement_timestamp()
        for no key update;  -- its use is counted: two users of one override wait for each other here
    if found then
        return;
    end if;
    if p_override is not null then
        raise exception 'override % does not allow % to do % on this lead now', p_override, v_rep, p_work
            using errcode = 'PM001', detail = 'override';
    end if;
    if not exists (select 1 from role_works where role_id = v_role and work = p_work) then
        raise exception 'the role % of % does not include %', v_role_name, v_rep, p_work
            using errcode = 'PM001', detail = 'role';
    end if;
    if p_work = 'closing' then
        perform 1 from gate_checks
            where id = p_gate_check and lead_id = p_lead and work = p_work and passed
              and revoked_at is null and expires_at > statement_timestamp()
            for share;
        if not found then
            raise exception 'lead % has no passing, unexpired gate for %', p_lead, p_work
                using errcode = 'PM001', detail = 'gate';
        end if;
    end if;
end $$;

create function pointsman_assignment_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if old.ended_at is not null then
            raise exception 'an ended assignment is history' using errcode = 'PM002';
        end if;
        if to_jsonb(old) - 'ended_at' - 'end_reason' <> to_jsonb(new) - 'ended_at' - 'end_reason' then
            raise exception 'an assignment can be ended, not changed: end it and make another' using errcode = 'PM002';
        end if;
        return new;
    end if;
    new.lead_created_at := (select created_at from leads where id = new.lead_id);
    if new.ended_at is not null then
        return new;  -- history that is brought in; it can never become active
    end if;
    perform pointsman_guard_work(new.rep_id, new.lead_id, new.work, new.gate_check_id, new.override_id);
    if new.override_id is not null then
        update overrides set used = used + 1 where id = new.override_id;
    end if;
    return new;
end $$;

create function pointsman_reservation_guard() returns trigger language plpgsql as $$
declare
    v_appointment appointments%rowtype;
    v_gate uuid;
    v_work text;
begin
    if not new.active then
        return new;
    end if;
    if new.kind = 'appointment' then
        -- Locked, so that it cannot be cancelled while it gets its time.
        select * into v_appointment from appointments where id = new.appointment_id for share;
        if new.rep_id = v_appointment.rep_id then
            v_work := v_appointment.work;
        else
            select work into v_work from appointment_companions
                where appointment_id = new.appointment_id and rep_id = new.rep_id;
        end if;
        if (v_appointment.lead_id, v_work) is distinct from (new.lead_id, new.work) then
            raise exception 'reservation % names another lead, rep or work than its appointment', new.id
                using errcode = 'PM003';
        end if;
        perform pointsman_guard_work(
            new.rep_id, new.lead_id, new.work, v_appointment.gate_check_id,
            case when new.rep_id = v_appointment.rep_id then v_appointment.override_id end);
    else
        select id into v_gate from gate_checks
            where lead_id = new.lead_id and work = new.work and passed and revoked_at is null
            order by expires_at desc limit 1;
        perform pointsman_guard_work(new.rep_id, new.lead_id, new.work, v_gate, null);
    end if;
    return new;
end $$;

create function pointsman_reservation_gap() returns trigger language plpgsql as $$
begin
    -- Between two reservations of one rep lies what the earlier one keeps free after it or the later one before it,
    -- whichever is longer: gap_between in domain/booking/availability.py. What overlaps is the exclusion constraint's.
    if tg_op = 'UPDATE' and (old.buffer_before, old.buffer_after) <> (new.buffer_before, new.buffer_after) then
        raise exception 'reservation % keeps the buffers that it was made with', old.id using errcode = 'PM003';
    end if;
    -- In hours, so that no time zone of a session changes a day's length.
    new.buffer_before := make_interval(secs => extract(epoch from new.buffer_before));
    new.buffer_after := make_interval(secs => extract(epoch from new.buffer_after));
    if not new.active then
        return new;
    end if;
    perform pointsman_read_committed();
    -- One after another for each rep: what was reserved meanwhile is seen after the lock.
    perform from reps where id = new.rep_id for no key update;
    if exists (
        select from reservations r
        where r.rep_id = new.rep_id and r.active and r.id <> new.id
          and r.during && tstzrange(lower(new.during) - interval '24 hours', upper(new.during) + interval '24 hours')
          and not r.during && new.during
          and lower(r.during) < upper(new.during) + greatest(new.buffer_after, r.buffer_before)
          and lower(new.during) < upper(r.during) + greatest(r.buffer_after, new.buffer_before)
    ) then
        raise exception 'reservation % is closer to another of its rep than the buffers allow', new.id
            using errcode = '23P01', constraint = 'reservations_gap';
    end if;
    return new;
end $$;

create function pointsman_work_outside(p_rep uuid, p_works text[]) returns text language sql stable as $$
    -- Work that the rep holds, or has time reserved for, without an override, and that is not in p_works.
    select a.work from assignments a
        where a.rep_id = p_rep and a.ended_at is null and a.override_id is null and a.work <> all (p_works)
    union all
    select r.work from reservations r left join appointments b on b.id = r.appointment_id
        where r.rep_id = p_rep and r.active and upper(r.during) > statement_timestamp() and b.override_id is null
          and (r.expires_at is null or r.expires_at > statement_timestamp()) and r.work <> all (p_works)
    limit 1
$$;

create function pointsman_role_change_guard() returns trigger language plpgsql as $$
declare
    v_work text;
begin
    perform pointsman_read_committed();
    -- Locked before its works are read: nobody takes a work out of the new role meanwhile.
    perform 1 from roles where id = new.role_id for share;
    select pointsman_work_outside(new.id, array(select work from role_works where role_id = new.role_id)) into v_work;
    if v_work is not null then
        raise exception '% still holds % which the new role does not include: reassign it first', new.key, v_work
            using errcode = 'PM001', detail = 'role';
    end if;
    return new;
end $$;

create function pointsman_role_works_guard() returns trigger language plpgsql as $$
declare
    v_left text[];
    v_rep text;
begin
    if tg_op = 'UPDATE' and (old.role_id, old.work) = (new.role_id, new.work) then
        return new;
    end if;
    perform pointsman_read_committed();
    perform 1 from roles where id = old.role_id for update;
    v_left := array(select work from role_works where role_id = old.role_id and work <> old.work);
    select r.key into v_rep from reps r
        where r.role_id = old.role_id and pointsman_work_outside(r.id, v_left) is not null
        limit 1;
    if v_rep is not null then
        raise exception '% still holds %: reassign it before the role loses it', v_rep, old.work
            using errcode = 'PM001', detail = 'role';
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end $$;

create function pointsman_roster_difference(p_snapshot jsonb) returns text language sql stable as $$
    -- A rep whose role, works or activity are not as the snapshot says; null when all are.
    with stands as (
        select p.id::text as id, p.role_id::text as role, p.active,
            array(select work from role_works where role_id = p.role_id order by work collate "C") as works
        from reps p
    ), said as (
        select r ->> 'id' as id, r -> 'role' ->> 'id' as role, (r ->> 'active')::boolean as active,
            array(select w from jsonb_array_elements_text(r -> 'role' -> 'works') w order by w collate "C") as works
        from jsonb_array_elements(p_snapshot -> 'reps') r
    )
    select coalesce(stands.id, said.id) from stands full join said on said.id = stands.id
    where (stands.role, stands.active, stands.works) is distinct from (said.role, said.active, said.works) limit 1
$$;

create function pointsman_roster_recorded() returns trigger language plpgsql as $$
declare
    v_snapshot jsonb;
    v_written bigint;
    v_changed bigint;
begin
    -- Who may do what changes with a roster version, which stays: no rep gets a role, and no role a work, in silence.
    if tg_table_name = 'role_works' then
        -- Locked against a rep who gets the role at this moment, by a version that does not know the work.
        perform 1 from roles where id = new.role_id for update;
        if not exists (select from reps where role_id = new.role_id) then
            return null;
        end if;
        select cmin::text into v_changed from role_works where role_id = new.role_id and work = new.work;
    else
        if tg_op = 'UPDATE' and new.role_id = old.role_id and (old.active or not new.active) then
            return null;
        end if;
        select cmin::text into v_changed from reps where id = new.id;
    end if;
    select snapshot, cmin::text into v_snapshot, v_written from roster_versions
    where version = (select max(version) from roster_versions) and xmin = pg_current_xact_id()::xid;
    if not found then
        raise exception 'roles change with the roster version that says so' using errcode = 'PM002';
    end if;
    -- The version was compared when it was written, which SET CONSTRAINTS may have put before this change.
    if v_changed > v_written and pointsman_roster_difference(v_snapshot) is not null then
        raise exception 'roles change with the roster version that says so: this one was written before the change'
            using errcode = 'PM002';
    end if;
    return null;
end $$;

create function pointsman_roster_version_agrees() returns trigger language plpgsql as $$
declare
    v_differs text;
begin
    perform pointsman_read_committed();
    if new.version < (select max(version) from roster_versions) then
        return null;
    end if;
    v_differs := pointsman_roster_difference(new.snapshot);
    if v_differs is not null then
        raise exception 'roster version % says of rep % what is not so', new.version, v_differs using errcode = 'PM002';
    end if;
    return null;
end $$;

create function pointsman_gate_check_guard() returns trigger language plpgsql as $$
declare
    v_policy policies%rowtype;
    v_gate jsonb;
    v_required text;
    v_span interval;
begin
    if tg_op = 'UPDATE' then
        if old.revoked_at is null and new.revoked_at is not null
           and to_jsonb(old) - 'revoked_at' = to_jsonb(new) - 'revoked_at' then
            return new;
        end if;
        raise exception 'a gate check is history: it can be revoked, not changed' using errcode = 'PM002';
    end if;
    if not new.passed then
        return new;
    end if;
    perform pointsman_read_committed();  -- an older snapshot would not see what was denied, or went live, since
    -- A pass without the evidence that the live policy asks for is a forgery.
    select * into v_policy from policies where version = new.policy_version;
    if v_policy.state = 'archived' then
        -- Another policy went live under this hand-over: run it again with that one.
        raise exception 'policy % is live no more', new.policy_version using errcode = '40001';
    end if;
    v_gate := (v_policy.document -> 'gates' -> new.work)::jsonb;
    if v_policy.state is distinct from 'published' or v_gate is null then
        raise exception 'policy % is not live or has no gate for %', new.policy_version, new.work
            using errcode = 'PM001', detail = 'gate';
    end if;
    if jsonb_array_length(coalesce(v_gate -> 'require', '[]')) = 0 and coalesce(v_gate -> 'when', 'null') = 'null' then
        raise exception 'the gate for % asks for nothing, and so lets nobody through', new.work
            using errcode = 'PM001', detail = 'gate';
    end if;
    v_span := pointsman_span(coalesce(v_gate ->> 'expires_after', '30d'));
    if new.expires_at > new.checked_at + v_span then
        raise exception 'gate check % would outlive the % of its policy', new.id, v_span
            using errcode = 'PM001', detail = 'gate';
    end if;
    for v_required in select jsonb_array_elements_text(coalesce(v_gate -> 'require', '[]')) loop
        if not exists (
            select 1 from pointsman_counting_evidence(
                new.lead_id, new.checked_at, v_span, new.expires_at, v_policy.document) e
            where e.kind = split_part(v_required, '.', 1) and split_part(v_required, '.', 2) in ('', e.name)
        ) then
            raise exception 'gate check % passes without % evidence', new.id, v_required
                using errcode = 'PM001', detail = 'gate';
        end if;
    end loop;
    if coalesce(v_gate -> 'when', 'null') <> 'null' and not pointsman_may(
        v_gate -> 'when', true,
        pointsman_known(new.lead_id, new.checked_at, v_span, new.expires_at, v_policy.document), v_policy.document
    ) then
        raise exception 'gate check % passes a lead that does not meet the condition of the gate', new.id
            using errcode = 'PM001', detail = 'gate';
    end if;
    return new;
end $$;

create function pointsman_policy_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.state <> 'draft' then
            raise exception 'a policy begins as a draft' using errcode = 'PM002';
        end if;
        return new;
    end if;
    if tg_op = 'DELETE' then
        if old.state = 'draft' then
            return old;
        end if;
        raise exception 'a policy that was live is history' using errcode = 'PM002';
    end if;
    if old.state = 'draft' and new.state = 'archived' then
        raise exception 'only a policy that was live is archived' using errcode = 'PM002';
    end if;
    if old.state <> 'draft'
       and ((old.version, old.document::text, old.source, old.note, old.created_by, old.created_at) is distinct from
            (new.version, new.document::text, new.source, new.note, new.created_by, new.created_at)
            or new.state = 'draft') then
        raise exception 'a policy that was live keeps its document: make another version' using errcode = 'PM002';
    end if;
    if new.state = 'published' and old.state <> 'published' and new.version is distinct from
       (select version from policy_publications order by seq desc limit 1) then
        raise exception 'what goes live is written into policy_publications first' using errcode = 'PM002';
    end if;
    return new;
end $$;

create function pointsman_override_guard() returns trigger language plpgsql as $$
begin
    if to_jsonb(old) - 'used' - 'revoked_at' <> to_jsonb(new) - 'used' - 'revoked_at'
       or new.used < old.used or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
        raise exception 'an override is history: it can be used or revoked, not changed' using errcode = 'PM002';
    end if;
    return new;
end $$;

create function pointsman_lead_created_once() returns trigger language plpgsql as $$
begin
    -- Assignments copy the instant, and lists are ordered by it.
    raise exception 'a lead keeps the instant at which it was made' using errcode = 'PM002';
end $$;

create function pointsman_account_parent_guard() returns trigger language plpgsql as $$
declare
    v_up uuid := new.parent_id;
begin
    perform pointsman_read_committed();
    -- One change of parents at a time: two together could close a circle that neither sees.
    perform pg_advisory_xact_lock(hashtext('pointsman-account-parents'));
    for step in 1..100 loop
        if v_up = new.id then
            raise exception 'account % would be its own parent', new.id using errcode = 'PM004', detail = 'circle';
        end if;
        select parent_id into v_up from accounts where id = v_up;
        if v_up is null then
            return new;
        end if;
    end loop;
    raise exception 'account % would have too many parents above it', new.id using errcode = 'PM004', detail = 'deep';
end $$;

create function pointsman_merge_guard() returns trigger language plpgsql as $$
declare
    v_into uuid;
begin
    perform pointsman_read_committed();
    -- What was merged stays merged, always one step away from what it is now.
    if old.merged_into is not null and new.merged_into is null then
        raise exception '% % was merged: that is history', tg_table_name, old.id using errcode = 'PM002';
    end if;
    if new.merged_into = new.id then
        raise exception '% % cannot be merged into itself', tg_table_name, new.id using errcode = 'PM004';
    end if;
    execute format('select merged_into from %I where id = $1 for no key update', tg_table_name)
        into v_into using new.merged_into;
    if v_into is not null then
        raise exception '% % was merged itself', tg_table_name, new.merged_into using errcode = 'PM004';
    end if;
    execute format('select id from %I where merged_into = $1 limit 1', tg_table_name) into v_into using new.id;
    if v_into is not null then
        raise exception '% % was merged into %: move it on first', tg_table_name, v_into, new.id using errcode = 'PM004';
    end if;
    if tg_table_name = 'leads' and (
        exists (select 1 from assignments where lead_id = new.id and ended_at is null)
        or exists (select 1 from holds where lead_id = new.id and released_at is null)
        or exists (select 1 from appointments where lead_id = new.id and status in ('requested', 'confirmed'))
    ) then
        raise exception 'lead % still has a holder, a hold or an appointment', new.id using errcode = 'PM004';
    end if;
    return new;
end $$;

create function pointsman_append_only() returns trigger language plpgsql as $$
begin
    -- Retention removes old rows; it says so in its own transaction. Nobody truncates.
    if tg_op = 'DELETE' and current_setting('pointsman.retention', true) = 'on' then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'PM002';
end $$;

create function pointsman_appointment_fixed() returns trigger language plpgsql as $$
begin
    if (old.lead_id, old.work) <> (new.lead_id, new.work) then
        raise exception 'an appointment keeps its lead and work' using errcode = 'PM003';
    end if;
    -- What allows an appointment changes only with the assignment that it rests on: with who leads it.
    if old.assignment_id = new.assignment_id
       and (old.rep_id <> new.rep_id or old.gate_check_id is distinct from new.gate_check_id
            or old.override_id is distinct from new.override_id) then
        raise exception 'an appointment keeps its rep, gate and override with its assignment' using errcode = 'PM003';
    end if;
    if old.status in ('cancelled', 'rejected', 'no_show') and new.status <> old.status then
        raise exception 'appointment % is over: that is history', old.id using errcode = 'PM003';
    end if;
    if old.outcome in ('won', 'lost') and new.outcome is distinct from old.outcome then
        raise exception 'the outcome of appointment % is history', old.id using errcode = 'PM003';
    end if;
    return new;
end $$;

create function pointsman_appointment_owns_its_time() returns trigger language plpgsql as $$
declare
    v_id uuid;
    v_appointment appointments%rowtype;
begin
    if tg_table_name = 'appointments' then
        v_id := new.id;
    elsif tg_op = 'DELETE' then
        v_id := old.appointment_id;
    else
        v_id := new.appointment_id;
    end if;
    select * into v_appointment from appointments where id = v_id;
    if not found then
        return null;
    end if;
    if v_appointment.status in ('requested', 'confirmed', 'attended') then
        -- Exactly the time of everybody who takes part: no more, no less.
        if exists (
            (select v_appointment.rep_id union all
             select rep_id from appointment_companions where appointment_id = v_id)
            except all
            select rep_id from reservations where appointment_id = v_id and active
              and during = tstzrange(v_appointment.starts_at, v_appointment.ends_at, '[)')
        ) or exists (
            select rep_id from reservations where appointment_id = v_id and active
            except all
            (select v_appointment.rep_id union all
             select rep_id from appointment_companions where appointment_id = v_id)
        ) then
            raise exception 'appointment % does not own its time', v_id using errcode = 'PM003';
        end if;
    elsif exists (select 1 from reservations r where r.appointment_id = v_id and r.active) then
        raise exception 'appointment % is over but still blocks time', v_id using errcode = 'PM003';
    end if;
    return null;
end $$;
"""

TRIGGERS = """
create trigger assignments_guard before insert or update on assignments
    for each row execute function pointsman_assignment_guard();
create trigger reservations_gap before insert or update of rep_id, during, active, buffer_before, buffer_after
    on reservations for each row execute function pointsman_reservation_gap();
create trigger reservations_guard before insert or update on reservations
    for each row execute function pointsman_reservation_guard();
create trigger reps_role_guard before update of role_id on reps
    for each row when (old.role_id is distinct from new.role_id) execute function pointsman_role_change_guard();
create trigger role_works_guard before delete or update on role_works
    for each row execute function pointsman_role_works_guard();
create constraint trigger reps_recorded after insert or update of role_id, active on reps
    deferrable initially deferred for each row execute function pointsman_roster_recorded();
create constraint trigger role_works_recorded after insert or update on role_works
    deferrable initially deferred for each row execute function pointsman_roster_recorded();
create constraint trigger roster_versions_agree after insert on roster_versions
    deferrable initially deferred for each row execute function pointsman_roster_version_agrees();
create trigger gate_checks_guard before insert or update on gate_checks
    for each row execute function pointsman_gate_check_guard();
create trigger gate_checks_keep before delete on gate_checks
    for each row execute function pointsman_append_only();
create trigger overrides_guard before update on overrides
    for each row execute function pointsman_override_guard();
create trigger overrides_keep before delete on overrides
    for each row execute function pointsman_append_only();
create trigger decisions_keep before update or delete on decisions
    for each row execute function pointsman_append_only();
create trigger ledger_entries_keep before update or delete on ledger_entries
    for each row execute function pointsman_append_only();
create trigger skips_keep before delete on skips
    for each row execute function pointsman_append_only();
create trigger audit_keep before update or delete on audit
    for each row execute function pointsman_append_only();
create trigger evidence_keep before update or delete on evidence
    for each row execute function pointsman_append_only();
create trigger roster_versions_keep before update or delete on roster_versions
    for each row execute function pointsman_append_only();
create trigger assignments_keep before delete on assignments
    for each row execute function pointsman_append_only();
create trigger policy_publications_keep before update or delete on policy_publications
    for each row execute function pointsman_append_only();
create trigger policies_guard before insert or update or delete on policies
    for each row execute function pointsman_policy_guard();
create trigger appointments_fixed before update on appointments
    for each row execute function pointsman_appointment_fixed();
-- After the row, since before it any trigger has PostgreSQL fold the names of leads and accounts anew at every update.
create trigger accounts_parent_guard after insert or update of parent_id on accounts
    for each row when (new.parent_id is not null) execute function pointsman_account_parent_guard();
create trigger accounts_merge_guard after update of merged_into on accounts
    for each row when (old.merged_into is distinct from new.merged_into) execute function pointsman_merge_guard();
create trigger leads_created_once after update of created_at on leads
    for each row when (old.created_at is distinct from new.created_at) execute function pointsman_lead_created_once();
create trigger leads_merge_guard after update of merged_into on leads
    for each row when (old.merged_into is distinct from new.merged_into) execute function pointsman_merge_guard();
create constraint trigger appointments_own_their_time after insert or update on appointments
    deferrable initially deferred for each row execute function pointsman_appointment_owns_its_time();
create constraint trigger companions_match after insert or update or delete on appointment_companions
    deferrable initially deferred for each row execute function pointsman_appointment_owns_its_time();
create trigger appointment_events_keep before update or delete on appointment_events
    for each row execute function pointsman_append_only();
create constraint trigger reservations_match after insert or update or delete on reservations
    deferrable initially deferred for each row execute function pointsman_appointment_owns_its_time();
"""

#: TRUNCATE fires no row triggers: it is refused wherever a row may not simply go.
KEPT_WHOLE = (
    "appointment_companions", "appointment_events", "appointments", "assignments", "audit", "decisions", "evidence",
    "gate_checks", "ledger_entries", "overrides", "policies", "policy_publications", "reps", "reservations", "role_works",
    "roles", "roster_versions", "skips", "slot_holds",
)  # fmt: skip

DROPPED = (
    "pointsman_read_committed()",
    "pointsman_span(text)",
    "pointsman_may_supply(jsonb, text[], text, text)",
    "pointsman_work_outside(uuid, text[])",
    "pointsman_policy_guard()",
    "pointsman_guard_work(uuid, uuid, text, uuid, uuid)",
    "pointsman_assignment_guard()",
    "pointsman_reservation_guard()",
    "pointsman_reservation_gap()",
    "pointsman_role_change_guard()",
    "pointsman_role_works_guard()",
    "pointsman_roster_difference(jsonb)",
    "pointsman_roster_recorded()",
    "pointsman_roster_version_agrees()",
    "pointsman_gate_check_guard()",
    "pointsman_override_guard()",
    "pointsman_lead_created_once()",
    "pointsman_account_parent_guard()",
    "pointsman_merge_guard()",
    "pointsman_append_only()",
    "pointsman_appointment_fixed()",
    "pointsman_appointment_owns_its_time()",
)


def upgrade() -> None:
    for script in (FUNCTIONS, TRIGGERS):
        op.execute(script.replace(":", r"\:"))
    for table in KEPT_WHOLE:
        op.execute(
            f"create trigger {table}_keep_whole before truncate on {table}"
            " for each statement execute function pointsman_append_only()"
        )


def downgrade() -> None:
    for function in DROPPED:
        op.execute(f"drop function {function} cascade")

"""The promises that the database keeps by itself, whatever the application does.

Role protection and the gate (SQLSTATE PM001), history that cannot be rewritten (PM002), and
appointments that always own the time they claim (PM003).
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNCTIONS = r"""
create function pointsman_guard_work(
    p_rep uuid, p_lead uuid, p_work text, p_gate_check uuid, p_override uuid
) returns void language plpgsql as $$
declare
    v_role uuid;
    v_active boolean;
    v_rep text;
    v_role_name text;
begin
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
        for share;
    if found then
        return;
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
    if new.ended_at is not null then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.ended_at is null
       and (old.rep_id, old.lead_id, old.work) = (new.rep_id, new.lead_id, new.work)
       and old.override_id is not distinct from new.override_id
       and old.gate_check_id is not distinct from new.gate_check_id then
        return new;
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
begin
    if not new.active then
        return new;
    end if;
    if new.kind = 'appointment' then
        select * into v_appointment from appointments where id = new.appointment_id;
        if (v_appointment.lead_id, v_appointment.work) is distinct from (new.lead_id, new.work) then
            raise exception 'reservation % names another lead or work than its appointment', new.id
                using errcode = 'PM003';
        end if;
        perform pointsman_guard_work(
            new.rep_id, new.lead_id, new.work, v_appointment.gate_check_id, v_appointment.override_id);
    else
        select id into v_gate from gate_checks
            where lead_id = new.lead_id and work = new.work and passed and revoked_at is null
            order by expires_at desc limit 1;
        perform pointsman_guard_work(new.rep_id, new.lead_id, new.work, v_gate, null);
    end if;
    return new;
end $$;

create function pointsman_role_change_guard() returns trigger language plpgsql as $$
declare
    v_work text;
begin
    select a.work into v_work from assignments a
        where a.rep_id = new.id and a.ended_at is null and a.override_id is null
          and not exists (select 1 from role_works w where w.role_id = new.role_id and w.work = a.work)
        limit 1;
    if v_work is not null then
        raise exception '% still holds % which the new role does not include: reassign it first', new.key, v_work
            using errcode = 'PM001', detail = 'role';
    end if;
    return new;
end $$;

create function pointsman_role_works_guard() returns trigger language plpgsql as $$
declare
    v_rep text;
begin
    if tg_op = 'UPDATE' and (old.role_id, old.work) = (new.role_id, new.work) then
        return new;
    end if;
    perform 1 from roles where id = old.role_id for update;
    select r.key into v_rep from reps r join assignments a on a.rep_id = r.id
        where r.role_id = old.role_id and a.work = old.work and a.ended_at is null and a.override_id is null
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

create function pointsman_gate_check_guard() returns trigger language plpgsql as $$
declare
    v_required text;
begin
    if tg_op = 'UPDATE' then
        if old.revoked_at is null and new.revoked_at is not null
           and to_jsonb(old) - 'revoked_at' = to_jsonb(new) - 'revoked_at' then
            return new;
        end if;
        raise exception 'a gate check is history: it can be revoked, not changed' using errcode = 'PM002';
    end if;
    if new.passed then
        -- A pass without the evidence that its policy asks for is a forgery, whoever wrote it.
        for v_required in
            select jsonb_array_elements_text(coalesce(p.document -> 'gates' -> new.work -> 'require', '[]'))
            from policies p where p.version = new.policy_version
        loop
            if not exists (
                select 1 from evidence e
                where e.lead_id = new.lead_id and e.affirmed
                  and e.kind = split_part(v_required, '.', 1)
                  and split_part(v_required, '.', 2) in ('', e.name)
                  and (e.expires_at is null or e.expires_at > statement_timestamp())
            ) then
                raise exception 'gate check % passes without % evidence', new.id, v_required
                    using errcode = 'PM001', detail = 'gate';
            end if;
        end loop;
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

create function pointsman_append_only() returns trigger language plpgsql as $$
begin
    -- Retention removes old rows; it says so in its own transaction.
    if tg_op = 'DELETE' and current_setting('pointsman.retention', true) = 'on' then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'PM002';
end $$;

create function pointsman_appointment_fixed() returns trigger language plpgsql as $$
begin
    if (old.lead_id, old.work) <> (new.lead_id, new.work)
       or old.gate_check_id is distinct from new.gate_check_id
       or old.override_id is distinct from new.override_id then
        raise exception 'an appointment keeps its lead, work, gate and override' using errcode = 'PM003';
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
    if v_appointment.status = 'confirmed' then
        if not exists (
            select 1 from reservations r where r.appointment_id = v_id and r.active
              and r.during = tstzrange(v_appointment.starts_at, v_appointment.ends_at, '[)')
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
create trigger reservations_guard before insert or update on reservations
    for each row execute function pointsman_reservation_guard();
create trigger reps_role_guard before update of role_id on reps
    for each row when (old.role_id is distinct from new.role_id) execute function pointsman_role_change_guard();
create trigger role_works_guard before delete or update on role_works
    for each row execute function pointsman_role_works_guard();
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
create trigger audit_keep before update or delete on audit
    for each row execute function pointsman_append_only();
create trigger appointments_fixed before update on appointments
    for each row execute function pointsman_appointment_fixed();
create constraint trigger appointments_own_their_time after insert or update on appointments
    deferrable initially deferred for each row execute function pointsman_appointment_owns_its_time();
create constraint trigger reservations_match after insert or update or delete on reservations
    deferrable initially deferred for each row execute function pointsman_appointment_owns_its_time();
"""

DROPPED = (
    "pointsman_guard_work(uuid, uuid, text, uuid, uuid)",
    "pointsman_assignment_guard()",
    "pointsman_reservation_guard()",
    "pointsman_role_change_guard()",
    "pointsman_role_works_guard()",
    "pointsman_gate_check_guard()",
    "pointsman_override_guard()",
    "pointsman_append_only()",
    "pointsman_appointment_fixed()",
    "pointsman_appointment_owns_its_time()",
)


def upgrade() -> None:
    for script in (FUNCTIONS, TRIGGERS):
        op.execute(script.replace(":", r"\:"))


def downgrade() -> None:
    for function in DROPPED:
        op.execute(f"drop function {function} cascade")

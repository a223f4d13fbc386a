"""What the roles may do (decision 6): the service reads and writes what it must, retention forgets, the rest is the owner's.

The last revision, so that it meets every table and function. A table that is not named here may be read, added to and
changed by the service; rows go only where it says so.
"""

from alembic import op

revision = "0136"
down_revision = "0112"
branch_labels = None
depends_on = None

#: What the service may change of tables of which it may not change everything. Of history, nothing.
CHANGEABLE: dict[str, tuple[str, ...]] = {
    "alembic_version": (),
    "appointment_companions": (),
    "appointment_events": (),
    "appointments": (
        "rep_id", "pool", "category", "status", "confirm_by", "accepted_at", "reject_code", "outcome", "outcome_at",
        "conflict", "starts_at", "ends_at", "assignment_id", "gate_check_id", "override_id", "gate_snapshot",
        "invited_by", "invitation_pool", "join_url", "vendor_meeting", "sequence", "cancelled_at", "cancelled_by",
        "cancel_reason",
    ),
    "assignments": ("ended_at", "end_reason"),
    "audit": (),
    "booking_links": ("lead_id", "revoked_at", "expires_at"),  # a merge moves them; that of an appointment ends with it
    "decisions": (),
    "evidence": (),
    "gate_checks": ("revoked_at",),
    "lead_links": ("revoked_at",),
    "ledger_entries": (),
    "owner_changes": (),
    "overrides": ("revoked_at",),  # its uses are counted by the guard, as the owner
    "policies": ("state",),
    "policy_publications": (),
    "reservations": ("active",),
    "role_works": (),
    "roles": (),
    "roster_versions": (),
    "skips": ("used_at", "decision_id", "cancelled_at"),
    "slot_holds": ("released_at", "release_reason"),
}  # fmt: skip

#: Rows that come and go.
DELETABLE = (
    "connection_pace",
    "connection_tokens",
    "crm_records",
    "sign_ins",
    "crm_owners",
    "appointment_companions", "calendar_reads", "existing_leads", "missing_events", "idempotency", "rep_calendars", "rep_users", "role_works",
    "time_off",
    "procrastinate_events", "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers",
)  # fmt: skip

#: A guard runs as the owner, and finds its tables in the schema alone: no temporary table, and no other schema of the
#: caller's search path, stands before them.
GUARDS = r"""
do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select p.oid from pg_proc p
        where p.pronamespace = current_schema()::regnamespace and p.proname like 'pointsman\_%'
    loop
        execute format('revoke execute on function %s from public', v_function);
        execute format('alter function %s security definer', v_function);
        execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', v_function, current_schema());
    end loop;
end $$;
"""

TABLES = """
do $$
declare
    v_table regclass;
begin
    for v_table in
        select c.oid from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
          and pg_get_userbyid(c.relowner) = current_user
    loop
        execute format('grant select, insert, update on %s to pointsman_service', v_table);
    end loop;
    for v_table in
        select c.oid from pg_class c
        where c.relnamespace = current_schema()::regnamespace and c.relkind = 'S'
          and pg_get_userbyid(c.relowner) = current_user
    loop
        execute format('grant usage on sequence %s to pointsman_service', v_table);
    end loop;
end $$;
revoke insert on alembic_version from pointsman_service;
"""

#: History that nothing rests on any more: older than `p_before`, and than 30 days. A "no" stays while a "yes" of the same
#: name stands that it outweighs; a pass, while work was given by it; a decision, while anything follows from it.
RETENTION = """
create function pointsman_forget(p_history text, p_before timestamptz, p_at_most int default 10000)
returns int language plpgsql as $$
declare
    v_before timestamptz := least(p_before, statement_timestamp() - interval '30 days');
    v_forgotten int;
begin
    -- For the guard that keeps history, which asks for it: it opens nothing to those who may not delete.
    perform set_config('pointsman.retention', 'on', true);
    case p_history
    when 'audit' then
        delete from audit where id in (select id from audit where at < v_before order by at limit p_at_most);
    when 'appointment_events' then
        delete from appointment_events
        where id in (select id from appointment_events where at < v_before order by at limit p_at_most);
    when 'evidence' then
        delete from evidence where id in (
            select e.id from evidence e
            where e.created_at < v_before and (e.affirmed or not exists (
                select from evidence a where a.lead_id = e.lead_id and a.name = e.name and a.affirmed))
            order by e.created_at limit p_at_most);
    when 'gate_checks' then
        delete from gate_checks where id in (
            select g.id from gate_checks g
            where g.checked_at < v_before
              and not exists (select from assignments a where a.gate_check_id = g.id)
              and not exists (select from appointments a where a.gate_check_id = g.id)
            order by g.checked_at limit p_at_most);
    when 'decisions' then
        delete from decisions where id in (
            select d.id from decisions d
            where d.at < v_before
              and not exists (select from assignments a where a.decision_id = d.id)
              and not exists (select from holds h where h.decision_id = d.id)
              and not exists (select from ledger_entries l where l.decision_id = d.id)
              and not exists (select from skips s where s.decision_id = d.id)
            order by d.at limit p_at_most);
    else
        raise exception 'nothing of % is forgotten', p_history using errcode = '22023',
            hint = 'audit, appointment_events, evidence, gate_checks or decisions';
    end case;
    get diagnostics v_forgotten = row_count;
    perform set_config('pointsman.retention', 'off', true);
    return v_forgotten;
end $$;
"""


def upgrade() -> None:
    for script in (RETENTION, GUARDS, TABLES):
        op.execute(script.replace(":", r"\:"))
    for table, columns in CHANGEABLE.items():
        op.execute(f"revoke update on {table} from pointsman_service")
        if columns:
            op.execute(f"grant update ({', '.join(columns)}) on {table} to pointsman_service")
    op.execute(f"grant delete on {', '.join(DELETABLE)} to pointsman_service")
    op.execute("grant execute on function pointsman_forget(text, timestamptz, int) to pointsman_retention")


def downgrade() -> None:
    op.execute("drop function pointsman_forget(text, timestamptz, int)")
    op.execute(
        r"""
        do $$
        declare
            v_object regclass;
            v_function regprocedure;
        begin
            for v_object in
                select c.oid from pg_class c
                where c.relnamespace = current_schema()\:\:regnamespace and c.relkind in ('r', 'p', 'S')
                  and pg_get_userbyid(c.relowner) = current_user
            loop
                execute format('revoke all on %s from pointsman_service', v_object);
            end loop;
            for v_function in
                select p.oid from pg_proc p
                where p.pronamespace = current_schema()\:\:regnamespace and p.proname like 'pointsman\_%'
            loop
                execute format('grant execute on function %s to public', v_function);
                execute format('alter function %s security invoker', v_function);
                execute format('alter function %s reset search_path', v_function);
            end loop;
        end $$;
        """.replace(":=", r"\:=")
    )

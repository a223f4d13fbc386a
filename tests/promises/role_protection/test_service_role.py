"""Promise 1 against a stolen service: raw SQL as the role that serves. The tables here are what decision 6 refers to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pointsman.services.booking.book import book
from pointsman.services.routing.skips import skip_next_turn
from support.databases.roles import as_owner, for_libpq
from support.floors.booking_floor import SETTER, Floor
from support.floors.use_case_env import ADMIN, World
from support.waiting import until_blocked

pytestmark = pytest.mark.anyio

#: "No right to it", "only a superuser may", "no such thing for you", "no such function".
NO_RIGHT = {"42501", "0A000", "58P01", "42704"}

SWITCHING_GUARDS_OFF = [
    "alter table assignments disable trigger assignments_guard",
    "alter table audit disable trigger all",
    "alter table audit owner to current_user",
    "alter table gate_checks enable row level security",
    "drop trigger audit_keep on audit",
    "create or replace trigger audit_keep before delete on audit for each row execute function tsvector_update_trigger()",
    "create rule forget as on update to audit do instead nothing",
    "set session_replication_role = replica",
    "select set_config('session_replication_role', 'replica', true)",
    "alter role current_user set session_replication_role = replica",
    "alter role current_user superuser",
    "create role mallory superuser",
    "grant pointsman_owner to current_user",
    "grant delete on audit to pointsman_service; delete from audit",
    "set role pointsman_owner",
    "set role pointsman_retention",
    "set session authorization postgres",
    "create or replace function pointsman_append_only() returns trigger language plpgsql as 'begin return old; end'",
    "drop function pointsman_append_only() cascade",
    "alter function pointsman_append_only() security invoker",
    "alter function pointsman_append_only() reset search_path",
    "select pointsman_forget('audit', now())",
    "select pointsman_guard_work(null, null, 'closing', null, null)",
    "create function public.now() returns timestamptz language sql as 'select null::timestamptz'",
    "create function pg_temp.now() returns timestamptz language sql as 'select null::timestamptz'",
    "create temporary table role_works (role_id uuid, work text)",
    "create table public.shadow (id int)",
    "create view public.shadow as select 1 as one",
    "create schema mallory",
    "create extension dblink",
    "create extension postgres_fdw",
    "create event trigger mallory on ddl_command_end execute function tsvector_update_trigger()",
    "do language plpgsql $$ begin execute 'alter table audit disable trigger all'; end $$",
    "update pg_trigger set tgenabled = 'D'",
    "delete from pg_trigger",
    "update pg_proc set prosrc = 'begin return new; end' where proname = 'pointsman_assignment_guard'",
    "update pg_authid set rolsuper = true",
]  # fmt: skip

REACHING_THE_SERVER = [
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "select lo_import('/etc/passwd')",
    "select lo_export(1, '/tmp/mallory')",
    "copy audit to '/tmp/mallory'",
    "copy audit to program 'true'",
    "copy role_works from '/etc/passwd'",
    "copy (select 1) to '/tmp/mallory'",
    "alter system set fsync = off",
    "select pg_reload_conf()",
]

#: What is never changed nor deleted, with what would be changed of it.
HISTORY = {
    "appointment_events": "act = 'none'",
    "audit": "actor = 'someone else'",
    "decisions": "summary = '{}'",
    "evidence": "expires_at = now() + interval '1 year'",
    "gate_checks": "expires_at = now() + interval '1 year'",
    "ledger_entries": "entry = '{}'",
    "policy_publications": "note = 'nothing'",
    "roster_versions": "snapshot = '{}'",
}

KEPT_IN_PART = [
    "update gate_checks set passed = true, expires_at = now()",
    "update gate_checks set checked_at = now()",
    "update assignments set rep_id = (select id from reps where key = 'lena')",
    "update assignments set gate_check_id = null",
    "delete from assignments",
    "update overrides set expires_at = now() + interval '1 year'",
    "update overrides set used = 0",
    "delete from overrides",
    "delete from skips",
    "update skips set reason = 'x'",
    "update policies set document = '{}'",
    "delete from policies",
    "update slot_holds set expires_at = now() + interval '1 year'",
    "update slot_holds set created_at = now() + interval '1 year'",
    "delete from slot_holds",
    "update reservations set expires_at = now() + interval '1 year'",
    "update reservations set during = tstzrange(now(), now() + interval '1 year')",
    "update reservations set rep_id = (select id from reps where key = 'lena')",
    "update reservations set buffer_before = '0'",
    "update reservations set buffer_after = '0'",
    "delete from reservations",
    "update appointments set work = 'qualification'",
    "update appointments set lead_id = gen_random_uuid()",
    "delete from appointments",
    "update role_works set work = 'closing'",
    "update roles set name = 'Closer of all'",
    "delete from roles",
    "delete from leads",
    "delete from reps",
    "update alembic_version set version_num = '0000'",
    "insert into alembic_version values ('0000')",
    "with gone as (delete from audit returning 1) select count(*) from gone",
    "merge into audit a using (select 1) s on true when matched then delete",
    "select count(*) from audit where set_config('pointsman.retention', 'on', false) = 'on'; delete from audit",
    "do $$ begin delete from decisions; end $$",
    *(
        f"truncate {table} cascade"
        for table in ("audit", "decisions", "assignments", "leads", "policies", "role_works")
    ),
    *(f"update {table} set {change}" for table, change in HISTORY.items()),
    *(f"delete from {table}" for table in HISTORY),
]


async def _state(database_url: str, *, statement: str) -> str:
    """The SQLSTATE that the statement ends with, committed as the service."""
    with psycopg.connect(for_libpq(database_url), autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.Error as error:
            return error.sqlstate or ""
    return "done"


@pytest.mark.parametrize("statement", [*SWITCHING_GUARDS_OFF, *REACHING_THE_SERVER, *KEPT_IN_PART])
async def test_the_service_has_no_right_to_it(shared_database_url: str, statement: str) -> None:
    assert await _state(shared_database_url, statement=statement) in NO_RIGHT


@pytest.mark.own_database
async def test_a_temporary_table_does_not_stand_before_the_guard_s_own(world: World) -> None:
    """Also where the right to make some was left to all."""
    name = world.engine.url.database
    await world.owner_rows(f'grant temporary on database "{name}" to public')
    lead = await world.lead()
    shadowed = f"""
        do $$ begin
            create temporary table role_works (role_id uuid, work text);
            insert into role_works select role_id, 'closing' from reps;
            create temporary table gate_checks (like public.gate_checks);
            insert into gate_checks values
                (gen_random_uuid(), '{lead}', 'closing', true, 1, null, '{{}}', now(), now() + interval '1 day', null);
            set local search_path = pg_temp, public;
            insert into assignments (id, lead_id, rep_id, work, gate_check_id, assigned_at)
            select gen_random_uuid(), '{lead}', id, '%s', (select id from pg_temp.gate_checks), now()
            from reps where key = '%s';
        end $$
    """
    for rep, work in (("lena", "closing"), ("anna", "closing"), ("anna", "qualification")):
        with pytest.raises(DBAPIError) as caught:
            await world.rows(shadowed.replace(":", r"\:") % (work, rep))
        assert isinstance(caught.value.orig, psycopg.Error)
        assert caught.value.orig.sqlstate == "PM001"


# ── ways round the gate ─────────────────────────────────────────────────────────────────────────


async def refused_with(world: World, statement: str, **given: object) -> str:
    with pytest.raises(DBAPIError) as caught:
        await world.rows(statement, **given)
    assert isinstance(caught.value.orig, psycopg.Error)
    return caught.value.orig.sqlstate or ""


POLICY_ROW = (
    "insert into policies (version, state, document, note, created_by, created_at)"
    """ values (99, '{state}', '{{"gates"\\: {{"closing"\\: {{"when"\\: {{"field"\\: "lead.email", "present"\\: true}}}}}}}}',"""
    " '', 'mallory', now())"
)


@pytest.mark.parametrize("state", ["published", "archived"])
async def test_a_policy_begins_as_a_draft(world: World, state: str) -> None:
    await world.rows("update policies set state = 'archived' where state = 'published'")
    assert await refused_with(world, POLICY_ROW.format(state=state)) == "PM002"


async def test_a_draft_is_neither_live_nor_past_without_its_publication(world: World) -> None:
    await world.rows(POLICY_ROW.format(state="draft"))
    assert await refused_with(world, "update policies set state = 'archived' where version = 99") == "PM002"
    await world.rows("update policies set state = 'archived' where state = 'published'")
    assert await refused_with(world, "update policies set state = 'published' where version = 99") == "PM002"


NEW_REP = (
    "insert into reps select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(), 'key', 'mallory'))).*"
    " from reps r where key = 'anna'"
)


#: A version that says what stood before.
NARROW = "insert into roster_versions select version + 1, snapshot, now() from roster_versions"
WIDENING = [
    "insert into role_works select id, 'closing' from roles where name = 'SDR'",
    "update reps set role_id = (select id from roles where name = 'Closer') where key = 'lena'",
    NEW_REP,
]


@pytest.mark.parametrize("statement", WIDENING)
async def test_a_role_is_not_widened_in_silence(world: World, statement: str) -> None:
    assert await refused_with(world, statement) == "PM002"
    assert await refused_with(world, f"do $$ begin {statement}; {NARROW}; end $$") == "PM002"


@pytest.mark.parametrize("early", ["all", "roster_versions_agree"])
@pytest.mark.parametrize("statement", WIDENING)
async def test_a_roster_version_is_not_compared_before_what_it_is_to_say(
    world: World, statement: str, early: str
) -> None:
    """The service chooses when a deferrable guard looks, and so may have it look too early."""
    too_early = f"do $$ begin set constraints {early} immediate; {NARROW}; {statement}; end $$"
    assert await refused_with(world, too_early) == "PM002"
    assert await refused_with(world, f"do $$ begin {statement}; set constraints all immediate; end $$") == "PM002"


VERSION_WITH_LENA_AS_GHOST = r"""
    insert into roster_versions
    select v.version + 1, jsonb_set(v.snapshot, array['reps', (r.place - 1)\:\:text, 'role'], jsonb_build_object(
        'id', g.id, 'name', g.name, 'works', jsonb_build_array())), now()
    from roster_versions v, jsonb_array_elements(v.snapshot -> 'reps') with ordinality r (rep, place), roles g
    where r.rep ->> 'key' = 'lena' and g.name = 'Ghost'
"""


async def test_a_role_without_reps_is_not_widened_while_a_rep_gets_it(world: World) -> None:
    await world.rows("insert into roles (id, name) values (gen_random_uuid(), 'Ghost')")
    ghost = "(select id from roles where name = 'Ghost')"
    async with world.engine.connect() as giving, world.engine.connect() as widening:
        await giving.execute(text(f"update reps set role_id = {ghost} where key = 'lena'"))
        await giving.execute(text(VERSION_WITH_LENA_AS_GHOST))
        await widening.execute(text(f"insert into role_works select {ghost}, 'closing'"))
        last = asyncio.create_task(widening.commit())
        await until_blocked(world, last)
        await giving.commit()
        with pytest.raises(DBAPIError, match="roles change with the roster version that says so"):
            await last


async def test_a_rep_who_left_is_not_called_back_in_silence(world: World) -> None:
    await world.owner_rows("update reps set active = false where key = 'lena'", past_guards=True)
    back = "update reps set active = true where key = 'lena'"
    assert await refused_with(world, back) == "PM002"
    away = (
        "insert into roster_versions select version + 1, jsonb_set(snapshot, '{reps}', (select jsonb_agg("
        " case r ->> 'key' when 'lena' then r || '{\"active\"\\: false}' else r end)"
        " from jsonb_array_elements(snapshot -> 'reps') r)), now() from roster_versions"
    )
    assert await refused_with(world, f"do $$ begin set constraints all immediate; {away}; {back}; end $$") == "PM002"


FINDING = (
    "insert into evidence (id, lead_id, kind, name, value, affirmed, source, origin, observed_at, expires_at, created_at)"
    " values (gen_random_uuid(), :lead, :kind, :name, 'yes', true, 'sdr:lena', '{reps}', now() - interval '2 days',"
    " now() + :lasts, now())"
)
PASS = (
    "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at, expires_at)"
    " select gen_random_uuid(), :lead, 'closing', true, version, '{}', now() + :dated, now() + :lasts"
    " from policies where state = 'published'"
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize("need_lasts", [-HOUR, HOUR])
async def test_a_pass_ends_with_what_it_rests_on_whatever_its_date(world: World, need_lasts: timedelta) -> None:
    lead = await world.lead()
    found = {"need": "qualified", "authority": "qualified", "intent": "motivated", "offer_known": "educated"}
    for name, kind in found.items():
        # The kind is met for a day by another finding; the condition of the gate asks for the need itself.
        await world.rows(FINDING, lead=lead, kind=kind, name=name, lasts=need_lasts if name == "need" else DAY)
    for dated in (timedelta(0), -DAY):
        assert await refused_with(world, PASS, lead=lead, dated=dated, lasts=2 * HOUR) == "PM001"
        assert await refused_with(world, PASS, lead=lead, dated=dated, lasts=25 * DAY) == "PM001"
    if need_lasts > timedelta(0):
        await world.rows(PASS, lead=lead, dated=-DAY, lasts=need_lasts - timedelta(minutes=1))


async def test_an_appointment_rests_on_its_own_lead_s_and_rep_s_assignment(floor: Floor) -> None:
    world = floor.world
    lead_id, handed = await floor.ready()
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    other = await world.lead()
    await world.rows(
        "insert into assignments (id, lead_id, rep_id, work, assigned_at) select gen_random_uuid(), :lead, id,"
        " 'qualification', now() from reps where key = 'lena'",
        lead=other,
    )
    foreign = (
        "update appointments set assignment_id = (select id from assignments where lead_id = :lead) where id = :id"
    )
    assert await refused_with(world, foreign, lead=other, id=row.id) == "23503"


HOLD = (
    "insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)"
    " select :id, :lead, id, now() + interval '1 day', now() + interval '25 hours', 'mallory', now(), now() + :keeps"
    " from reps where key = 'anna'"
)
KEEP = (
    "insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work,"
    " expires_at, active)"
    " select gen_random_uuid(), rep_id, tstzrange(starts_at, ends_at), '0', '0', 'slot_hold', id, :lead, 'closing',"
    " expires_at + :longer, true from slot_holds where id = :id"
)


async def test_a_slot_is_kept_for_an_hour_at_most_and_as_long_as_its_hold_says(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    hold = uuid4()
    assert await refused_with(world, HOLD, id=hold, lead=lead, keeps=timedelta(minutes=61)) == "23514"
    await world.rows(HOLD, id=hold, lead=lead, keeps=timedelta(minutes=60))
    assert await refused_with(world, KEEP, id=hold, lead=lead, longer=timedelta(days=365)) == "23503"
    other = await world.lead()
    await world.pass_gate(other)
    assert await refused_with(world, KEEP, id=hold, lead=other, longer=timedelta(0)) == "23503"
    await world.rows(KEEP, id=hold, lead=lead, longer=timedelta(0))


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_a_pass_rests_on_no_snapshot_of_before_the_buyer_said_no(world: World, isolation: str) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    url = for_libpq(world.engine.url.render_as_string(hide_password=False))
    with psycopg.connect(url) as connection:
        connection.execute(f"set transaction isolation level {isolation}".encode())
        connection.execute("select count(*) from evidence")
        denied = FINDING.replace("true", "false").replace("now() - interval '2 days'", "now()")
        await world.rows(denied, lead=lead, kind="qualified", name="need", lasts=DAY)
        forged = (
            "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at, expires_at)"
            " select gen_random_uuid(), %s, 'closing', true, version, '{}', now(), now() + interval '1 hour'"
            " from policies where state = 'published'"
        )
        with pytest.raises(psycopg.Error) as refused:
            connection.execute(forged.encode(), (lead,))
    assert refused.value.sqlstate == "PM002"


async def test_a_lead_that_got_a_holder_meanwhile_is_not_merged_on_a_snapshot_of_before(world: World) -> None:
    lead, other = await world.lead(lead__country="DE"), await world.lead()
    with psycopg.connect(for_libpq(world.engine.url.render_as_string(hide_password=False))) as connection:
        connection.execute("set transaction isolation level repeatable read")
        connection.execute("select count(*) from assignments")
        await world.rows(
            "insert into assignments (id, lead_id, rep_id, work, assigned_at) select gen_random_uuid(), :lead, id,"
            " 'qualification', now() from reps where key = 'lena'",
            lead=lead,
        )
        with pytest.raises(psycopg.Error) as refused:
            connection.execute("update leads set merged_into = %s, merged_at = now() where id = %s", (other, lead))
    assert refused.value.sqlstate == "PM002"


# ── retention ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def keeper(world: World) -> AsyncIterator[str]:
    """The URL of a login that may forget, and nothing else."""
    name = f"pointsman_test_keeper_{uuid4().hex[:12]}"
    url = world.engine.url.render_as_string(hide_password=False)
    with psycopg.connect(for_libpq(as_owner(url)), autocommit=True) as connection:
        role = sql.Identifier(name)
        password = world.engine.url.password or "x"
        connection.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
        connection.execute(sql.SQL("grant pointsman_retention to {}").format(role))
        yield world.engine.url.set(username=name, password=password).render_as_string(hide_password=False)
        connection.execute(sql.SQL("drop role {}").format(role))


async def _forget(keeper: str, history: str) -> int:
    with psycopg.connect(for_libpq(keeper), autocommit=True) as connection:
        row = connection.execute("select pointsman_forget(%s, now())", (history,)).fetchone()
    assert row
    return int(row[0])


async def test_retention_forgets_what_is_old_and_touches_nothing_else(world: World, keeper: str) -> None:
    world.clock.offset = timedelta(days=-31)
    old = await world.lead(lead__country="DE")
    await world.pass_gate(old)
    await world.route(old)
    await skip_next_turn(world.env, "sdr-dach", "jonas", reason="x", costs_turn=False, actor=ADMIN)
    world.clock.offset = timedelta()
    new = await world.lead(lead__country="DE")
    await world.pass_gate(new)
    await world.route(new)
    before = {
        table: await world.value(f"select count(*) from {table}") for table in ("audit", "evidence", "gate_checks")
    }
    assert await _forget(keeper, "evidence") == 3
    assert await _forget(keeper, "gate_checks") == 1
    assert await _forget(keeper, "decisions") == 0  # work was given by them
    assert 0 < await _forget(keeper, "audit") < before["audit"]
    assert {row.lead_id for row in await world.rows("select lead_id from evidence")} == {new}
    for statement in ("select 1 from audit", "delete from audit", "insert into leads (id) values (gen_random_uuid())"):
        assert await _state(keeper, statement=statement) == "42501"
    assert await _state(keeper, statement="select pointsman_forget('leads', now())") == "22023"


async def test_a_denial_is_not_forgotten_while_what_it_denied_stands(world: World, keeper: str) -> None:
    world.clock.offset = timedelta(days=-31)
    lead: UUID = await world.lead()
    say = (
        "insert into evidence (id, lead_id, kind, name, value, affirmed, source, observed_at, created_at)"
        " values (:id, :lead, 'qualified', 'need', 'x', :affirmed, 'sdr:lena', :at, :created)"
    )
    now = world.clock()
    await world.rows(say, id=uuid4(), lead=lead, affirmed=True, at=now, created=now + timedelta(days=20))
    await world.rows(say, id=uuid4(), lead=lead, affirmed=False, at=now, created=now)
    assert await _forget(keeper, "evidence") == 0

"""Promise 1 against raw SQL: the database's password is not enough to give a rep work outside their role."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from support.floors.use_case_env import POLICY, World

pytestmark = pytest.mark.anyio

ASSIGN = (
    "insert into assignments (id, lead_id, rep_id, work, gate_check_id, override_id, assigned_at)"
    " select gen_random_uuid(), :lead, id, :work, cast(:gate as uuid), cast(:override as uuid), now()"
    " from reps where key = :rep"
)
RESERVE = (
    "with hold as (insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)"
    " select gen_random_uuid(), :lead, id, now() + interval '1 day', now() + interval '25 hours', 'test', now(),"
    " now() + interval '10 minutes' from reps where key = :rep returning id, rep_id)"
    " insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work,"
    " expires_at, active)"
    " select gen_random_uuid(), rep_id, tstzrange(now() + interval '1 day', now() + interval '25 hours'), '0', '0',"
    " 'slot_hold', id, :lead, :work, now() + interval '10 minutes', true from hold"
)
NO_RIGHT = "42501"
OVERRIDE = (
    "insert into overrides (id, lead_id, rep_id, work, reason, approver, created_at, expires_at)"
    " select gen_random_uuid(), :lead, id, :work, 'launch week', 'head of sales', now(), now() + :valid"
    " from reps where key = :rep returning id"
)


async def refusal(world: World, statement: str, **given: Any) -> tuple[str, str]:
    """SQLSTATE and detail of the refusal; fails when the database does as it is told.

    What the service has no right to at all, a guard refuses to the owner as well: its word is returned.
    """
    said = await _refusal(world.rows, statement, given)
    return await _refusal(world.owner_rows, statement, given) if said[0] == NO_RIGHT else said


async def _refusal(run: Callable[..., Awaitable[object]], statement: str, given: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(DBAPIError) as caught:
        await run(statement, **given)
    cause = caught.value.orig
    assert isinstance(cause, psycopg.Error)
    return cause.sqlstate or "", cause.diag.message_detail or ""


async def assign(world: World, lead: UUID, rep: str, work: str, gate: UUID | None = None, override: Any = None) -> None:
    await world.rows(ASSIGN, lead=lead, rep=rep, work=work, gate=gate, override=override)


async def allow(world: World, lead: UUID, rep: str, work: str, valid: timedelta = timedelta(hours=1)) -> UUID:
    override = await world.value(OVERRIDE, lead=lead, rep=rep, work=work, valid=valid)
    assert isinstance(override, UUID)
    return override


# ── giving work ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rep", "work"),
    [
        ("lena", "closing"),
        ("lena", "customer_service"),
        ("anna", "prospecting"),
        ("anna", "qualification"),
        ("mia", "closing"),
        ("eva", "closing"),
        ("eva", "prospecting"),
        ("lena", "nurture"),
        ("anna", "administration"),
    ],
)
async def test_work_outside_the_role_is_refused(world: World, rep: str, work: str) -> None:
    lead = await world.lead()
    gate = await world.pass_gate(lead)
    assert await refusal(world, ASSIGN, lead=lead, rep=rep, work=work, gate=gate, override=None) == ("PM001", "role")


async def test_closing_without_a_gate_is_refused_even_for_a_closer(world: World) -> None:
    lead = await world.lead()
    assert await refusal(world, ASSIGN, lead=lead, rep="anna", work="closing", gate=None, override=None) == (
        "PM001",
        "gate",
    )


async def test_a_pass_of_another_lead_opens_nothing(world: World) -> None:
    lead, other = await world.lead(), await world.lead()
    gate = await world.pass_gate(other)
    said = await refusal(world, ASSIGN, lead=lead, rep="anna", work="closing", gate=gate, override=None)
    assert said == ("PM001", "gate")


async def test_an_expired_pass_opens_nothing(world: World) -> None:
    world.clock.offset = timedelta(days=-20, seconds=-1)
    lead = await world.lead()
    gate = await world.pass_gate(lead, valid=timedelta(days=20))
    said = await refusal(world, ASSIGN, lead=lead, rep="anna", work="closing", gate=gate, override=None)
    assert said == ("PM001", "gate")


async def test_a_revoked_pass_opens_nothing(world: World) -> None:
    lead = await world.lead()
    gate = await world.pass_gate(lead)
    await world.rows("update gate_checks set revoked_at = now()")
    said = await refusal(world, ASSIGN, lead=lead, rep="anna", work="closing", gate=gate, override=None)
    assert said == ("PM001", "gate")


async def test_a_closer_with_a_pass_gets_closing(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "anna", "closing", await world.pass_gate(lead))
    assert await world.value("select count(*) from assignments where ended_at is null") == 1


async def test_an_inactive_rep_gets_nothing(world: World) -> None:
    lead = await world.lead()
    await world.rows("update reps set active = false where key = 'lena'")
    said = await refusal(world, ASSIGN, lead=lead, rep="lena", work="qualification", gate=None, override=None)
    assert said == ("PM001", "rep-inactive")


async def test_a_lead_has_one_holder_at_a_time(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    said = await refusal(world, ASSIGN, lead=lead, rep="jonas", work="qualification", gate=None, override=None)
    assert said[0] == "23505"


# ── changing work that was given ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        "work = 'closing'",
        "work = 'prospecting'",
        "rep_id = (select id from reps where key = 'anna')",
        "lead_id = (select id from leads where id <> lead_id limit 1)",
        "override_id = gen_random_uuid()",
        "gate_check_id = gen_random_uuid()",
        "pool = 'closers-mid-market'",
        "assigned_at = now() - interval '1 year'",
    ],
)
async def test_an_assignment_cannot_be_changed_into_another(world: World, change: str) -> None:
    await world.lead()
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    assert (await refusal(world, f"update assignments set {change}"))[0] == "PM002"


async def test_an_ended_assignment_cannot_be_reopened(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    await world.rows("update assignments set ended_at = now(), end_reason = 'test'")
    assert (await refusal(world, "update assignments set ended_at = null, end_reason = null"))[0] == "PM002"
    assert (await refusal(world, "update assignments set end_reason = 'another'"))[0] == "PM002"


async def test_imported_history_cannot_become_active(world: World) -> None:
    lead = await world.lead()
    await world.rows(
        "insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)"
        " select gen_random_uuid(), :lead, id, 'closing', now(), now(), 'import' from reps where key = 'lena'",
        lead=lead,
    )
    assert (await refusal(world, "update assignments set ended_at = null"))[0] == "PM002"


async def test_an_assignment_knows_when_its_lead_was_made_whatever_it_is_told(world: World) -> None:
    lead = await world.lead()
    await world.rows(
        "insert into assignments (id, lead_id, rep_id, work, lead_created_at, assigned_at)"
        " select gen_random_uuid(), :lead, id, 'qualification', now() + interval '1 day', now() from reps where key = 'lena'",
        lead=lead,
    )
    assert (await refusal(world, "update leads set created_at = created_at + interval '1 day'"))[0] == "PM002"
    rows = await world.rows(
        "select s.lead_created_at = l.created_at as same from assignments s join leads l on l.id = s.lead_id"
    )
    assert [row.same for row in rows] == [True]


async def test_an_assignment_cannot_be_deleted(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    assert (await refusal(world, "delete from assignments"))[0] == "PM002"


# ── changing roles under the work ───────────────────────────────────────────────────────────────


async def test_a_rep_who_holds_work_cannot_move_to_a_role_without_it(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    change = "update reps set role_id = (select id from roles where name = 'Closer') where key = 'lena'"
    assert await refusal(world, change) == ("PM001", "role")
    await world.rows("update assignments set ended_at = now(), end_reason = 'test'")
    assert (await refusal(world, change))[0] == "PM002"  # now with a roster version alone


async def test_a_role_cannot_lose_a_work_that_somebody_holds(world: World) -> None:
    lead = await world.lead()
    await assign(world, lead, "lena", "qualification")
    assert await refusal(world, "delete from role_works where work = 'qualification'") == ("PM001", "role")
    assert await refusal(world, "update role_works set work = 'closing' where work = 'qualification'") == (
        "PM001",
        "role",
    )
    assert (await refusal(world, "delete from role_works"))[0] == "PM001"
    await world.rows("delete from role_works where work = 'prospecting'")


async def test_a_rep_with_reserved_time_cannot_leave_the_role_for_it(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    await world.rows(RESERVE, lead=lead, rep="anna", work="closing")
    change = "update reps set role_id = (select id from roles where name = 'SDR') where key = 'anna'"
    assert await refusal(world, change) == ("PM001", "role")
    assert await refusal(world, "delete from role_works where work = 'closing'") == ("PM001", "role")


# ── reserving time ──────────────────────────────────────────────────────────────────────────────


async def test_time_for_work_outside_the_role_cannot_be_reserved(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    assert await refusal(world, RESERVE, lead=lead, rep="lena", work="closing") == ("PM001", "role")


async def test_time_for_closing_without_a_gate_cannot_be_reserved(world: World) -> None:
    lead = await world.lead()
    assert await refusal(world, RESERVE, lead=lead, rep="anna", work="closing") == ("PM001", "gate")


async def test_reserved_time_cannot_be_moved_to_somebody_outside_the_role(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    await world.rows(RESERVE, lead=lead, rep="anna", work="closing")
    to_lena = "update reservations set rep_id = (select id from reps where key = 'lena')"
    assert await refusal(world, to_lena) == ("PM001", "role")
    other = await world.lead()
    assert await refusal(world, "update reservations set lead_id = :other", other=other) == ("PM001", "gate")


async def test_an_appointment_keeps_its_work_and_its_gate(world: World) -> None:
    lead, gate = await _appointment(world)
    assert (await refusal(world, "update appointments set work = 'qualification'"))[0] == "PM003"
    assert (await refusal(world, "update appointments set gate_check_id = null"))[0] == "PM003"
    assert (await refusal(world, "update appointments set override_id = gen_random_uuid()"))[0] == "PM003"
    other = await world.lead()
    assert (await refusal(world, "update appointments set lead_id = :other", other=other))[0] == "PM003"
    assert (await refusal(world, "delete from reservations"))[0] == "PM003"
    assert (await refusal(world, "update reservations set work = 'qualification'"))[0] == "PM003"
    assert (await refusal(world, "update reservations set active = false"))[0] == "PM003"
    assert (lead, gate) == (await world.rows("select lead_id, gate_check_id from appointments"))[0]


async def test_an_appointment_cannot_be_given_to_a_rep_outside_the_role(world: World) -> None:
    await _appointment(world)
    to_lena = "update reservations set rep_id = (select id from reps where key = 'lena')"
    assert (await refusal(world, to_lena))[0] == "PM003"
    assert (await refusal(world, "update appointments set rep_id = (select id from reps where key = 'lena')"))[
        0
    ] == "PM003"
    along = (
        "insert into appointment_companions (appointment_id, rep_id, work, pool, reason)"
        " select a.id, r.id, 'closing', 'x', '{}' from appointments a, reps r where r.key = 'lena'"
    )
    assert (await refusal(world, f"do $$ begin {along}; {to_lena}; end $$"))[0] == "PM001"


async def test_an_appointment_without_a_gate_owns_no_time(world: World) -> None:
    lead = await world.lead()
    assert await refusal(world, APPOINTMENT, lead=lead, gate=None, rep="anna") == ("PM001", "gate")


async def test_an_appointment_with_somebody_outside_the_role_owns_no_time(world: World) -> None:
    lead = await world.lead()
    gate = await world.pass_gate(lead)
    assert await refusal(world, APPOINTMENT, lead=lead, gate=gate, rep="lena") == ("PM001", "role")


APPOINTMENT = """
    with holder as (
        insert into assignments (id, lead_id, rep_id, work, assigned_at, ended_at, end_reason)
        select gen_random_uuid(), :lead, id, 'closing', now(), now(), 'test' from reps where key = :rep returning id
    ), made as (
        insert into appointments (id, lead_id, rep_id, work, status, starts_at, ends_at, assignment_id,
                                  gate_check_id, gate_snapshot, booked_by, sequence, created_at)
        select gen_random_uuid(), :lead, (select id from reps where key = :rep), 'closing', 'confirmed',
               date_trunc('hour', now()) + interval '2 days',
               date_trunc('hour', now()) + interval '49 hours', id, cast(:gate as uuid), '{}', 'test', 0, now()
        from holder returning id, starts_at, ends_at
    )
    insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, appointment_id, lead_id, work, active)
    select gen_random_uuid(), reps.id, tstzrange(starts_at, ends_at, '[)'), '0', '0', 'appointment', made.id, :lead,
           'closing', true
    from made, reps where key = :rep
"""


async def _appointment(world: World) -> tuple[UUID, UUID]:
    """Anna's confirmed appointment; the rows come in two statements, since the guard reads the appointment."""
    lead = await world.lead()
    gate = await world.pass_gate(lead)
    await assign(world, lead, "anna", "closing", gate)
    first, second = APPOINTMENT.split("insert into reservations")
    async with world.engine.connect() as connection, connection.begin():
        given = {"lead": lead, "gate": gate, "rep": "anna"}
        made = first.strip().removesuffix(")").rstrip().removeprefix("with holder as (")
        appointment = "insert into appointments" + made.split("insert into appointments")[1]
        appointment = appointment.replace("from holder", "from assignments where lead_id = :lead")
        await connection.execute(text(appointment), given)
        reserve = "insert into reservations" + second.replace("from made, reps", "from appointments made, reps")
        await connection.execute(text(reserve), given)
    return lead, gate


# ── forging passes ──────────────────────────────────────────────────────────────────────────────

FORGE = (
    "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at, expires_at)"
    " values (gen_random_uuid(), :lead, 'closing', true, :version, '{}', now(), now() + :valid)"
)
EVIDENCE = (
    "insert into evidence (id, lead_id, kind, name, value, affirmed, source, origin, observed_at, expires_at, created_at)"
    " values (gen_random_uuid(), :lead, :kind, :name, 'x', :affirmed, 'sdr:lena', '{reps}', now() - :age, null, now())"
)
DAY = timedelta(days=1)


async def test_a_pass_without_evidence_is_a_forgery(world: World) -> None:
    lead = await world.lead()
    assert await refusal(world, FORGE, lead=lead, version=1, valid=DAY) == ("PM001", "gate")


async def _evidence(world: World, lead: UUID, *, age: timedelta = timedelta()) -> None:
    for kind, name in (("qualified", "need"), ("motivated", "urgency"), ("educated", "offer_known")):
        await world.rows(EVIDENCE, lead=lead, kind=kind, name=name, affirmed=True, age=age)


async def test_a_pass_on_evidence_under_a_name_or_kind_that_the_policy_does_not_declare_is_a_forgery(
    world: World,
) -> None:
    lead = await world.lead()
    for kind, name in (("qualified", "budget"), ("motivated", "need"), ("qualified", "intent"), ("educated", "x")):
        await world.rows(EVIDENCE, lead=lead, kind=kind, name=name, affirmed=True, age=timedelta())
    assert await refusal(world, FORGE, lead=lead, version=1, valid=DAY) == ("PM001", "gate")
    names = {"budget": {"kind": "qualified"}, "pull": {"kind": "motivated"}, "x": {"kind": "educated"}}
    gates = {"closing": {"require": ["qualified", "motivated", "educated"]}}
    version = await world.publish(POLICY | {"gates": gates, "evidence": {"names": names}})
    assert await refusal(world, FORGE, lead=lead, version=version, valid=DAY) == ("PM001", "gate")
    await world.rows(EVIDENCE, lead=lead, kind="motivated", name="pull", affirmed=True, age=timedelta())
    await world.rows(FORGE, lead=lead, version=version, valid=DAY - timedelta(minutes=1))


async def test_a_pass_on_evidence_that_was_denied_since_is_a_forgery(world: World) -> None:
    lead = await world.lead()
    await _evidence(world, lead, age=DAY)
    await world.rows(EVIDENCE, lead=lead, kind="motivated", name="urgency", affirmed=False, age=timedelta())
    assert await refusal(world, FORGE, lead=lead, version=1, valid=DAY) == ("PM001", "gate")


async def test_a_pass_on_evidence_that_is_too_old_is_a_forgery(world: World) -> None:
    lead = await world.lead()
    await _evidence(world, lead, age=timedelta(days=31))
    assert await refusal(world, FORGE, lead=lead, version=1, valid=DAY) == ("PM001", "gate")


async def test_a_pass_cannot_outlive_its_policy_s_expiry(world: World) -> None:
    lead = await world.lead()
    await _evidence(world, lead)
    assert await refusal(world, FORGE, lead=lead, version=1, valid=timedelta(days=400)) == ("PM001", "gate")
    # Its evidence, which is a moment older, ends a moment earlier.
    await world.rows(FORGE, lead=lead, version=1, valid=timedelta(days=30) - timedelta(minutes=1))


async def test_a_pass_by_a_draft_that_asks_for_less_is_a_forgery(world: World) -> None:
    lead = await world.lead()
    await world.rows(
        "insert into policies (version, state, document, note, created_by, created_at)"
        """ values (99, 'draft', '{"gates"\\: {"closing"\\: {}}}', '', 'mallory', now())"""
    )
    assert await refusal(world, FORGE, lead=lead, version=99, valid=DAY) == ("PM001", "gate")


async def test_a_live_gate_that_asks_for_nothing_lets_nobody_through_here_either(world: World) -> None:
    lead = await world.lead()
    await world.rows(
        "insert into policies (version, state, document, note, created_by, created_at)"
        """ values (99, 'draft', '{"gates"\\: {"closing"\\: {"require"\\: []}}}', '', 'mallory', now())"""
    )
    await world.rows("update policies set state = 'archived' where state = 'published'")
    await world.rows(
        "insert into policy_publications (seq, version, kind, at, actor, note)"
        " values (99, 99, 'published', now(), 'mallory', '')"
    )
    await world.rows("update policies set state = 'published' where version = 99")
    assert await refusal(world, FORGE, lead=lead, version=99, valid=DAY) == ("PM001", "gate")


async def test_the_gate_of_a_live_policy_cannot_be_softened(world: World) -> None:
    softer = (
        """update policies set document = jsonb_set(document\\:\\:jsonb, '{gates,closing,require}', '[]')\\:\\:json"""
    )
    assert (await refusal(world, softer))[0] == "PM002"
    assert (await refusal(world, "delete from policies"))[0] == "PM002"
    assert (await refusal(world, "update policies set state = 'draft'"))[0] == "PM002"
    assert (await refusal(world, "update policies set source = 'rules\\: []'"))[0] == "PM002"


async def test_no_policy_goes_live_past_its_history(world: World) -> None:
    await world.rows(
        "insert into policies (version, state, document, note, created_by, created_at)"
        " values (99, 'draft', '{}', '', 'mallory', now())"
    )
    await world.rows("update policies set state = 'archived' where state = 'published'")
    assert (await refusal(world, "update policies set state = 'published' where version = 99"))[0] == "PM002"


async def test_a_failed_check_cannot_become_a_pass_nor_a_pass_live_longer(world: World) -> None:
    lead = await world.lead()
    await world.pass_gate(lead)
    await world.rows(
        "insert into gate_checks (id, lead_id, work, passed, policy_version, result, checked_at)"
        " values (gen_random_uuid(), :lead, 'closing', false, 1, '{}', now())",
        lead=lead,
    )
    for change in ("passed = true, expires_at = now() + interval '1 day'", "expires_at = now() + interval '1 year'"):
        assert (await refusal(world, f"update gate_checks set {change}"))[0] == "PM002"
    assert (await refusal(world, "delete from gate_checks"))[0] == "PM002"
    await world.rows("update gate_checks set revoked_at = now()")
    assert (await refusal(world, "update gate_checks set revoked_at = null"))[0] == "PM002"


# ── overrides ───────────────────────────────────────────────────────────────────────────────────


async def test_an_override_lets_exactly_its_rep_lead_and_work_through_and_is_counted(world: World) -> None:
    lead, other = await world.lead(), await world.lead()
    override = await allow(world, lead, "lena", "closing")
    for wrong in (
        {"lead": lead, "rep": "jonas", "work": "closing"},
        {"lead": other, "rep": "lena", "work": "closing"},
        {"lead": lead, "rep": "lena", "work": "customer_service"},
        {"lead": lead, "rep": "lena", "work": "nurture"},
    ):
        assert (await refusal(world, ASSIGN, gate=None, override=override, **wrong))[0] == "PM001"
    assert await world.value("select used from overrides") == 0
    await assign(world, lead, "lena", "closing", override=override)
    assert await world.value("select used from overrides") == 1


async def test_an_override_that_does_not_fit_cannot_be_named_for_allowed_work_either(world: World) -> None:
    lead, other = await world.lead(), await world.lead()
    override = await allow(world, other, "lena", "closing")
    said = await refusal(world, ASSIGN, lead=lead, rep="lena", work="qualification", gate=None, override=override)
    assert said == ("PM001", "override")


async def test_an_override_ends(world: World) -> None:
    lead = await world.lead()
    override = await allow(world, lead, "lena", "closing", timedelta(microseconds=1))
    said = await refusal(world, ASSIGN, lead=lead, rep="lena", work="closing", gate=None, override=override)
    assert said[0] == "PM001"
    revoked = await allow(world, lead, "lena", "closing")
    await world.rows("update overrides set revoked_at = now() where id = :id", id=revoked)
    assert (await refusal(world, ASSIGN, lead=lead, rep="lena", work="closing", gate=None, override=revoked))[
        0
    ] == "PM001"


async def test_an_override_lasts_a_week_at_most_and_says_who_and_why(world: World) -> None:
    lead = await world.lead()
    given = {"lead": lead, "rep": "lena", "work": "closing"}
    assert (await refusal(world, OVERRIDE, **given, valid=timedelta(days=7, seconds=1)))[0] == "23514"
    assert (await refusal(world, OVERRIDE.replace("'launch week'", "' '"), **given, valid=DAY))[0] == "23514"
    assert (await refusal(world, OVERRIDE.replace("'head of sales'", "''"), **given, valid=DAY))[0] == "23514"


@pytest.mark.parametrize(
    "change",
    [
        "expires_at = expires_at + interval '1 hour'",
        "rep_id = (select id from reps where key = 'jonas')",
        "work = 'customer_service'",
        "used = used - 1",
        "reason = 'never mind'",
    ],
)
async def test_an_override_cannot_be_rewritten(world: World, change: str) -> None:
    lead = await world.lead()
    await allow(world, lead, "lena", "closing")
    assert (await refusal(world, f"update overrides set {change}"))[0] in {"PM002", "23514"}


async def test_an_override_cannot_be_deleted_or_called_back_to_life(world: World) -> None:
    lead = await world.lead()
    await allow(world, lead, "lena", "closing")
    assert (await refusal(world, "delete from overrides"))[0] == "PM002"
    await world.rows("update overrides set revoked_at = now()")
    assert (await refusal(world, "update overrides set revoked_at = null"))[0] == "PM002"


# ── history ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("decisions", "summary = '{}'"),
        ("ledger_entries", "entry = '{}'"),
        ("audit", "actor = 'somebody else'"),
        ("roster_versions", "snapshot = '{}'"),
        ("policy_publications", "note = 'nobody'"),
        ("evidence", "affirmed = false"),
    ],
)
async def test_history_is_neither_edited_nor_deleted(world: World, table: str, column: str) -> None:
    lead = await world.lead(lead__country="DE")
    await world.pass_gate(lead)
    await world.route(lead)
    assert await world.value(f"select count(*) from {table}") > 0
    assert (await refusal(world, f"update {table} set {column}"))[0] == "PM002"
    assert (await refusal(world, f"delete from {table}"))[0] == "PM002"


@pytest.mark.parametrize(
    "table",
    [
        "appointments", "assignments", "audit", "decisions", "evidence", "gate_checks", "ledger_entries", "leads",
        "overrides", "policies", "policy_publications", "reps", "reservations", "role_works", "roles", "roster_versions",
    ],
)  # fmt: skip
async def test_no_table_with_a_promise_can_be_truncated(world: World, table: str) -> None:
    assert (await refusal(world, f"truncate {table} cascade"))[0] == "PM002"

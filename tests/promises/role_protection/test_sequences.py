"""Orders of events that nobody planned: a late "no", a fallback, an exception, a poisoned hold, one calendar of two."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import pytest

from pointsman.domain.errors import RoleProtected
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.book import book
from pointsman.services.calendars.poll import poll_calendars
from pointsman.services.connections.calendar_bindings import CalendarBindingInput, bind_calendars
from pointsman.services.connections.connections import save_connection
from pointsman.services.deliveries.calendar_event import build_event
from pointsman.services.holds.drain import drain_holds
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import VendorRetryableError
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.vendors.texts import SharedText
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import RosterInput, deactivate_rep, put_roster
from pointsman.services.routing.overrides import add_override
from pointsman.services.sweeps import ItemsFailed
from pointsman.services.wording.rendering import MessageReader
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.faulty_calendars import Cue
from support.floors.use_case_env import ADMIN, POLICY, SENDER, rep_given
from support.wording import english, english_sentence

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


@pytest.fixture
async def floor(database_url: str) -> Any:
    async with open_floor(database_url) as opened:
        yield opened


def with_closing(over: dict[str, Any], **pool: Any) -> dict[str, Any]:
    """POLICY with another rule or pool for closing."""
    rules = [{**rule, **over} if rule["work"] == "closing" else rule for rule in POLICY["rules"]]
    closers = {**POLICY["pools"]["closers-mid-market"], **pool}
    return {**POLICY, "rules": rules, "pools": {**POLICY["pools"], "closers-mid-market": closers}}


def denied(floor: Floor, name: str = "need") -> list[Evidence]:
    return floor.evidence(name, affirmed=False, at=floor.env.clock() + SECOND)


async def news(floor: Floor, lead: UUID, *evidence: Evidence) -> SubmitResult:
    """A form says something about a known lead."""
    given = LeadInput(email=f"{lead}@lead.example", evidence=evidence)
    return await submit_lead(floor.env, given, actor=SENDER)


def unreadable(floor: Floor, *closers: str) -> None:
    floor.vendor.faults = {f"{rep}-cal": VendorRetryableError("down") for rep in closers}
    floor.world.clock.advance(timedelta(minutes=2))


async def waiting_for_a_closer(floor: Floor) -> UUID:
    unreadable(floor, "anna", "ben", "clara")
    lead = await floor.lead()
    assert (await floor.hand_over(lead)).stage == "held"
    return lead


async def closing_of(floor: Floor, lead: UUID) -> int:
    found: int = await floor.world.value(
        "select count(*) from assignments where lead_id = :lead and work = 'closing' and ended_at is null", lead=lead
    )
    return found


# ── the gate ────────────────────────────────────────────────────────────────────────────────────


async def test_evidence_that_claims_to_last_for_years_opens_the_gate_for_the_gates_own_span(floor: Floor) -> None:
    lead, now = await floor.lead(), floor.env.clock()
    lasting = [replace(item, expires_at=now + timedelta(days=3_650)) for item in floor.evidence()]
    handed = await floor.hand_over(lead, evidence=lasting)
    assert handed.gate.passed
    assert handed.closer is not None
    expires = await floor.world.value("select expires_at from gate_checks")
    assert expires <= floor.env.clock() + timedelta(days=30)


async def test_a_no_from_a_form_ends_the_pass_of_a_lead_that_waits_for_a_closer(floor: Floor) -> None:
    lead = await waiting_for_a_closer(floor)
    await news(floor, lead, *denied(floor))
    floor.vendor.faults = {}
    floor.world.clock.advance(timedelta(minutes=2))
    await drain_holds(floor.env)
    assert await closing_of(floor, lead) == 0
    assert await floor.world.value("select count(*) from gate_checks where passed and revoked_at is null") == 0


async def test_a_no_from_a_form_takes_the_lead_from_its_closer(floor: Floor) -> None:
    lead, _ = await floor.ready()
    submitted = await news(floor, lead, *denied(floor))
    assert await closing_of(floor, lead) == 0
    assert await floor.world.value("select stage from leads where id = :lead", lead=lead) == "nurture"
    assert submitted.lead.stage == "nurture"
    assert submitted.note is not None
    assert "nurture" in english_sentence(submitted.note)


async def test_a_no_from_a_form_about_something_the_gate_does_not_ask_changes_nothing(floor: Floor) -> None:
    lead, _ = await floor.ready()
    await news(floor, lead, *denied(floor, "authority"))
    assert await closing_of(floor, lead) == 1


async def test_a_denied_lead_whose_appointment_was_called_off_cannot_be_booked_again(floor: Floor) -> None:
    lead, handed = await floor.ready()
    row = await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
    assert not (await floor.hand_over(lead, evidence=denied(floor))).gate.passed
    await cancel(floor.env, row.id, by=ActorRole.SETTER, reason="no need", actor=SETTER)
    with pytest.raises(RoleProtected):
        await book(floor.env, lead, handed.slots[1].start, actor=SETTER)


async def test_a_buyer_may_change_their_mind_twice_within_an_hour(floor: Floor) -> None:
    lead, start = await floor.lead(), floor.env.clock()
    minute = timedelta(minutes=1)
    floor.world.clock.advance(10 * minute)
    for step, affirmed in enumerate((True, False, True)):
        said = floor.evidence("need", affirmed=affirmed, at=start + step * minute)
        await floor.hand_over(lead, evidence=[*floor.evidence("intent", "offer_known", at=start), *said])
    assert await closing_of(floor, lead) == 1


# ── routes ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_pass_whose_rule_falls_back_to_other_work_is_not_lost(database_url: str) -> None:
    async with open_floor(database_url, policy=with_closing({"else": "pool:sdr-dach"})) as floor:
        unreadable(floor, "anna", "ben", "clara")
        handed = await floor.hand_over(await floor.lead())
        assert handed.gate.passed
        assert handed.stage == "working"
        assert handed.routing is not None
        assert handed.routing.decision.work is Work.QUALIFICATION
        assert handed.closer is None
        assert not handed.slots


async def test_partial_evidence_does_not_overrule_a_human_s_exception(floor: Floor) -> None:
    lead = await floor.lead()
    await add_override(
        floor.env, lead_id=lead, rep="lena", work=Work.CLOSING, reason="founder", approver="boss",
        expires_at=floor.env.clock() + timedelta(hours=1), actor=ADMIN,
    )  # fmt: skip
    await assign_manually(floor.env, lead, rep="lena", work=Work.CLOSING, override_id=None, reason="asked", actor=ADMIN)
    handed = await floor.hand_over(lead, evidence=floor.evidence("need"))
    assert not handed.gate.passed
    assert await closing_of(floor, lead) == 1


async def test_a_rep_who_just_gave_a_lead_up_does_not_get_it_back_from_the_wait(floor: Floor) -> None:
    lead = await floor.lead()
    await put_roster(
        floor.env, RosterInput(reps=(rep_given("jonas", active=False), rep_given("sofia", active=False))), actor=ADMIN
    )
    routed = await floor.world.route(lead, purpose=Work.QUALIFICATION)
    assert routed.decision.rep == "lena"
    moved = await reassign(floor.env, lead, reason="quarrel", actor=ADMIN)
    assert moved.rep is None
    await drain_holds(floor.env)
    assert await floor.world.value("select count(*) from assignments where ended_at is null") == 0
    await news(floor, lead)
    assert await floor.world.value("select count(*) from assignments where ended_at is null") == 0
    await put_roster(floor.env, RosterInput(reps=(rep_given("jonas"),)), actor=ADMIN)
    assert await drain_holds(floor.env) == 1


async def test_the_setter_may_qualify_a_lead_again_when_its_pass_ran_out_while_it_waited(
    floor: Floor,
) -> None:
    await put_roster(
        floor.env, RosterInput(reps=(rep_given("jonas", active=False), rep_given("sofia", active=False))), actor=ADMIN
    )
    lead = await floor.lead()
    await floor.world.route(lead)
    await floor.hand_over(lead)
    unreadable(floor, "anna", "ben", "clara")
    assert (await reassign(floor.env, lead, reason="ill", actor=ADMIN)).rep is None
    floor.world.clock.advance(timedelta(days=31))
    assert await drain_holds(floor.env) == 1
    (row,) = await floor.world.rows(
        "select r.key, a.work from assignments a join reps r on r.id = a.rep_id where a.ended_at is null"
    )
    assert (row.key, row.work) == ("lena", "qualification")


@pytest.mark.own_database
async def test_one_lead_that_cannot_be_moved_does_not_keep_the_others_waiting(floor: Floor) -> None:
    first = await waiting_for_a_closer(floor)
    second = await floor.lead()
    assert (await floor.hand_over(second)).stage == "held"
    floor.vendor.faults = {}
    floor.world.clock.advance(timedelta(minutes=2))
    await floor.world.owner_rows(  # only the database knows: the drain's decision will be refused there
        "create function refuse() returns trigger language plpgsql as $$ begin if new.lead_id = '" + str(first) + "'"
        " then raise exception 'no' using errcode = 'PM001', detail = 'gate'; end if; return new; end $$"
    )
    await floor.world.owner_rows(
        "create trigger refuse before insert on assignments for each row execute function refuse()"
    )
    with pytest.raises(ItemsFailed, match="1 of 2 failed") as failed:  # said once all were tried
        await drain_holds(floor.env)
    assert isinstance(failed.value.__cause__, RoleProtected)
    assert await closing_of(floor, second) == 1


async def test_an_overdue_wait_that_ends_in_nurture_is_announced_no_longer(floor: Floor) -> None:
    lead = await waiting_for_a_closer(floor)
    floor.world.clock.advance(timedelta(hours=5))
    await drain_holds(floor.env)
    waits = "select count(*) from alerts where code = 'hold-overdue' and resolved_at is null"
    assert await floor.world.value(waits) == 1
    assert (await floor.hand_over(lead, evidence=denied(floor))).stage == "nurture"
    assert await floor.world.value(waits) == 0


# ── calendars ───────────────────────────────────────────────────────────────────────────────────


def alerts(rep: str) -> str:
    code = AlertCode.CALENDAR_UNREADABLE
    return f"select count(*) from alerts where code = '{code}' and subject = 'rep:{rep}' and resolved_at is null"


async def test_one_calendar_that_answers_again_does_not_hide_another_that_does_not(floor: Floor) -> None:
    both = [
        CalendarBindingInput(connection="cal", calendar="work", writes=True),
        CalendarBindingInput(connection="cal", calendar="private", writes=False),
    ]
    floor.vendor.faults = {"work": VendorRetryableError("down"), "private": VendorRetryableError("down")}
    await bind_calendars(floor.env, "anna", both, actor=SETTER)
    assert await floor.world.value(alerts("anna")) == 1
    del floor.vendor.faults["work"]
    floor.world.clock.advance(timedelta(minutes=6))
    await poll_calendars(floor.env)
    assert await floor.world.value(alerts("anna")) == 1
    floor.vendor.faults = {}
    floor.world.clock.advance(timedelta(minutes=6))
    await poll_calendars(floor.env)
    assert await floor.world.value(alerts("anna")) == 0


async def test_binding_an_unreadable_calendar_again_does_not_hide_it(floor: Floor) -> None:
    floor.vendor.faults = {"anna-cal": VendorRetryableError("down")}
    for _ in range(2):
        floor.world.clock.advance(timedelta(minutes=6))
        await bind_calendars(
            floor.env, "anna", [CalendarBindingInput(connection="cal", calendar="anna-cal", writes=True)], actor=SETTER
        )
        await poll_calendars(floor.env)
        assert await floor.world.value(alerts("anna")) == 1


async def test_a_connection_that_is_switched_off_leaves_its_closers_with_an_alert(floor: Floor) -> None:
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=False, actor=SETTER)
    await poll_calendars(floor.env)
    assert await floor.world.value(alerts("anna")) == 1
    await poll_calendars(floor.env)
    assert await floor.world.value("select max(count) from alerts") == 1
    await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=True, actor=SETTER)
    await poll_calendars(floor.env)
    assert await floor.world.value(alerts("anna")) == 0


async def test_nothing_is_offered_beyond_what_was_read_of_the_calendar(database_url: str) -> None:
    narrow = with_closing({}, booking={"horizon": "3d"})
    async with open_floor(database_url, policy=narrow) as floor:
        lead = await floor.lead()
        await floor.world.pass_gate(lead)
        await assign_manually(
            floor.env, lead, rep="anna", work=Work.CLOSING, override_id=None, reason="asked", actor=ADMIN
        )
        now = floor.env.clock()
        days = [(now + timedelta(days=n - 1), now + timedelta(days=n)) for n in range(14)]  # busy until day 13
        floor.vendor.busy = {"anna-cal": days}
        floor.world.clock.advance(timedelta(minutes=2))
        handed = await floor.hand_over(lead, at_earliest=True)
        assert not [slot for slot in handed.slots if slot.start < days[-1][1]]
        assert handed.appointment is None or handed.appointment.starts_at >= days[-1][1]


# ── time ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_slot_hold_that_has_run_out_keeps_nobody_from_booking(floor: Floor) -> None:
    lead, handed = await floor.ready()
    slot = handed.slots[0]
    await floor.world.rows(
        "with hold as (insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)"
        " select gen_random_uuid(), lead_id, rep_id, :start, :end, 'test', now() - interval '1 hour',"
        " now() - interval '1 minute' from assignments where lead_id = :lead returning id, lead_id, rep_id, expires_at)"
        " insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work,"
        " expires_at, active)"
        " select gen_random_uuid(), rep_id, tstzrange(:start, :end, '[)'), '0', '0', 'slot_hold', id, lead_id, 'closing',"
        " expires_at, true from hold",
        lead=lead, start=slot.start, end=slot.end,
    )  # fmt: skip
    assert (await book(floor.env, lead, slot.start, actor=SETTER)).starts_at == slot.start


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────


async def test_a_late_booking_is_removed_even_when_its_cancellation_had_to_be_tried_twice(floor: Floor) -> None:
    lead, handed = await floor.ready()
    row = await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
    floor.vendor.cues = [Cue.RETRY, Cue.RETRY]  # the booking seems not to have arrived; the first cancel does not
    await floor.work()
    await cancel(floor.env, row.id, by=ActorRole.PROSPECT, reason="x", actor=SETTER)
    await floor.work()
    await floor.work()
    floor.world.clock.advance(timedelta(minutes=5))
    await floor.work()
    (booking, _) = await floor.deliveries(row.id)
    async with floor.env.uow() as tx:
        known = await tx.leads.get(lead)
    assert known is not None
    await floor.vendor.put_event(
        ANY, build_event(row, known, booking, title=SharedText("x"), shared=SharedText(""), reader=MessageReader())
    )
    floor.world.clock.advance(timedelta(minutes=20))
    await floor.work()
    assert floor.vendor.events() == []
    assert [d.status for d in await floor.deliveries(row.id)] == ["superseded", "done"]


async def test_a_closer_who_has_left_does_not_keep_new_evidence_from_being_heard(floor: Floor) -> None:
    lead, handed = await floor.ready()
    assert handed.closer is not None
    await deactivate_rep(floor.env, handed.closer, actor=ADMIN)
    again = await floor.hand_over(lead, evidence=floor.evidence("authority"))
    assert again.closer not in (None, handed.closer)
    assert again.slots


# ── personal data ───────────────────────────────────────────────────────────────────────────────


async def test_a_gate_that_asks_about_a_person_leaves_no_trace_of_them(database_url: str) -> None:
    asking = {
        **POLICY,
        "gates": {"closing": {"require": ["qualified"], "when": {"field": "lead.email", "ends_with": "@acme.example"}}},
    }
    async with open_floor(database_url, policy=asking) as floor:
        lead = await floor.lead()
        handed = await floor.hand_over(lead)
        assert not handed.gate.passed
        await drain_holds(floor.env)
        for table in ("audit", "alerts", "gate_checks", "holds", "procrastinate_jobs"):
            found = await floor.world.rows(f"select t::text from {table} t")
            assert not [row for row in found if "@lead.example" in row[0]], table
        assert "@lead.example" not in english(handed.gate.summary)
        assert "@lead.example" not in str(handed.gate.failed_conditions)


async def test_a_calendar_that_can_be_read_again_starts_a_drain_of_the_holds(floor: Floor) -> None:
    lead = await waiting_for_a_closer(floor)
    asked = "select count(*) from procrastinate_jobs where task_name = 'holds.drain'"
    await floor.world.rows("delete from procrastinate_jobs where task_name = 'holds.drain'")
    floor.vendor.faults = {}
    floor.world.clock.advance(timedelta(minutes=6))
    await poll_calendars(floor.env)
    assert await floor.world.value(asked) == 1  # for all closers together
    assert await drain_holds(floor.env) == 1
    assert await closing_of(floor, lead) == 1

"""Leads are routed in the caller's transaction, and everything that follows is written with the decision."""

from typing import Any

import psycopg
import pytest

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.messages.message import as_written
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import DecisionOutcome, HoldReason
from support.floors.use_case_env import World

pytestmark = pytest.mark.anyio

READABLE = {key: CalendarState(readable=True) for key in ("anna", "ben", "clara")}


async def test_a_new_lead_gets_a_rep_a_decision_a_ledger_entry_and_an_audit_line(world: World) -> None:
    lead = await world.lead(lead__country="DE")
    routed = await world.route(lead)
    assert routed.decision.outcome is DecisionOutcome.ASSIGNED
    assert routed.rep is not None
    assert routed.rep.key in {"lena", "jonas", "sofia"}
    held = await world.rows(
        "select p.key, a.work, a.pool, a.decision_id from assignments a join reps p on p.id = rep_id"
    )
    assert [tuple(row) for row in held] == [(routed.rep.key, "qualification", "sdr-dach", routed.decision_id)]
    assert await world.value("select stage from leads") == "working"
    entry = await world.rows("select pool, seq, kind, decision_id, entry ->> 'rep' from ledger_entries")
    assert [tuple(row) for row in entry] == [("sdr-dach", 1, "assign", routed.decision_id, routed.rep.key)]
    assert (
        await world.value(
            "select count(*) from audit where action = 'lead.assigned' and reason ->> 'key' = 'reason.intake'"
        )
        == 1
    )
    assert await world.value("select record ->> 'rep' from decisions") == routed.rep.key


async def test_a_lead_that_nobody_may_take_is_held_with_a_reason_and_a_clock(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    routed = await world.route(lead)
    assert routed.decision.hold_reason is HoldReason.NO_RULE
    assert routed.assignment_id is None
    held = await world.rows("select lead_id, reason, due_at - held_at from holds where released_at is null")
    assert [(row[0], row[1], row[2].total_seconds()) for row in held] == [(lead, "no-rule", 4 * 3600)]
    assert await world.value("select stage from leads") == "held"


async def test_a_nurtured_lead_is_given_to_nobody_and_may_come_back(world: World) -> None:
    lead = await world.lead(lead__source="newsletter")
    routed = await world.route(lead)
    assert routed.decision.outcome is DecisionOutcome.NURTURE
    assert await world.value("select count(*) from assignments") == 0
    (row,) = await world.rows("select stage, nurture_cause, nurture_since = updated_at, nurture_until from leads")
    assert tuple(row) == ("nurture", "rule", True, None)


async def test_a_lead_with_a_pass_goes_to_a_closer_and_leaves_the_sdr(world: World) -> None:
    lead = await world.lead(lead__country="DE", company__employees=120)
    first = await world.route(lead)
    check = await world.pass_gate(lead)
    routed = await world.route(lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check, calendars=READABLE)
    assert first.rep is not None
    assert first.rep.role.name == "SDR"
    assert routed.rep is not None
    assert routed.rep.role.name == "Closer"
    rows = await world.rows(
        "select p.key, a.work, a.gate_check_id, a.ended_at is null, a.end_reason"
        " from assignments a join reps p on p.id = a.rep_id order by a.assigned_at"
    )
    assert [tuple(row) for row in rows] == [
        (first.rep.key, "qualification", None, False, "handover"),
        (routed.rep.key, "closing", check, True, None),
    ]


async def test_without_a_pass_the_closing_rule_is_passed_over(world: World) -> None:
    lead = await world.lead(lead__country="DE", company__employees=120)
    routed = await world.route(lead, purpose=Work.CLOSING, trigger="handover", calendars=READABLE)
    assert routed.decision.hold_reason is HoldReason.GATE_CLOSED
    assert await world.value("select count(*) from assignments") == 0


async def test_a_check_that_is_not_the_given_one_opens_no_gate(world: World) -> None:
    lead = await world.lead(company__employees=120)
    await world.pass_gate(lead)
    routed = await world.route(
        lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=world.env.new_id(), calendars=READABLE
    )
    assert routed.decision.hold_reason is HoldReason.GATE_CLOSED


async def test_a_closer_whose_calendar_cannot_be_read_is_not_free(world: World) -> None:
    lead = await world.lead(company__employees=120)
    check = await world.pass_gate(lead)
    states = READABLE | {
        "anna": CalendarState(readable=False, reason=as_written("no answer")),
        "ben": CalendarState(readable=False),
    }
    routed = await world.route(lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check, calendars=states)
    assert routed.rep is not None
    assert routed.rep.key == "clara"


async def test_a_held_lead_that_is_taken_has_its_hold_released(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    await world.route(lead)
    await world.rows('update leads set facts = \'{"lead.country": "AT"}\'')
    routed = await world.route(lead, trigger="drain")
    assert routed.rep is not None
    assert await world.value("select release from holds") == "assigned"


async def test_asking_again_without_news_writes_no_second_decision(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    first = await world.route(lead)
    again = await world.route(lead, trigger="drain")
    assert (again.changed, again.decision_id) == (False, first.decision_id)
    assert await world.value("select count(*) from decisions") == 1


async def test_a_lead_held_twice_keeps_its_place_in_the_queue(world: World) -> None:
    lead = await world.lead(lead__country="FR")
    await world.route(lead)
    held_at = await world.value("select held_at from holds")
    second = await world.route(lead)
    rows = await world.rows("select decision_id, held_at, released_at from holds")
    assert [tuple(row) for row in rows] == [(second.decision_id, held_at, None)]


async def test_news_about_a_lead_that_waits_for_a_closer_does_not_send_it_back_to_an_sdr(world: World) -> None:
    lead = await world.lead(lead__country="DE", company__employees=120)
    check = await world.pass_gate(lead)
    await world.route(lead, purpose=Work.CLOSING, trigger="handover", gate_check_id=check)
    again = await world.route(lead)  # a form is sent again
    assert (again.decision.outcome, again.decision.work) == (DecisionOutcome.HELD, Work.CLOSING)
    await world.rows("update gate_checks set revoked_at = now()")
    back = await world.route(lead)
    assert (back.decision.outcome, back.decision.work) == (DecisionOutcome.ASSIGNED, Work.QUALIFICATION)


async def test_the_hot_path_is_four_statements_after_the_lock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.route(await world.lead(lead__country="DE"))  # caches and the ledger row exist from here on
    lead = await world.lead(lead__country="DE")
    said: list[object] = []
    execute = psycopg.AsyncCursor.execute  # what SQLAlchemy's statements and our own hot ones both come through

    async def heard(self: Any, query: Any, *rest: Any, **options: Any) -> Any:
        said.append(query)
        return await execute(self, query, *rest, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", heard)
    await world.route(lead)
    monkeypatch.undo()
    assert len(said) == 6, said  # two to lock the lead and then read it; the last owes CRMs the lead's record

"""Every act on an appointment does what its row of the table says, in every state, and nothing where it is not allowed."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import (
    TRANSITIONS,
    AppointmentAction,
    AppointmentStatus,
    CalendarOp,
    CreditEffect,
    GateEffect,
    LeadFollowUp,
    MeetingOutcome,
    RejectCode,
    Transition,
    allowed_actions,
)
from pointsman.domain.errors import Conflict, Invalid, NotFound, RoleProtected
from pointsman.domain.permissions.callers import SCOPES_FOR_WORK, CallerKind
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.reps import Caps
from pointsman.services.appointments.actions import confirm, mark_attended, mark_no_show, set_outcome
from pointsman.services.appointments.overdue import alert_missing_results, lapse_requests
from pointsman.services.booking.book import book
from pointsman.services.booking.slots import slots_for_lead
from pointsman.services.holds.drain import drain_due_holds
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import Actor
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.ledger import restore_turn, reverse_turn_of
from pointsman.services.routing.ledger_audit import verify_all_ledgers
from support.floors.appointment_states import DO, STATES, Seen, State, appointment_in, cancelled, decided, rejected
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import POLICY
from support.wording import english

pytestmark = pytest.mark.anyio

ROWS = {(row.action, str(row.case)): row for row in TRANSITIONS}

#: Saying again what is so already is harmless.
SAID = {
    "confirmed": {(AppointmentAction.CONFIRM, "")},
    "confirmed, past": {(AppointmentAction.CONFIRM, "")},
    "accepted": {(AppointmentAction.CONFIRM, ""), (AppointmentAction.ACCEPT, "")},
    "accepted, past": {(AppointmentAction.CONFIRM, ""), (AppointmentAction.ACCEPT, "")},
    "attended": {(AppointmentAction.ATTENDED, "")},
    "attended, accepted": {(AppointmentAction.ATTENDED, ""), (AppointmentAction.ACCEPT, "")},
    "attended, won": {(AppointmentAction.ATTENDED, ""), (AppointmentAction.OUTCOME, "won")},
    "attended, lost": {(AppointmentAction.ATTENDED, ""), (AppointmentAction.OUTCOME, "lost")},
    "attended, later": {(AppointmentAction.ATTENDED, ""), (AppointmentAction.OUTCOME, "later")},
    "no-show": {(AppointmentAction.NO_SHOW, "")},
    "cancelled": {key for key in DO if key[0] is AppointmentAction.CANCEL},
    "rejected": {(AppointmentAction.REJECT, "wrong_segment")},
}

#: Where each act may be done; the first one is where it mostly is.
FROM = {
    AppointmentAction.CONFIRM: ("requested",),
    AppointmentAction.CANCEL: ("confirmed", "requested", "confirmed, past", "accepted"),
    AppointmentAction.ACCEPT: ("confirmed", "confirmed, past", "attended"),
    AppointmentAction.REJECT: ("confirmed", "requested", "confirmed, past", "attended"),
    AppointmentAction.ATTENDED: ("confirmed, past", "requested, past", "accepted, past"),
    AppointmentAction.NO_SHOW: ("confirmed, past", "requested, past", "accepted, past"),
    AppointmentAction.OUTCOME: ("attended", "attended, accepted", "attended, later"),
}
ALLOWED = [(key, state) for key in DO for state in FROM[key[0]] if key not in SAID.get(state, ())]


@pytest.mark.parametrize(
    ("key", "state"), ALLOWED, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
async def test_an_allowed_act_does_exactly_what_its_row_says(
    floor: Floor, key: tuple[AppointmentAction, str], state: str
) -> None:
    row = await appointment_in(floor, STATES[state])
    before = await Seen.of(floor, row)
    await DO[key](floor, row.id)
    after = await Seen.of(floor, row)
    past = floor.env.clock() >= row.ends_at
    _as_the_row_says(ROWS[key], before, after, past=past)
    assert after.events == (*before.events, key[0].value)
    assert after.audited == before.audited + 1
    assert all(found.agrees for found in await verify_all_ledgers(floor.env))
    await floor.work_out()
    events = [event for event in floor.vendor.events() if str(row.id) in event.key]
    assert len(events) == (0 if after.owed[-1] == "drop" else _events_of(after, past=past))


def _events_of(after: Seen, *, past: bool) -> int:
    """An event that was never put before a meeting was rejected or called off has nothing to make any more."""
    return 0 if past and after.status in ("cancelled", "rejected") else 1


def _as_the_row_says(effect: Transition, before: Seen, after: Seen, *, past: bool) -> None:
    assert after.status == (effect.status or before.status)
    assert after.owned == (1 if after.status in ("requested", "confirmed", "attended") else 0)
    assert after.turns_back == (1 if effect.credit is CreditEffect.GIVEN_BACK else before.turns_back)
    assert (after.open_passes > 0) == (before.open_passes > 0 and effect.gate is not GateEffect.REVOKED)
    told = {CalendarOp.MOVE: ("put",), CalendarOp.CANCEL: ("drop",)}.get(effect.calendar_op, ())
    owed = () if past else told
    assert after.owed == (*before.owed, *owed)
    assert after.sequence == before.sequence + len(told)  # for the invitation, also when it is over
    _lead_as_the_row_says(effect, before, after)


def _lead_as_the_row_says(effect: Transition, before: Seen, after: Seen) -> None:
    match effect.follow_up:
        case LeadFollowUp.STAYS:
            assert (after.stage, after.holder, after.work) == (before.stage, before.holder, before.work)
        case LeadFollowUp.WITH_CLOSER:
            assert (after.stage, after.holder, after.work) == ("closing", before.holder, "closing")
        case LeadFollowUp.ANOTHER_CLOSER:
            assert (after.stage, after.work) == ("closing", "closing")
            assert after.holder not in (None, before.holder)
        case LeadFollowUp.QUALIFICATION:
            assert (after.stage, after.work) == ("working", "qualification")
        case LeadFollowUp.NURTURE:
            assert (after.stage, after.holder) == ("nurture", None)
            assert after.nurture_until is not None
        case LeadFollowUp.WON | LeadFollowUp.CLOSED:
            assert (after.stage, after.holder) == (effect.follow_up.value, None)
        case _:
            raise AssertionError(effect)


@pytest.mark.parametrize("state", STATES)
async def test_whatever_is_not_allowed_is_refused_with_what_is_and_changes_nothing(floor: Floor, state: str) -> None:
    row = await appointment_in(floor, STATES[state])
    before = await Seen.of(floor, row)
    allowed = allowed_actions(row.state, floor.env.clock())
    for key, do in DO.items():
        if key in SAID.get(state, ()):
            said = await do(floor, row.id)
            assert said.status == before.status
        elif key[0] not in allowed:
            with pytest.raises(Conflict) as caught:
                await do(floor, row.id)
            assert caught.value.code == "action-not-allowed", key
            appointment = {"id": str(row.id), "status": before.status}
            assert caught.value.extra == {"appointment": appointment, "allowed_actions": [str(act) for act in allowed]}
            assert all(act in str(caught.value) for act in allowed)
        assert await Seen.of(floor, row) == before, key


@pytest.mark.parametrize("state", STATES)
async def test_what_the_tests_call_allowed_is_what_the_table_allows(floor: Floor, state: str) -> None:
    row = await appointment_in(floor, STATES[state])
    listed = set(allowed_actions(row.state, floor.env.clock())) - {
        AppointmentAction.RESCHEDULE,
        AppointmentAction.REASSIGN,
    }
    claimed = {key[0] for key, where in ALLOWED if where == state}
    assert claimed <= listed


async def test_nobody_sees_or_changes_what_is_not_theirs(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    partner = Actor(name="key:p", kind=CallerKind.PARTNER, supplier="callwerk", scopes=SCOPES_FOR_WORK)
    with pytest.raises(NotFound):
        await confirm(floor.env, row.id, actor=partner)
    with pytest.raises(NotFound):
        await set_outcome(floor.env, row.id, outcome=MeetingOutcome.WON, return_on=None, actor=partner)
    with pytest.raises(NotFound):
        await cancelled(floor, uuid4(), ActorRole.SETTER)


async def test_a_request_is_not_confirmed_once_the_gate_has_shut(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["requested"])
    await floor.hand_over(row.lead_id, evidence=floor.evidence("need", affirmed=False))
    before = await Seen.of(floor, row)
    with pytest.raises(RoleProtected) as caught:
        await confirm(floor.env, row.id, actor=SETTER)
    assert caught.value.code == "gate-closed"
    assert await Seen.of(floor, row) == before


async def test_fresh_evidence_lets_a_request_be_confirmed_again(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["requested"])
    await floor.world.rows("update gate_checks set revoked_at = now() where lead_id = :id", id=row.lead_id)
    with pytest.raises(RoleProtected):
        await confirm(floor.env, row.id, actor=SETTER)
    floor.world.clock.advance(timedelta(hours=2))
    await floor.hand_over(row.lead_id)
    assert (await confirm(floor.env, row.id, actor=SETTER)).status == AppointmentStatus.CONFIRMED


async def test_a_lead_that_no_other_closer_may_have_waits_and_does_not_go_back(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    held = {row.rep_key}
    while len(held) < 3:
        await rejected(floor, row.id, RejectCode.WRONG_SEGMENT)
        async with floor.env.uow() as tx:
            now_held = await tx.decisions.current_assignment(row.lead_id)
        assert now_held is not None
        assert now_held.rep not in held
        held.add(now_held.rep)
        offer = await floor.hand_over(row.lead_id)
        row = await book(floor.env, row.lead_id, offer.slots[0].start, actor=SETTER)
    await rejected(floor, row.id, RejectCode.WRONG_SEGMENT)
    seen = await Seen.of(floor, row)
    assert (seen.stage, seen.holder) == ("held", None)
    again = await floor.hand_over(row.lead_id)
    assert again.closer is None


async def test_a_rejection_moves_no_lead_that_is_elsewhere_by_now(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended"])
    await floor.hand_over(row.lead_id, evidence=floor.evidence("need", affirmed=False))
    before = await Seen.of(floor, row)
    assert before.holder != row.rep_key
    await rejected(floor, row.id, RejectCode.NOT_QUALIFIED)
    after = await Seen.of(floor, row)
    assert (after.stage, after.holder, after.status) == (before.stage, before.holder, "rejected")
    assert after.turns_back == 1


async def put_off_and_back(floor: Floor, *, closing: bool) -> AppointmentRow:
    """The first appointment of a lead that was put off and came back: with an SDR, or on a new pass with another closer."""
    row = await appointment_in(floor, STATES["attended, later"])
    floor.world.clock.advance(timedelta(days=31))
    assert await return_nurtured_leads(floor.env) == 1
    if closing:
        handed = await floor.hand_over(row.lead_id)
        assert handed.closer not in (None, row.rep_key)
    return row


@pytest.mark.parametrize("closing", [True, False])
@pytest.mark.parametrize("outcome", [MeetingOutcome.LOST, MeetingOutcome.LATER])
async def test_a_late_word_on_an_old_meeting_takes_no_lead_that_came_back_since(
    floor: Floor, outcome: MeetingOutcome, closing: bool
) -> None:
    row = await put_off_and_back(floor, closing=closing)
    before = await Seen.of(floor, row)
    until = floor.env.clock().date() + timedelta(days=60) if outcome is MeetingOutcome.LATER else None
    await set_outcome(floor.env, row.id, outcome=outcome, return_on=until, actor=SETTER)
    after = await Seen.of(floor, row)
    assert (after.stage, after.holder, after.open_passes) == (before.stage, before.holder, int(closing))
    assert after.events[-1] == "outcome"
    if closing:  # nor is the new evidence used up
        assert (await floor.hand_over(row.lead_id, evidence=[])).gate.passed


async def test_a_purchase_at_an_old_meeting_is_a_purchase_whoever_has_the_lead(floor: Floor) -> None:
    row = await put_off_and_back(floor, closing=True)
    await decided(floor, row.id, MeetingOutcome.WON)
    after = await Seen.of(floor, row)
    assert (after.stage, after.holder, after.open_passes) == ("won", None, 0)


@pytest.mark.parametrize("code", [RejectCode.WRONG_BUYER, RejectCode.WRONG_VALUE, RejectCode.NOT_QUALIFIED])
async def test_what_a_closer_rejected_is_not_handed_over_again_on_the_same_evidence(
    floor: Floor, code: RejectCode
) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    told = floor.evidence()  # observed before, sent only afterwards
    floor.world.clock.advance(timedelta(minutes=5))
    await rejected(floor, row.id, code)
    floor.world.clock.advance(timedelta(minutes=5))
    for evidence in (floor.evidence("need"), told, []):
        again = await floor.hand_over(row.lead_id, evidence=evidence)
        assert (again.gate.passed, again.gate.refused, again.stage) == (False, (), "working")
    assert {english(missing.why).partition(" on ")[0] for missing in again.gate.missing} == {
        "intent to buy expired",
        "knowledge of the offer expired",
    }
    passed = await floor.hand_over(row.lead_id)  # the same words, said anew
    assert passed.gate.passed


async def test_a_survivor_cannot_be_handed_over_on_evidence_rejected_for_the_merged_lead(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended"])
    await rejected(floor, row.id, RejectCode.WRONG_BUYER)
    floor.world.clock.advance(timedelta(minutes=5))
    survivor = await floor.lead()
    await merge_leads(floor.env, row.lead_id, into=survivor, reason="same person", actor=SETTER)
    assert not (await floor.hand_over(survivor, evidence=[])).gate.passed
    assert (await floor.hand_over(survivor)).gate.passed


async def test_no_lead_leaves_its_closer_while_another_appointment_stands(floor: Floor) -> None:
    first = await appointment_in(floor, STATES["attended"])
    offer = await floor.hand_over(first.lead_id)
    second = await book(floor.env, first.lead_id, offer.slots[-1].start, actor=SETTER)
    before = await Seen.of(floor, first)
    for do in (
        lambda: decided(floor, first.id, MeetingOutcome.LOST),
        lambda: rejected(floor, first.id, RejectCode.DUPLICATE),
        lambda: rejected(floor, first.id, RejectCode.WRONG_SEGMENT),
    ):
        with pytest.raises(Conflict) as caught:
            await do()
        assert caught.value.code == "has-appointment"
        assert f"with {second.rep_key.capitalize()} on " in str(caught.value)
        assert " UTC" not in str(caught.value)
    assert await Seen.of(floor, first) == before
    await cancelled(floor, second.id, ActorRole.CLOSER)
    assert (await decided(floor, first.id, MeetingOutcome.LOST)).outcome == "lost"


async def test_later_brings_the_lead_back_from_the_day_that_was_named(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended"])
    today = floor.env.clock().date()
    await set_outcome(
        floor.env, row.id, outcome=MeetingOutcome.LATER, return_on=today + timedelta(days=90), actor=SETTER
    )
    seen = await Seen.of(floor, row)
    assert seen.nurture_until.date() in (today + timedelta(days=89), today + timedelta(days=90))  # midnight in Berlin
    again = await set_outcome(
        floor.env, row.id, outcome=MeetingOutcome.LATER, return_on=today + timedelta(days=90), actor=SETTER
    )
    assert (await Seen.of(floor, row)) == seen
    assert again.outcome == "later"
    await set_outcome(
        floor.env, row.id, outcome=MeetingOutcome.LATER, return_on=today + timedelta(days=30), actor=SETTER
    )
    assert (await Seen.of(floor, row)).nurture_until < seen.nurture_until


@pytest.mark.parametrize("met", [True, False])
async def test_a_lead_that_was_put_off_comes_back_on_the_day_without_any_news(floor: Floor, met: bool) -> None:
    if not met:
        await floor.world.publish({**POLICY, "nurture": {"re_enter": {"field": "lead.score", "gte": 70}}})
    row, lost = [await appointment_in(floor, STATES["attended"]) for _ in range(2)]
    day = floor.env.clock().date() + timedelta(days=3)
    await set_outcome(floor.env, row.id, outcome=MeetingOutcome.LATER, return_on=day, actor=SETTER)
    await decided(floor, lost.id, MeetingOutcome.LOST)
    assert await return_nurtured_leads(floor.env) == 0
    floor.world.clock.advance(timedelta(days=3))
    assert await return_nurtured_leads(floor.env) == int(met)
    seen = await Seen.of(floor, row)
    assert (seen.stage, seen.work) == (("working", "qualification") if met else ("nurture", None))
    floor.world.clock.advance(timedelta(days=300))
    assert await return_nurtured_leads(floor.env) == 0  # nor again, nor anybody else
    assert (await Seen.of(floor, lost)).stage == "nurture"
    assert await Seen.of(floor, row) == seen


@pytest.mark.parametrize(
    ("outcome", "again_on"),
    [
        (MeetingOutcome.LATER, date(2020, 1, 1)),
        (MeetingOutcome.LATER, date(1, 1, 1)),
        (MeetingOutcome.LATER, date(9999, 12, 31)),
        (MeetingOutcome.WON, date(2027, 6, 1)),
    ],
)
async def test_a_day_that_makes_no_sense_is_refused(floor: Floor, outcome: MeetingOutcome, again_on: date) -> None:
    row = await appointment_in(floor, STATES["attended"])
    with pytest.raises(Invalid) as caught:
        await set_outcome(floor.env, row.id, outcome=outcome, return_on=again_on, actor=SETTER)
    assert [fault.path for fault in caught.value.faults] == ["body.again_on"]


async def test_a_buyer_is_a_customer_and_news_of_them_are_a_customers(floor: Floor) -> None:
    given = LeadInput(email="kim@acme.example", facts={"lead.country": "DE", "company.employees": 120})
    lead_id = (await submit_lead(floor.env, given, actor=SETTER)).lead.id
    handed = await floor.hand_over(lead_id)
    row = await book(floor.env, lead_id, handed.slots[0].start, actor=SETTER)
    floor.world.clock.advance(row.ends_at - floor.env.clock())
    await mark_attended(floor.env, row.id, actor=SETTER)
    await decided(floor, row.id, MeetingOutcome.WON)
    status = "select a.status from accounts a join leads l on l.account_id = a.id where l.id = :id"
    assert await floor.world.value(status, id=lead_id) == "customer"
    assert await floor.world.value("select count(*) from audit where action = 'account.became-customer'") == 1
    news = await submit_lead(floor.env, given, actor=SETTER)
    assert news.routed is not None
    assert (news.routed.decision.rep, news.routed.decision.work) == ("eva", "customer_service")


async def test_a_buyer_without_a_company_is_a_customer_all_the_same(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended, won"])
    email = await floor.world.value("select email from leads where id = :id", id=row.lead_id)
    await floor.world.rows("update leads set account_id = null where id = :id", id=row.lead_id)
    news = await submit_lead(floor.env, LeadInput(email=email), actor=SETTER)
    assert news.routed is not None
    assert news.routed.decision.rep == "eva"


async def test_a_closed_duplicate_comes_back_like_a_new_lead(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    await rejected(floor, row.id, RejectCode.DUPLICATE)
    email = await floor.world.value("select email from leads where id = :id", id=row.lead_id)
    given = LeadInput(email=email, facts={"lead.country": "DE"})
    news = await submit_lead(floor.env, given, actor=SETTER)
    assert news.lead.id == row.lead_id
    assert news.routed is not None
    assert news.routed.decision.work == "qualification"


async def test_an_outcome_of_a_merged_lead_reaches_who_the_lead_is_now(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended"])
    await cancel_the_assignment(floor, row.lead_id)
    other = await floor.lead()
    await merge_leads(floor.env, row.lead_id, into=other, reason="same person", actor=SETTER)
    await decided(floor, row.id, MeetingOutcome.WON)
    assert await floor.world.value("select stage from leads where id = :id", id=other) == "won"


@pytest.mark.parametrize(
    "key",
    [(AppointmentAction.OUTCOME, "lost"), (AppointmentAction.OUTCOME, "won"), (AppointmentAction.REJECT, "duplicate")],
)
async def test_a_lead_that_waits_for_room_is_tried_at_once_when_a_closer_is_done_with_another(
    database_url: str, key: tuple[AppointmentAction, str]
) -> None:
    async with open_floor(database_url, caps=Caps(open_load=1)) as floor:
        row = await appointment_in(floor, STATES["attended"])
        for _ in range(2):
            await floor.ready()
        waiting, handed = await floor.ready()
        assert handed.closer is None
        woken = "select next_try_at <= :now from holds where lead_id = :id and released_at is null"
        assert not await floor.world.value(woken, id=waiting, now=floor.env.clock())
        await DO[key](floor, row.id)
        assert await floor.world.value(woken, id=waiting, now=floor.env.clock()) is True
        assert await drain_due_holds(floor.env) == 1
        assert await floor.world.value("select stage from leads where id = :id", id=waiting) == "closing"


@pytest.mark.parametrize("won", ["survivor", "other"])
async def test_a_customer_stays_a_customer_through_a_merge(floor: Floor, won: str) -> None:
    row = await appointment_in(floor, STATES["attended, won"])
    new = await floor.lead()
    lead, into = (new, row.lead_id) if won == "survivor" else (row.lead_id, new)
    merged = await merge_leads(floor.env, lead, into=into, reason="same person", actor=SETTER)
    assert (merged.survivor.stage, merged.holder) == ("won", None)


async def test_nobody_goes_on_prospecting_who_turns_out_to_have_bought(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended, won"])
    cold = await floor.world.lead(lead__country="DE")
    await floor.world.route(cold)
    merged = await merge_leads(floor.env, cold, into=row.lead_id, reason="same person", actor=SETTER)
    assert merged.holder == "eva"


async def cancel_the_assignment(floor: Floor, lead_id: Any) -> None:
    await floor.world.rows("update assignments set ended_at = now(), end_reason = 'x' where lead_id = :id", id=lead_id)


async def test_a_request_that_nobody_confirms_in_time_lapses_once_with_an_alert(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["requested"])
    assert await lapse_requests(floor.env) == 0
    floor.world.clock.advance(row.starts_at - floor.env.clock())
    before = await Seen.of(floor, row)
    assert await lapse_requests(floor.env) == 1
    after = await Seen.of(floor, row)
    _as_the_row_says(ROWS[AppointmentAction.LAPSE, ""], before, after, past=False)
    assert after.events[-1] == "lapse"
    assert await lapse_requests(floor.env) == 0
    assert await open_alerts(floor) == [("request-lapsed", f"lead:{row.lead_id}")]
    offer = await floor.hand_over(row.lead_id)
    await book(floor.env, row.lead_id, offer.slots[0].start, actor=SETTER)
    assert await open_alerts(floor) == []


@pytest.mark.parametrize("state", [name for name in STATES if not name.startswith("requested")])
async def test_nothing_but_a_late_request_lapses(floor: Floor, state: str) -> None:
    row = await appointment_in(floor, STATES[state])
    floor.world.clock.advance(timedelta(days=8))
    before = await Seen.of(floor, row)
    assert await lapse_requests(floor.env) == 0
    assert await Seen.of(floor, row) == before


async def test_a_past_appointment_without_a_result_is_asked_about_until_it_has_one(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["confirmed, past"])
    assert await alert_missing_results(floor.env) == 0
    floor.world.clock.advance(timedelta(hours=24))
    assert await alert_missing_results(floor.env) == 1
    assert await alert_missing_results(floor.env) == 0
    assert await open_alerts(floor) == [("result-overdue", f"appointment:{row.id}")]
    await mark_no_show(floor.env, row.id, actor=SETTER)
    assert await open_alerts(floor) == []
    assert await alert_missing_results(floor.env) == 0


async def open_alerts(floor: Floor) -> list[tuple[str, str]]:
    rows = await floor.world.rows("select code, subject from alerts where resolved_at is null")
    return [(row.code, row.subject) for row in rows]


async def test_fault_12_a_no_show_does_not_count(floor: Floor) -> None:
    """cal#15309: the rep's turn is as if it had never been taken, and the meeting is none of theirs."""
    balances = "select ledger -> 'balances' from pool_ledgers where pool = 'closers-mid-market'"
    row = await appointment_in(floor, STATES["confirmed, past"])
    assert any(value != "0" for value in (await floor.world.value(balances)).values())
    await mark_no_show(floor.env, row.id, actor=SETTER)
    assert all(value == "0" for value in (await floor.world.value(balances)).values())
    async with floor.env.uow() as tx:
        around = Interval(row.starts_at - timedelta(days=1), row.ends_at + timedelta(days=1))
        assert await tx.appointments.count_by_rep([row.rep_id], around) == {row.rep_id: 0}


async def test_fault_12_booked_again_after_a_no_show_the_turn_counts_again(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["no-show"])
    assert (await Seen.of(floor, row)).turns_back == 1
    offer = await floor.hand_over(row.lead_id)
    assert offer.closer == row.rep_key
    again = await book(floor.env, row.lead_id, offer.slots[0].start, actor=SETTER)
    assert (await Seen.of(floor, again)).turns_back == 0
    assert all(found.agrees for found in await verify_all_ledgers(floor.env))


async def test_a_turn_whose_meeting_was_attended_is_used_up_whatever_becomes_of_the_next_one(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["attended"])
    offer = await slots_for_lead(floor.env, row.lead_id)
    second = await book(floor.env, row.lead_id, offer.slots[0].start, actor=SETTER)
    assert second.assignment_id == row.assignment_id
    await cancelled(floor, second.id, ActorRole.PROSPECT)
    assert (await Seen.of(floor, second)).turns_back == 0


async def test_fault_33_a_meeting_that_was_made_to_be_counted_counts_for_nobody(floor: Floor) -> None:
    """SDRs game meeting counts: the closer's word undoes the pass, the turn and the count, and stays beside the setter."""
    row = await appointment_in(floor, STATES["attended"])
    await rejected(floor, row.id, RejectCode.NOT_QUALIFIED)
    seen = await Seen.of(floor, row)
    assert (seen.turns_back, seen.open_passes, seen.work) == (1, 0, "qualification")
    stored = await floor.world.rows(
        "select a.reject_code, p.key from appointments a join reps p on p.id = a.setter_rep_id where a.id = :id",
        id=row.id,
    )
    assert tuple(stored[0]) == ("not_qualified", "lena")


async def test_fault_3_a_request_owns_its_time_so_that_confirming_it_cannot_book_twice(floor: Floor) -> None:
    """cal#29968: a slot was free until it was confirmed."""
    row = await appointment_in(floor, STATES["requested"])
    for _ in range(6):
        other, handed = await floor.ready()
        if handed.closer == row.rep_key:
            break
    with pytest.raises(Conflict):
        await book(floor.env, other, row.starts_at, actor=SETTER)
    assert (await confirm(floor.env, row.id, actor=SETTER)).status == AppointmentStatus.CONFIRMED
    overlaps = (
        "select count(*) from reservations a join reservations b on a.rep_id = b.rep_id and a.id < b.id"
        " and a.active and b.active and a.during && b.during"
    )
    assert await floor.world.value(overlaps) == 0


async def test_a_turn_can_be_given_back_and_taken_again_any_number_of_times(floor: Floor) -> None:
    _, handed = await floor.ready()
    assert handed.routing is not None
    decision_id = handed.routing.decision_id
    balances = "select ledger -> 'balances' from pool_ledgers where pool = 'closers-mid-market'"
    with_it = await floor.world.value(balances)
    without: Any = None
    for _ in range(3):
        async with floor.env.uow() as tx:
            assert await restore_turn(floor.env, tx, decision_id, "x") is False
            assert await reverse_turn_of(floor.env, tx, decision_id, "x") is True
            assert await reverse_turn_of(floor.env, tx, decision_id, "x") is False
        given_back = await floor.world.value(balances)
        assert without in (None, given_back)
        without = given_back
        async with floor.env.uow() as tx:
            assert await restore_turn(floor.env, tx, decision_id, "x") is True
        assert await floor.world.value(balances) == with_it
        assert all(found.agrees for found in await verify_all_ledgers(floor.env))
    assert with_it != without


def test_every_row_that_callers_may_ask_for_is_done_here() -> None:
    elsewhere = {
        AppointmentAction.BOOK,
        AppointmentAction.RESCHEDULE,
        AppointmentAction.REASSIGN,
        AppointmentAction.LAPSE,
    }
    assert set(DO) == {(row.action, str(row.case)) for row in TRANSITIONS if row.action not in elsewhere}
    assert isinstance(STATES["confirmed"], State)

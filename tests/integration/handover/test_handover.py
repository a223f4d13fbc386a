"""Hand-over: what passes, what does not, and what becomes of the lead either way."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.domain.errors import Invalid, NotFound
from pointsman.domain.permissions.callers import CallerKind, Scope
from pointsman.services.holds.drain import drain_holds
from pointsman.services.ports import Actor, VendorRetryableError
from support.floors.booking_floor import SETTER, Floor
from support.floors.use_case_env import SENDER
from support.wording import english, english_of, english_sentence

pytestmark = pytest.mark.anyio


async def test_a_lead_with_all_evidence_goes_to_a_closer_and_comes_back_with_slots(floor: Floor) -> None:
    lead_id = await floor.lead()
    await floor.world.route(lead_id, purpose=None, actor=SENDER)
    result = await floor.hand_over(lead_id)
    assert result.gate.passed
    assert result.closer in {"anna", "ben", "clara"}
    assert len(result.slots) == 6
    assert result.slots[0].rep == result.closer
    assert result.stage == "closing"
    assert result.setter == "lena"


async def test_the_answer_to_a_pass_is_what_the_database_says(floor: Floor) -> None:
    lead_id, result = await floor.ready()
    rows = await floor.world.rows(
        "select r.key, a.work, g.passed, s.key as setter from assignments a join reps r on r.id = a.rep_id"
        " join gate_checks g on g.id = a.gate_check_id join reps s on s.id = g.setter_rep_id"
        " where a.lead_id = :lead and a.ended_at is null",
        lead=lead_id,
    )
    assert [tuple(row) for row in rows] == [(result.closer, "closing", True, "lena")]


async def test_the_sdr_who_held_the_lead_is_on_record_when_nobody_is_named(floor: Floor) -> None:
    lead_id = await floor.world.lead(lead__country="DE", company__employees=10)
    routed = await floor.world.route(lead_id)
    assert routed.rep is not None
    await floor.world.rows("update leads set facts = '{\"company.employees\": 100}' where id = :id", id=lead_id)
    result = await floor.hand_over(lead_id, setter=None)
    assert result.setter == routed.rep.key
    ended = await floor.world.rows(
        "select end_reason from assignments where lead_id = :lead and ended_at is not null", lead=lead_id
    )
    assert [row.end_reason for row in ended] == ["handed-over"]


async def test_missing_evidence_is_named_with_how_to_mend_it_and_the_lead_stays(floor: Floor) -> None:
    lead_id = await floor.world.lead(lead__country="DE")
    routed = await floor.world.route(lead_id)
    assert routed.rep is not None
    result = await floor.hand_over(lead_id, evidence=floor.evidence("need"))
    assert not result.gate.passed
    assert [item.what for item in result.gate.missing] == ["motivated", "educated"]
    assert "send evidence" in english(result.gate.missing[0].how)
    assert english_sentence(result.what_happens) == f"The lead stays with {routed.rep.name} for qualification."
    held = await floor.world.value(
        "select r.key from assignments a join reps r on r.id = a.rep_id where lead_id = :lead and ended_at is null",
        lead=lead_id,
    )
    assert held == routed.rep.key


async def test_evidence_adds_up_over_several_calls(floor: Floor) -> None:
    lead_id = await floor.lead()
    for name in ("need", "intent"):
        result = await floor.hand_over(lead_id, evidence=floor.evidence(name))
        assert not result.gate.passed
    assert (await floor.hand_over(lead_id, evidence=floor.evidence("offer_known"))).gate.passed


async def test_a_no_sends_the_lead_to_nurture_in_the_same_transaction(floor: Floor) -> None:
    lead_id = await floor.world.lead(lead__country="DE")
    await floor.world.route(lead_id)
    evidence = [*floor.evidence("need", "offer_known"), *floor.evidence("intent", affirmed=False)]
    now = floor.world.clock.freeze()
    result = await floor.hand_over(lead_id, evidence=evidence)
    assert not result.gate.passed
    assert [item.what for item in result.gate.refused] == ["motivated"]
    row = (await floor.world.rows("select stage, nurture_until, nurture_reason from leads where id = :id", id=lead_id))[
        0
    ]
    assert (row.stage, row.nurture_until) == ("nurture", result.nurture_until)
    assert english_of(row.nurture_reason) == "the gate stayed shut"
    assert row.nurture_until == now + timedelta(days=30)
    assert not await floor.world.rows(
        "select 1 from assignments where lead_id = :lead and ended_at is null", lead=lead_id
    )


async def test_a_lead_from_nurture_with_too_little_evidence_goes_to_qualification(floor: Floor) -> None:
    lead_id = await floor.world.lead(lead__country="DE", lead__source="newsletter")
    await floor.world.route(lead_id)
    result = await floor.hand_over(lead_id, evidence=floor.evidence("need"))
    assert result.routing is not None
    assert result.routing.rep is not None
    assert result.routing.rep.key in {"lena", "jonas", "sofia"}


async def test_the_same_hand_over_twice_changes_nothing_more(floor: Floor) -> None:
    lead_id = await floor.lead()
    evidence = floor.evidence()
    first = await floor.hand_over(lead_id, evidence=evidence)
    again = await floor.hand_over(lead_id, evidence=evidence)
    assert (again.closer, again.check_id, again.routing) == (first.closer, first.check_id, None)
    assert again.slots
    assert await floor.world.value("select count(*) from evidence where lead_id = :lead", lead=lead_id) == 3
    assert await floor.world.value("select count(*) from assignments where lead_id = :lead", lead=lead_id) == 1


async def test_a_no_after_the_pass_takes_the_lead_from_the_closer(floor: Floor) -> None:
    lead_id, first = await floor.ready()
    later = floor.env.clock() + timedelta(seconds=1)
    result = await floor.hand_over(lead_id, evidence=floor.evidence("intent", affirmed=False, at=later))
    assert not result.gate.passed
    assert result.stage == "nurture"
    assert await floor.world.value("select revoked_at is not null from gate_checks where id = :id", id=first.check_id)


async def test_a_lead_with_an_appointment_keeps_it_whatever_new_evidence_says(floor: Floor) -> None:
    lead_id = await floor.lead()
    booked = await floor.hand_over(lead_id, at_earliest=True)
    assert booked.appointment is not None
    later = floor.env.clock() + timedelta(seconds=1)
    result = await floor.hand_over(lead_id, evidence=floor.evidence("intent", affirmed=False, at=later))
    assert not result.gate.passed
    assert "appointment" in english_sentence(result.what_happens)
    assert await floor.world.value("select status from appointments where lead_id = :lead", lead=lead_id) == "confirmed"


async def test_auto_book_takes_the_earliest_slot_of_the_window(floor: Floor) -> None:
    lead_id = await floor.lead()
    begin = floor.env.clock() + timedelta(days=3)
    window = Interval(begin, begin + timedelta(days=2))
    result = await floor.hand_over(lead_id, at_earliest=True, window=window)
    assert result.appointment is not None
    assert window.start <= result.appointment.starts_at < window.start + timedelta(days=1)
    assert result.appointment.setter_key == "lena"
    assert result.stage == "booked"


async def test_auto_book_in_a_window_without_slots_still_hands_over(floor: Floor) -> None:
    lead_id = await floor.lead()
    begin = floor.env.clock() + timedelta(days=300)
    result = await floor.hand_over(lead_id, at_earliest=True, window=Interval(begin, begin + timedelta(days=1)))
    assert result.appointment is None
    assert result.closer is not None
    assert result.slots


async def test_when_no_closer_can_be_read_the_lead_is_held_with_that_reason(floor: Floor) -> None:
    floor.vendor.faults = {f"{rep}-cal": VendorRetryableError("down") for rep in ("anna", "ben", "clara")}
    floor.world.clock.advance(timedelta(minutes=10))  # the readings made when the calendars were bound have aged
    lead_id = await floor.lead()
    result = await floor.hand_over(lead_id)
    assert result.gate.passed
    assert result.stage == "held"
    assert result.closer is None
    assert result.routing is not None
    assert {c.code for c in result.routing.decision.candidates} == {"calendar-unreadable"}


async def test_a_no_while_the_lead_waits_for_a_closer_ends_the_pass_and_the_wait(floor: Floor) -> None:
    floor.vendor.faults = {f"{rep}-cal": VendorRetryableError("down") for rep in ("anna", "ben", "clara")}
    floor.world.clock.advance(timedelta(minutes=10))
    lead_id = await floor.lead()
    assert (await floor.hand_over(lead_id)).stage == "held"
    later = floor.env.clock() + timedelta(seconds=1)
    await floor.hand_over(lead_id, evidence=floor.evidence("intent", affirmed=False, at=later))
    floor.vendor.faults = {}
    floor.world.clock.advance(timedelta(minutes=10))
    await drain_holds(floor.env)
    open_passes = "select count(*) from gate_checks where lead_id = :lead and passed and revoked_at is null"
    assert await floor.world.value(open_passes, lead=lead_id) == 0
    assert await floor.world.value("select stage from leads where id = :lead", lead=lead_id) == "nurture"
    assert await floor.world.value("select count(*) from assignments where lead_id = :lead", lead=lead_id) == 0


async def test_neither_a_closer_nor_an_unknown_setter_can_hand_over(floor: Floor) -> None:
    lead_id = await floor.lead()
    for setter in ("anna", "ghost"):
        with pytest.raises(Invalid) as caught:
            await floor.hand_over(lead_id, setter=setter)
        assert caught.value.faults[0].path == "body.setter"
    assert await floor.world.value("select count(*) from evidence") == 0


async def test_a_partner_hands_over_its_own_leads_alone(floor: Floor) -> None:
    scopes = frozenset({Scope.HANDOVER})
    partner = Actor(name="key:callwerk", kind=CallerKind.PARTNER, supplier="callwerk", scopes=scopes)
    foreign = await floor.lead()
    with pytest.raises(NotFound):
        await floor.hand_over(foreign, setter="mia", actor=partner)
    own = await floor.world.lead(lead__source="cold_list")
    await floor.world.route(own)
    await floor.world.rows("update leads set facts = '{\"company.employees\": 100}' where id = :id", id=own)
    with pytest.raises(Invalid):
        await floor.hand_over(own, setter="lena", actor=partner)
    assert (await floor.hand_over(own, setter="mia", actor=partner)).gate.passed


async def test_an_expired_gate_is_run_again_and_the_lead_is_routed_again(floor: Floor) -> None:
    lead_id, first = await floor.ready()
    floor.world.clock.advance(await time_left(floor, first.check_id) - timedelta(seconds=1))
    assert (await floor.hand_over(lead_id)).check_id == first.check_id
    floor.world.clock.advance(await time_left(floor, first.check_id))
    result = await floor.hand_over(lead_id)
    assert result.routing is not None
    assert result.check_id != first.check_id


async def test_a_revoked_gate_is_run_again_and_the_lead_is_routed_again(floor: Floor) -> None:
    lead_id, first = await floor.ready()
    await floor.world.rows("update gate_checks set revoked_at = now() where id = :id", id=first.check_id)
    result = await floor.hand_over(lead_id)
    assert result.routing is not None
    assert result.check_id != first.check_id


async def time_left(floor: Floor, check_id: UUID) -> timedelta:
    expires_at: datetime = await floor.world.value("select expires_at from gate_checks where id = :id", id=check_id)
    return expires_at - floor.env.clock()


async def test_everything_about_a_hand_over_is_audited_under_its_actor(floor: Floor) -> None:
    lead_id, _ = await floor.ready()
    rows = await floor.world.rows(
        "select actor, action from audit where subject = :subject order by at, id", subject=f"lead:{lead_id}"
    )
    assert [tuple(row) for row in rows] == [(SETTER.name, "gate.passed"), (SETTER.name, "lead.assigned")]

"""After a day of all kinds of acts no table holds a sentence of ours: what is stored are messages, and what people wrote."""

from datetime import timedelta
from fractions import Fraction

import pytest

from pointsman.domain.booking.lifecycle import AppointmentAction
from pointsman.domain.permissions.sides import ActorRole
from pointsman.domain.roster.reps import TimeOff
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.overdue import lapse_requests
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.calendar_sync.poll import sync_calendars
from pointsman.services.handover.handover import hand_over
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from pointsman.services.roster.change_roster import TimeOffInput, add_time_off, create_rep, deactivate_rep
from pointsman.services.routing.ledger import adjust_balance
from pointsman.services.routing.skips import cancel_skip, skip_next_turn
from support.databases.stored_words import WRITTEN, sentence_columns, sentences_in, stored_sentences
from support.floors.appointment_states import DO, STATES, appointment_in
from support.floors.booking_floor import CLOSERS, SETTER, Floor, live_beside, look_twice
from support.floors.use_case_env import rep_given

pytestmark = pytest.mark.anyio

REP_WORDS = "she is on the train"
ACTS = [
    ("confirmed", (AppointmentAction.CANCEL, ActorRole.PROSPECT)),
    ("confirmed", (AppointmentAction.REJECT, "wrong_buyer")),
    ("confirmed", (AppointmentAction.REJECT, "duplicate")),
    ("attended", (AppointmentAction.OUTCOME, "later")),
    ("confirmed, past", (AppointmentAction.NO_SHOW, "")),
]


async def test_a_day_of_all_kinds_of_acts_leaves_no_sentence_of_ours_in_any_table(floor: Floor) -> None:
    env = floor.env
    await the_roster_changes(floor)
    await calendars_say_otherwise(floor)
    await leads_are_moved(floor)
    for state, act in ACTS:
        row = await appointment_in(floor, STATES[state])
        await DO[act](floor, row.id)
    await appointment_in(floor, STATES["requested, past"])
    assert await lapse_requests(env) >= 1
    floor.world.clock.advance(timedelta(days=40))
    await return_nurtured_leads(env)
    assert await stored_sentences(floor.world) == []
    written = await floor.world.rows("select 1 from audit where reason #>> '{args,text}' = :words", words=REP_WORDS)
    assert len(written) >= 3


async def the_roster_changes(floor: Floor) -> None:
    env = floor.env
    await create_rep(env, rep_given("otto"), actor=SETTER)
    absence = TimeOffInput(span=TimeOff(start=env.clock(), end=env.clock() + timedelta(hours=1)), reason=REP_WORDS)
    await add_time_off(env, "otto", absence, actor=SETTER)
    await deactivate_rep(env, "otto", actor=SETTER)
    await adjust_balance(env, "sdr-dach", "lena", Fraction(1), reason=REP_WORDS, actor=SETTER)
    skip = await skip_next_turn(env, "sdr-dach", "lena", reason=REP_WORDS, costs_turn=True, actor=SETTER)
    await cancel_skip(env, "sdr-dach", skip.id, reason=None, actor=SETTER)


async def calendars_say_otherwise(floor: Floor) -> None:
    env = floor.env
    lead, handed = await floor.ready()
    row = await book(env, lead, handed.slots[0].start, actor=SETTER)
    await reschedule(env, row.id, handed.slots[-1].start, reason=REP_WORDS, actor=SETTER)
    await floor.work_out()
    (event,) = floor.vendor.events()
    floor.vendor.drag(event, event.start - timedelta(days=30))
    await sync_calendars(env)
    assert await floor.world.value("select count(*) from appointments where conflict is not null") == 1
    live_beside(floor, floor.vendor.events()[0].calendar)
    floor.vendor.remove(floor.vendor.events()[0])
    await look_twice(floor)
    assert await floor.world.value("select count(*) from appointments where cancel_reason is not null") == 1


async def leads_are_moved(floor: Floor) -> None:
    env = floor.env
    lead, _ = await floor.ready()
    asked = (
        "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :lead and ended_at is null"
    )
    holder = await floor.world.value(asked, lead=lead)
    other_closer = next(rep for rep in CLOSERS if rep != holder)
    await assign_manually(
        env, lead, rep=other_closer, work=Work.CLOSING, override_id=None, reason=REP_WORDS, actor=SETTER
    )  # fmt: skip
    await reassign(env, lead, reason=REP_WORDS, actor=SETTER)
    other, cold = await floor.lead(), await floor.world.lead(lead__country="DE", lead__source="newsletter")
    for one in (other, cold):
        await floor.world.route(one)
    await merge_leads(env, other, into=lead, reason=REP_WORDS, actor=SETTER)
    refused = await floor.lead()
    await hand_over(
        env, refused, evidence=floor.evidence("intent", affirmed=False), setter="lena", actor=SETTER
    )  # fmt: skip
    news = LeadInput(email=f"{lead}@lead.example", facts={"lead.title": "CEO", "company.name": "Müller Maschinenbau"})
    await submit_lead(env, news, actor=SETTER)


def test_the_list_of_what_people_write_names_columns_that_there_are() -> None:
    from pointsman.db.tables.base import metadata

    there = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    assert sorted(WRITTEN.keys() - there) == []
    assert {"audit.reason", "appointments.conflict", "leads.nurture_reason"} <= {name for name, _ in sentence_columns()}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("nobody confirmed it in time", 1),
        ("key:ab12", 0),
        ({"key": "reason.time-off", "args": {"rep": {"rep": "lena"}}}, 0),
        ({"key": "text.as-written", "args": {"text": "she is on the train"}}, 0),
        ({"after": {"conflict": "anna: the event was moved"}}, 1),
        ([{"args": {"why": "rule x keeps it"}, "key": "x"}], 1),
    ],
)
def test_a_sentence_is_told_from_a_code_and_from_what_people_wrote(value: object, found: int) -> None:
    assert len(list(sentences_in(value))) == found

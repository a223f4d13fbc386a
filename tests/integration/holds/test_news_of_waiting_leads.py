"""News of a lead that waits for closing, or comes back to it, is decided with the closers' calendars read, on every path."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import RejectCode
from pointsman.domain.distribution.candidate import CalendarState
from pointsman.services.appointments.actions import reject
from pointsman.services.booking.book import book
from pointsman.services.calendars.closer_calendars import CalendarsUnread, with_closer_calendars
from pointsman.services.handover.handover import hand_over_in_tx, prepare_handover
from pointsman.services.holds.drain import drain_holds, retry_hold
from pointsman.services.intake.intakes import IntakeInput, create_intake
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.receive import process_item
from pointsman.services.intake.return_from_nurture import return_nurtured_leads
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.evidence_intake import taken_in
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.ports import VendorRetryableError
from pointsman.services.reassignment.bulk import BulkRequest, reassign_leads
from pointsman.services.reassignment.by_rules import reassign
from support.floors.booking_floor import SETTER, Floor, open_floor
from support.floors.use_case_env import ADMIN, SENDER
from support.http.signing import SECRET, as_bytes

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as opened:
        yield opened


async def waiting(floor: Floor) -> UUID:
    """A lead that passed its gate while no closer's calendar could be read; now all can, and nobody has looked."""
    floor.vendor.faults = {f"{rep}-cal": VendorRetryableError("down") for rep in ("anna", "ben", "clara")}
    floor.world.clock.advance(2 * MINUTE)
    lead = await floor.lead()
    assert (await floor.hand_over(lead)).stage == "held"
    floor.vendor.faults = {}
    floor.world.clock.advance(2 * MINUTE)
    return lead


async def in_nurture(floor: Floor, *, reason: str) -> UUID:
    """A lead whose pass of the gate still stands, and whose day to come back is today."""
    lead = await floor.lead()
    await floor.world.pass_gate(lead)
    await floor.world.rows(
        "update leads set stage = 'nurture', nurture_cause = :cause, nurture_since = :at, nurture_until = :at"
        " where id = :lead",
        cause=reason.removeprefix("gate-"),
        at=floor.env.clock() - MINUTE,
        lead=lead,
    )
    return lead


async def says(floor: Floor, lead: UUID) -> None:
    await submit_lead(floor.env, LeadInput(email=f"{lead}@lead.example", facts={"lead.title": "CEO"}), actor=SENDER)


async def a_form(floor: Floor) -> UUID:
    lead = await waiting(floor)
    await says(floor, lead)
    return lead


async def a_webhook(floor: Floor) -> UUID:
    lead = await waiting(floor)
    given = IntakeInput(
        title="Form",
        kind="lead",
        verifier={"scheme": "hmac"},
        secrets=(SECRET,),
        mapping={"fields": {"lead.email": "email", "lead.title": "title"}},
        sample={"email": "sam@sample.example", "title": "CEO"},
        active=True,
    )
    intake = await create_intake(floor.env, "form", given, actor=ADMIN)
    async with floor.env.uow() as tx:
        body = as_bytes({"email": f"{lead}@lead.example", "title": "CEO"})
        receipt = await tx.inbox.accept(
            inbox_id=floor.env.new_id(),
            intake_id=intake.id,
            intake_version=intake.version,
            dedupe_key="1",
            body=body,
            at=floor.env.clock(),
        )
    await process_item(floor.env, receipt.inbox_ids[0])
    assert await floor.world.value("select status from inbox") == "done"
    return lead


async def a_merge(floor: Floor) -> UUID:
    lead, other = await waiting(floor), await floor.lead()
    await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    return lead


async def an_admin_who_tries_it(floor: Floor) -> UUID:
    lead = await waiting(floor)
    hold = await floor.world.value("select id from holds where lead_id = :lead and released_at is null", lead=lead)
    await retry_hold(floor.env, hold, actor=ADMIN)
    return lead


async def a_drain(floor: Floor) -> UUID:
    lead = await waiting(floor)
    assert await drain_holds(floor.env) == 1
    return lead


async def a_second_hand_over(floor: Floor) -> UUID:
    lead = await waiting(floor)
    await floor.hand_over(lead, evidence=floor.evidence("need", "urgency", "offer_known"))
    return lead


async def its_day_after_later(floor: Floor) -> UUID:
    lead = await in_nurture(floor, reason="later")
    assert await return_nurtured_leads(floor.env) == 1
    return lead


async def news_after_the_cool_off(floor: Floor) -> UUID:
    lead = await in_nurture(floor, reason="gate-refused")
    await says(floor, lead)
    return lead


async def a_rejection(floor: Floor) -> UUID:
    lead, handed = await floor.ready()
    row = await book(floor.env, lead, handed.slots[0].start, actor=SETTER)
    floor.world.clock.advance(2 * MINUTE)
    await reject(floor.env, row.id, code=RejectCode.WRONG_SEGMENT, reason="not mine", actor=ADMIN)
    return lead


async def a_reassignment(floor: Floor) -> UUID:
    lead, _ = await floor.ready()
    floor.world.clock.advance(2 * MINUTE)
    await reassign(floor.env, lead, reason="x", actor=ADMIN)
    return lead


async def a_reassignment_of_many(floor: Floor) -> UUID:
    lead, _ = await floor.ready()
    floor.world.clock.advance(2 * MINUTE)
    await reassign_leads(floor.env, [lead], BulkRequest(reason="x"), actor=ADMIN)
    return lead


PATHS: list[Callable[[Floor], Awaitable[UUID]]] = [
    a_form,
    a_webhook,
    a_merge,
    an_admin_who_tries_it,
    a_drain,
    a_second_hand_over,
    its_day_after_later,
    news_after_the_cool_off,
    a_rejection,
    a_reassignment,
    a_reassignment_of_many,
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
async def test_a_lead_gets_a_closer_whose_calendar_can_be_read(
    floor: Floor, path: Callable[[Floor], Awaitable[UUID]]
) -> None:
    lead = await path(floor)
    found = await floor.world.rows(
        "select work, ended_at from assignments where lead_id = :lead order by assigned_at desc, id desc", lead=lead
    )
    assert (found[0].work, found[0].ended_at) == ("closing", None)


async def test_a_lead_that_has_nothing_to_do_with_closing_waits_for_no_calendar(floor: Floor) -> None:
    before = floor.vendor.reads
    submitted = await submit_lead(
        floor.env, LeadInput(email="new@firm.example", facts={"lead.country": "DE"}), actor=SENDER
    )
    assert submitted.routed is not None
    assert submitted.routed.decision.work == "qualification"
    assert floor.vendor.reads == before


async def test_a_gate_that_opens_between_the_reading_and_the_decision_has_the_calendars_read(floor: Floor) -> None:
    lead = await floor.lead()
    early = await prepare_handover(floor.env, lead, evidence=[], setter="lena", actor=SETTER)  # the gate is shut
    async with floor.env.uow() as tx:
        given = taken_in(floor.env, floor.evidence(), SETTER)
        await tx.gates.add_evidence(lead, given, at=floor.env.clock())
    with pytest.raises(CalendarsUnread):
        async with floor.env.uow() as tx:
            await hand_over_in_tx(floor.env, tx, early)
    assert await floor.world.value("select count(*) from decisions") == 0


async def test_calendars_are_read_outside_the_transaction_that_asked_for_them(floor: Floor) -> None:
    asked: list[set[str]] = []

    async def attempt(calendars: Mapping[str, CalendarState]) -> None:
        asked.append({*calendars})
        if len(asked) == 1:
            raise CalendarsUnread("anna")

    await with_closer_calendars(floor.env, attempt)
    assert asked == [set(), {"anna", "ben", "clara"}]

"""Evidence ends with the meeting that used it up, and, but for what a person knows, with their employer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.booking.lifecycle import MeetingOutcome, RejectCode
from pointsman.services.explain.explain import ExplainedDecision, ExplainRequest, explain, explain_stored
from pointsman.services.intake.merge_leads import merge_leads
from pointsman.services.intake.submit_lead import SubmitResult, submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.appointment_states import STATES, appointment_in, decided, rejected
from support.floors.booking_floor import Floor, open_floor
from support.floors.use_case_env import ADMIN, POLICY, SENDER
from support.wording import english

pytestmark = pytest.mark.anyio

PASSES = "select count(*) from gate_checks where lead_id = :lead and passed and revoked_at is null"
HOLDER = "select r.key from assignments a join reps r on r.id = a.rep_id where a.lead_id = :lead and a.ended_at is null"


@pytest.fixture
async def floor(database_url: str) -> AsyncIterator[Floor]:
    async with open_floor(database_url) as opened:
        yield opened


async def sent(floor: Floor, *evidence: str, external_id: str = "77", **given: Any) -> SubmitResult:
    floor.world.clock.advance(timedelta(minutes=1))
    given |= {"facts": {"lead.country": "DE", "company.employees": 120} | given.get("facts", {})}
    now = floor.env.clock()
    items = tuple(floor.evidence(*evidence, at=now)) if evidence else ()
    read = LeadInput(external_id=external_id, source_system="crm", evidence=items, occurred_at=now, **given)
    return await submit_lead(floor.env, read, actor=SENDER)


async def at_nord(floor: Floor, *evidence: str) -> UUID:
    return (await sent(floor, *evidence, email="mara@nord.example", facts={"company.name": "Nord GmbH"})).lead.id


async def at_vogel(floor: Floor, *evidence: str) -> SubmitResult:
    return await sent(floor, *evidence, email="mara@vogel.example", facts={"company.name": "Vogel AG"})


async def test_need_at_the_old_company_opens_no_gate_for_the_new_one_and_knowing_the_offer_stays(floor: Floor) -> None:
    lead = await at_nord(floor, "need", "offer_known")
    await at_vogel(floor)
    handed = await floor.hand_over(lead, evidence=floor.evidence("intent"))
    assert [item.what for item in handed.gate.missing] == ["qualified"]
    assert "expired" in english(handed.gate.missing[0].why)
    assert (await floor.hand_over(lead, evidence=floor.evidence("need"))).gate.passed


async def test_what_comes_with_the_new_employer_is_about_that_one(floor: Floor) -> None:
    lead = await at_nord(floor, "offer_known")
    await at_vogel(floor, "need")
    assert (await floor.hand_over(lead, evidence=floor.evidence("intent"))).gate.passed


async def test_news_without_another_company_end_no_evidence(floor: Floor) -> None:
    lead = await at_nord(floor, "need", "intent", "offer_known")
    await sent(floor, email="mara@gmail.com", facts={"company.name": "Nord"})
    assert (await floor.hand_over(lead, evidence=[])).gate.passed


async def test_a_pass_for_the_old_company_ends_and_its_closer_keeps_the_lead(floor: Floor) -> None:
    lead = await at_nord(floor)
    closer = (await floor.hand_over(lead)).closer
    assert (closer is not None, await floor.world.value(PASSES, lead=lead)) == (True, 1)
    await at_vogel(floor)
    assert (await floor.world.value(HOLDER, lead=lead), await floor.world.value(PASSES, lead=lead)) == (closer, 0)
    assert await floor.world.value("select reason ->> 'key' from audit where action = 'gate.revoked'") == (
        "reason.employer-changed"
    )


async def test_a_pass_that_asks_only_what_the_person_knows_stands_at_the_new_company(floor: Floor) -> None:
    await floor.world.publish({**POLICY, "gates": {"closing": {"require": ["educated"]}}})
    lead = await at_nord(floor)
    await floor.hand_over(lead)
    await at_vogel(floor)
    assert await floor.world.value(PASSES, lead=lead) == 1


@pytest.mark.parametrize("into_old", [True, False])
async def test_a_merge_takes_no_need_from_one_employer_to_the_next(floor: Floor, into_old: bool) -> None:
    old = await at_nord(floor, "need", "intent", "offer_known")
    if into_old:
        await floor.hand_over(old, evidence=[])
        assert await floor.world.value(PASSES, lead=old) == 1
    new = await sent(floor, external_id="78", email="mara@vogel.example", facts={"company.name": "Vogel AG"})
    lead, other = (old, new.lead.id) if into_old else (new.lead.id, old)
    await merge_leads(floor.env, other, into=lead, reason="the same person", actor=ADMIN)
    assert await floor.world.value(PASSES, lead=lead) == 0
    handed = await floor.hand_over(lead, evidence=[])
    assert [item.what for item in handed.gate.missing] == ["qualified", "motivated"]


async def test_need_that_was_lost_brings_no_lead_back(floor: Floor) -> None:
    asks = {"field": "qualification.need", "present": True}
    await floor.world.publish({**POLICY, "nurture": {"cool_off": "10d", "re_enter": asks}})
    row = await appointment_in(floor, STATES["attended"])
    await decided(floor, row.id, MeetingOutcome.LOST)
    floor.world.clock.advance(timedelta(days=11))
    news = LeadInput(email=f"{row.lead_id}@lead.example", facts={"lead.score": 3})
    assert (await submit_lead(floor.env, news, actor=SENDER)).routed is None
    again = LeadInput(email=f"{row.lead_id}@lead.example", evidence=tuple(floor.evidence("need")))
    assert (await submit_lead(floor.env, again, actor=SENDER)).routed is not None


async def test_an_explanation_knows_that_a_rejection_used_the_evidence_up(floor: Floor) -> None:
    row = await appointment_in(floor, STATES["confirmed"])
    await rejected(floor, row.id, RejectCode.NOT_QUALIFIED)
    told = await explain(floor.env, ExplainRequest(lead_id=row.lead_id))
    routed = await floor.world.route(row.lead_id)
    handed = await floor.hand_over(row.lead_id, evidence=[])
    assert [item.what for item in handed.gate.missing] == ["qualified", "motivated", "educated"]
    assert (needs(told), needs(await explain_stored(floor.env, routed.decision_id))) == (3, 3)


def needs(told: ExplainedDecision) -> int:
    """How many kinds of evidence the lead lacks for a closer."""
    return max(len(remedy.needs) for remedy in told.explanation.would_change)

"""What a CRM is told of a lead beside its owner: as the connection says, in its own fields, and never to the buyer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.errors import Invalid
from pointsman.domain.messages.message import Message
from pointsman.services.booking.book import book
from pointsman.services.lead_pages.lead_links import revoke_lead_link
from pointsman.services.ports.booking.connections import RecordValue
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.signed_links.lead_page import LEAD_PAGE_PATH, SEAL_CONTEXT
from pointsman.services.signed_links.tokens import read_link
from pointsman.services.wording.rendering import MessageReader, render
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN

pytestmark = pytest.mark.anyio

FIELDS = {value: f"pm_{value.value}" for value in RecordValue}


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        made = {name: {"label": name, "type": "text"} for name in FIELDS.values()}
        crm.crm.crm.custom["person"] = {**made, "pm_plan": {"label": "Plan", "type": "number"}}
        await crm.connect(record=FIELDS)
        yield crm


async def told(crm: CrmFloor, lead_id: UUID) -> dict[str, Any]:
    """What the CRM shows of the lead, by value."""
    (row,) = [one for one in crm.crm.crm.of("person") if one.natural == f"{lead_id}@lead.example"]
    return {value.value: row.fields.get(name) for value, name in FIELDS.items()}


async def test_the_record_shows_stage_work_gate_sentence_link_and_evidence(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    routed = await crm.floor.world.route(lead_id)
    await crm.floor.work()
    assert routed.rep is not None
    there = await told(crm, lead_id)
    assert (there["stage"], there["work"], there["gate"], there["evidence"]) == ("working", "qualification", "", "")
    assert routed.rep.name in there["sentence"]
    assert there["link"].startswith(f"{crm.env.public_url}{LEAD_PAGE_PATH}")


async def test_after_a_hand_over_it_shows_the_gate_and_the_evidence(crm: CrmFloor) -> None:
    lead_id, handed = await crm.floor.ready()
    await crm.floor.work()
    there = await told(crm, lead_id)
    assert (there["stage"], there["work"]) == ("closing", "closing")
    assert there["gate"]
    day = crm.env.clock().date().isoformat()
    assert set(there["evidence"].split("\n")) == {
        f"Need (sdr:lena, {day}): yes: need",
        f"Intent (sdr:lena, {day}): yes: intent",
        f"Knows the offer (sdr:lena, {day}): yes: offer_known",
    }
    await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    await crm.floor.work_out()
    assert (await told(crm, lead_id))["stage"] == "booked"
    (meeting,) = crm.crm.activities.items.values()
    assert "yes: need" not in meeting.values["description"] + meeting.values["title"]


async def test_a_failed_gate_says_what_is_missing_and_what_the_buyer_denied(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    await crm.floor.hand_over(lead_id, evidence=crm.floor.evidence("need", affirmed=False))
    await crm.floor.work_out()
    there = await told(crm, lead_id)
    assert there["gate"]
    assert "no, the buyer said: yes: need" in there["evidence"]


async def test_they_are_in_the_language_of_the_deployment(crm: CrmFloor) -> None:
    crm.floor.env = replace(crm.floor.env, language="de")
    lead_id, _ = await crm.floor.ready()
    await crm.floor.work()
    there = await told(crm, lead_id)
    assert "Bedarf (sdr:lena" in there["evidence"]


async def test_the_link_is_one_for_the_rep_who_has_the_lead(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    first = link_of(crm, await told(crm, lead_id))
    await crm.floor.world.rows("update leads set stage = 'held' where id = :id", id=lead_id)
    await owe(crm, lead_id)
    assert link_of(crm, await told(crm, lead_id)) == first
    await reassign(crm.env, lead_id, reason="x", actor=ADMIN)
    await crm.floor.work()
    second = link_of(crm, await told(crm, lead_id))
    assert second != first
    await revoke_lead_link(crm.env, second, actor=ADMIN)
    await crm.floor.world.rows("update leads set stage = 'closing' where id = :id", id=lead_id)
    await owe(crm, lead_id)
    assert (await told(crm, lead_id))["link"] == ""
    assert await crm.floor.world.value("select count(*) from audit where action = 'lead-link.made'") == 2


def link_of(crm: CrmFloor, there: dict[str, Any]) -> UUID:
    token = there["link"].removeprefix(f"{crm.env.public_url}{LEAD_PAGE_PATH}")
    return read_link(crm.env.secrets, token, now=crm.env.clock(), context=SEAL_CONTEXT).id


async def owe(crm: CrmFloor, lead_id: UUID) -> None:
    async with crm.env.uow() as tx:
        await tx.leads.get(lead_id, lock=True)
        await tx.deliveries.owe_record(lead_id, key=f"pm-lead-{lead_id}", first_id=crm.env.new_id(), at=crm.env.clock())
    await crm.floor.work()


async def test_a_link_that_ran_out_is_made_anew_with_the_next_change(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    first = link_of(crm, await told(crm, lead_id))
    crm.floor.world.clock.advance(timedelta(days=91))
    await crm.floor.world.rows("update leads set stage = 'held' where id = :id", id=lead_id)
    await owe(crm, lead_id)
    assert link_of(crm, await told(crm, lead_id)) != first


async def test_what_stands_there_is_not_told_again(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    seen = len(crm.wire.seen)
    await owe(crm, lead_id)
    assert len(crm.wire.seen) == seen


async def test_of_a_lead_without_an_owner_a_record_that_is_there_is_told_and_none_is_made(crm: CrmFloor) -> None:
    known, unknown = [await crm.floor.world.lead(lead__source="newsletter") for _ in range(2)]
    crm.crm.crm.add("person", email=f"{known}@lead.example", owner="user-2")
    for lead_id in (known, unknown):
        await crm.floor.world.route(lead_id)
    await crm.floor.work()
    assert (await told(crm, known))["stage"] == "nurture"
    assert [row.natural for row in crm.crm.crm.of("person")] == [f"{known}@lead.example"]
    assert crm.owner_of(f"{known}@lead.example") == "ben"


async def test_an_owner_whom_a_human_sets_once_ours_was_taken_away_stays(crm: CrmFloor) -> None:
    lead_id = await crm.floor.world.lead(lead__country="DE")
    await crm.floor.world.route(lead_id)
    await crm.floor.work()
    await crm.floor.hand_over(lead_id, evidence=crm.floor.evidence("need", affirmed=False))
    await crm.floor.work_out()
    assert (crm.owner_of(f"{lead_id}@lead.example"), (await told(crm, lead_id))["stage"]) == (None, "nurture")
    (person,) = crm.crm.crm.of("person")
    crm.crm.crm.edit(person.id, owner="user-2")
    await crm.floor.world.rows("update leads set stage = 'closed' where id = :id", id=lead_id)
    await owe(crm, lead_id)
    assert (crm.owner_of(f"{lead_id}@lead.example"), (await told(crm, lead_id))["stage"]) == ("ben", "closed")


@pytest.mark.parametrize(
    ("record", "path", "code", "said", "in_german"),
    [
        (
            {RecordValue.STAGE: "pm_stge"},
            "stage",
            "no-such-field",
            "did you mean 'pm_stage'?",
            "Das CRM hat bei Personen kein Feld „pm_stge“; meinten Sie „pm_stage“?",
        ),
        (
            {RecordValue.STAGE: "pm_plan"},
            "stage",
            "no-text-field",
            "takes no text",
            "Das Feld „pm_plan“ nimmt keinen Text: Nennen Sie eines, das Text nimmt",
        ),
        (
            {RecordValue.STAGE: "pm_gate", RecordValue.GATE: "pm_gate"},
            "gate",
            "field-twice",
            "has stage already",
            "Das Feld „pm_gate“ hat schon stage: Nennen Sie ein anderes",
        ),
    ],
)
async def test_a_field_that_is_not_there_or_takes_no_text_is_said_when_the_connection_is_saved(
    crm: CrmFloor, record: dict[RecordValue, str], path: str, code: str, said: str, in_german: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await crm.connect(record=record)
    (fault,) = caught.value.faults
    assert (fault.path, fault.code) == (f"body.record.{path}", code)
    assert said in fault.message
    assert isinstance(fault.told, Message)
    assert render(fault.told, MessageReader(language="de")) == in_german
    assert caught.value.told == fault.told


async def test_a_choice_has_to_offer_every_stage(crm: CrmFloor) -> None:
    crm.crm.crm.custom["person"]["pm_choice"] = {"label": "Stage", "type": "choice", "options": ["working", "won"]}
    with pytest.raises(Invalid) as caught:
        await crm.connect(record={RecordValue.STAGE: "pm_choice"})
    (fault,) = caught.value.faults
    assert fault.code == "no-such-option"
    assert "nurture" in fault.message


async def test_a_connection_that_hears_of_no_leads_has_no_fields_for_them(crm: CrmFloor) -> None:
    with pytest.raises(Invalid) as caught:
        await crm.connect(sync_owners=False, record=FIELDS)
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [("body.record", "no-owners")]

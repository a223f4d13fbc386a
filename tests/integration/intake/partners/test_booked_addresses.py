"""A partner says another address of a lead that it brought in, when the house has an appointment with it: the house decides."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.permissions.callers import CallerKind, Scope
from pointsman.services.booking.book import book
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from pointsman.services.leads.stand_ins import KnownElsewhere
from pointsman.services.ports import Actor
from support.floors.booking_floor import SETTER
from support.mail_floor import MailFloor, open_mail_floor

pytestmark = pytest.mark.anyio

PARTNER = Actor(name="key:callwerk", kind=CallerKind.PARTNER, supplier="callwerk", scopes=frozenset({Scope.INTAKE}))
PHONE = "+49 171 2345678"
NAMED: dict[str, dict[str, Any]] = {
    "its id": {"external_id": "x", "source_system": "crm", "sender": "partner:callwerk"},
    "its number": {"phone": PHONE},
    "both": {"external_id": "x", "source_system": "crm", "sender": "partner:callwerk", "phone": PHONE},
}


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[MailFloor]:
    async with open_mail_floor(database_url) as line:
        yield line


@pytest.mark.parametrize("named", NAMED)
async def test_a_partner_s_word_moves_no_mail_of_an_appointment_of_the_house(line: MailFloor, named: str) -> None:
    facts: dict[str, FactValue] = {"company.employees": 120, "lead.country": "DE"}
    brought = LeadInput(email="ada@lead.example", **NAMED["both"], facts=facts)
    lead_id = (await submit_lead(line.env, brought, actor=PARTNER)).lead.id
    handed = await line.floor.hand_over(lead_id)
    row = await book(line.env, lead_id, handed.slots[0].start, actor=SETTER)
    await line.floor.work()
    with suppress(
        KnownElsewhere
    ):  # then it is kept as it came, for an admin to apply; by the number it is another person
        await submit_lead(line.env, LeadInput(email="eve@evil.example", **NAMED[named]), actor=PARTNER)
    await line.floor.work_out()
    assert [mail.to for mail in line.mail.arrived] == ["ada@lead.example"]
    assert await line.floor.world.value("select email from leads where id = :id", id=row.lead_id) == "ada@lead.example"

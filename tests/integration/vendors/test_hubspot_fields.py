"""Mapped fields over HubSpot: contacts' properties, whose values are texts there."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.errors import Invalid
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.field_preview import list_crm_fields, preview_fields
from pointsman.services.intake.records.take_in import take_in_record
from pointsman.services.intake.submit_lead import LeadInput, submit_lead
from pointsman_hubspot.fake import HubSpotVendor, Owner
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import OTHERS, CrmFloor, open_crm_floor
from support.floors.use_case_env import ADMIN
from support.vendors.fields_floor import mapped

pytestmark = pytest.mark.anyio

TITLE: dict[str, Any] = {"fact": "lead.title", "field": "jobtitle", "direction": "both"}
WEBSITE: dict[str, Any] = {
    "fact": "company.employees",
    "field": "website",
    "direction": "out",
    "transforms": ["number"],
}


@dataclass(slots=True, kw_only=True)
class Portal:
    """A HubSpot account beside the floor."""

    crm: CrmFloor
    vendor: HubSpotVendor

    async def save(self, *rows: dict[str, Any]) -> None:
        await save_connection(
            replace(self.crm.env, calendars=self.crm.gateway),
            "hubspot",
            connector="hubspot",
            config={"token": self.vendor.token, "url": "https://hubspot.example"},
            active=True,
            sync_owners=True,
            fields=mapped(*rows),
            actor=SETTER,
        )

    def contact(self, lead_id: UUID) -> dict[str, Any]:
        (found,) = [one for one in self.vendor.standing()["contacts"] if one["email"] == f"{lead_id}@lead.example"]
        return found

    async def read(self, lead_id: UUID) -> str:
        """The CRM told of the lead's contact, and it is read; its id."""
        async with self.crm.env.uow() as tx:
            connection = await tx.connections.get("hubspot")
            assert connection is not None
            row = await tx.crm_records.of_lead(connection.id, lead_id)
            assert row is not None
            at = self.crm.env.clock()
            await tx.crm_records.told(connection.id, [row.record_id], changed_at={}, at=at)
        await take_in_record(self.crm.env, connection.id, row.record_id)
        return row.record_id


@pytest.fixture
async def portal(database_url: str) -> AsyncIterator[Portal]:
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        await crm.connect(sync_owners=False)  # the memory vendor hears of nothing
        vendor = HubSpotVendor(clock=crm.env.clock)
        vendor.owners += [
            Owner(id=str(80 + number), email=f"{key}@example.com", first_name=key, last_name="Rep")
            for number, key in enumerate(OTHERS)
        ]
        crm.crashing.inner = vendor.transport
        portal = Portal(crm=crm, vendor=vendor)
        await portal.save(TITLE, WEBSITE)
        yield portal


async def told(portal: Portal) -> UUID:
    lead_id = await portal.crm.floor.world.lead(lead__country="DE", lead__title="Buyer", company__employees=120)
    await portal.crm.floor.world.route(lead_id)
    await portal.crm.floor.work_out()
    return lead_id


async def test_facts_go_into_properties_with_the_owner(portal: Portal) -> None:
    lead_id = await told(portal)
    there = portal.contact(lead_id)
    assert (there["jobtitle"], there["website"]) == ("Buyer", "120")
    assert there["hubspot_owner_id"]


async def test_what_a_human_changes_comes_in_and_what_changes_here_goes_out(portal: Portal) -> None:
    lead_id = await told(portal)
    async with portal.crm.env.uow() as tx:
        connection = await tx.connections.get("hubspot")
        assert connection is not None
        row = await tx.crm_records.of_lead(connection.id, lead_id)
        assert row is not None
    portal.vendor.edit("contacts", row.record_id, jobtitle="Head of Service")
    await portal.read(lead_id)
    async with portal.crm.env.uow() as tx:
        lead = await tx.leads.get(lead_id)
        assert lead is not None
        assert lead.facts["lead.title"] == "Head of Service"
    news = LeadInput(email=f"{lead_id}@lead.example", facts={"lead.title": "Managing Director"})
    await submit_lead(portal.crm.env, news, actor=ADMIN)
    await portal.crm.floor.work_out()
    assert portal.contact(lead_id)["jobtitle"] == "Managing Director"


async def test_the_properties_are_listed_and_a_lead_is_previewed(portal: Portal) -> None:
    lead_id = await told(portal)
    _, listed = await list_crm_fields(portal.crm.env, "hubspot")
    assert {one.name: one.writable for one in listed}["jobtitle"]
    found = await preview_fields(portal.crm.env, "hubspot", lead_id=lead_id, record_id=None, fields=None, actor=ADMIN)
    assert [(one.ours, one.theirs, one.act.value, one.why.value) for one in found.fields] == [
        ("Buyer", "Buyer", "nothing", "same"),
        (120, "120", "nothing", "same"),
    ]
    assert found.url


async def test_a_property_that_there_is_not_is_refused(portal: Portal) -> None:
    with pytest.raises(Invalid, match="jobtitle"):
        await portal.save({**TITLE, "field": "jobtitel"})

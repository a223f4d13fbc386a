"""The services' CRM port over HubSpot: owners, releases, records that vanish, and how many requests each takes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.policy.crm.actions import CrmAbility
from pointsman.services.ports.vendors.calendars import ConnectionRef
from pointsman.services.ports.vendors.crm import (
    CrmMeeting,
    CrmOwner,
    CrmPerson,
    CrmReceipt,
    CrmTask,
    UnknownCrmOwnerError,
)
from pointsman.services.ports.vendors.errors import VendorRejectedError
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from pointsman_hubspot.fake import HubSpotVendor
from pointsman_sdk.testing import FaultyTransport

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
ADA = CrmPerson(key="pm-lead-1", email="ada@lead.example", name="Ada Weber")
ANNA, BRUNO = CrmOwner(email="anna@example.com"), CrmOwner(email="bruno@example.com")
MEETING = CrmMeeting(
    key="pm-1",
    start=NOW,
    end=NOW + timedelta(minutes=30),
    title=SharedText("Demo"),
    shared=SharedText(""),
    private=PrivateText("Need: yes"),
    owner=ANNA,
)


@dataclass(slots=True, kw_only=True)
class Portal:
    """An account of HubSpot behind the gateway."""

    vendor: HubSpotVendor
    wire: FaultyTransport
    gateway: ConnectorGateway
    crm: ConnectorCrm
    connection: ConnectionRef

    async def put(self, person: CrmPerson) -> CrmReceipt:
        receipt = await self.crm.put_person(self.connection, person)
        assert receipt is not None
        return receipt

    def contacts(self) -> list[tuple[str, str, str]]:
        """Address, name and owner of each that stands."""
        rows = [row.values for row in self.vendor.records.rows["contacts"].values() if not row.archived]
        return [(one.get("email", ""), one.get("lastname", ""), one.get("hubspot_owner_id", "")) for one in rows]

    async def asked(self, person: CrmPerson) -> int:
        """How many requests it takes."""
        before = len(self.wire.seen)
        await self.crm.put_person(self.connection, person)
        return len(self.wire.seen) - before


@pytest.fixture
async def portal(anyio_backend: object) -> AsyncIterator[Portal]:
    vendor = HubSpotVendor(clock=lambda: NOW)
    wire, registry = FaultyTransport(vendor.transport), ConnectorRegistry.discover()
    contexts = ContextFactory(clock=lambda: NOW, transport=wire)
    gateway = ConnectorGateway(registry=registry, vault=Vault([new_key()]), contexts=contexts)
    public, sealed = gateway.seal("hubspot", {"token": vendor.token, "url": "https://hubspot.example"})
    connection = ConnectionRef(id=UUID(int=1), connector="hubspot", config=public, sealed=sealed)
    crm = ConnectorCrm(gateway=gateway, registry=registry)
    yield Portal(vendor=vendor, wire=wire, gateway=gateway, crm=crm, connection=connection)
    await gateway.aclose()


async def test_a_lead_is_made_owned_handed_on_and_released(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "71")]
    known = replace(ADA, sequence=1, id=made.vendor_id)
    await portal.put(replace(known, owner=BRUNO))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "72")]
    await portal.put(replace(known, sequence=2, takes_owner_away=True))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "")]
    await portal.put(replace(known, sequence=1, owner=ANNA))  # late
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "")]


async def test_what_people_wrote_into_a_contact_stays(portal: Portal) -> None:
    there = portal.vendor.add("contacts", email="ada@lead.example", lastname="Byron")
    made = await portal.put(replace(ADA, owner=ANNA))
    assert made.vendor_id == there.id
    portal.vendor.edit("contacts", there.id, email="ada@byron.example")
    await portal.put(replace(ADA, sequence=1, id=made.vendor_id, owner=BRUNO))
    assert portal.contacts() == [("ada@byron.example", "Byron", "72")]


async def test_a_contact_that_was_archived_is_made_anew_with_address_and_name(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    portal.vendor.archive("contacts", made.vendor_id or "")
    again = await portal.put(replace(ADA, sequence=1, id=made.vendor_id, owner=BRUNO))
    assert again.vendor_id != made.vendor_id
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "72")]


async def test_contacts_that_were_merged_there_are_one_with_the_owner_of_now(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    other = portal.vendor.add("contacts", email="ada@byron.example", lastname="Byron")
    portal.vendor.merge("contacts", other.id, made.vendor_id or "")
    await portal.put(replace(ADA, sequence=1, id=made.vendor_id, owner=BRUNO))
    assert [owner for _, _, owner in portal.contacts()] == ["72"]


async def test_a_user_who_is_not_there_is_said(portal: Portal) -> None:
    with pytest.raises(UnknownCrmOwnerError):
        await portal.put(replace(ADA, owner=CrmOwner(email="ghost@example.com")))
    assert portal.contacts() == []


async def test_its_fields_are_told(portal: Portal) -> None:
    found = {one.name: one for one in await portal.crm.person_fields(portal.connection) or ()}
    assert found["jobtitle"].takes_text
    await portal.put(replace(ADA, owner=ANNA, fields={"jobtitle": "Head of sales"}))
    (row,) = portal.vendor.records.rows["contacts"].values()
    assert row.values["jobtitle"] == "Head of sales"


async def test_an_assigned_lead_takes_three_requests_once_it_was_told_and_two_where_the_owner_is_known(
    portal: Portal,
) -> None:
    first = await portal.put(replace(ADA, owner=ANNA))
    known = replace(ADA, id=first.vendor_id)
    assert await portal.asked(replace(known, sequence=1, owner=BRUNO)) == 3
    assert await portal.asked(replace(known, sequence=2, owner=CrmOwner(email="anna@example.com", id="71"))) == 2


async def test_a_lead_that_is_told_for_the_first_time_is_looked_up_before(portal: Portal) -> None:
    await portal.put(replace(ADA, owner=ANNA))  # what is asked of an account once was asked
    portal.vendor.add("contacts", email="ben@lead.example", lastname="Ben")
    known = CrmPerson(key="pm-lead-2", email="ben@lead.example", name="Ben", owner=ANNA)
    assert await portal.asked(known) <= 5
    assert await portal.asked(replace(known, key="pm-lead-3", email="new@lead.example")) <= 5


async def test_a_meeting_is_the_closers_on_the_contact_of_the_lead(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    known = replace(ADA, id=made.vendor_id)
    await portal.crm.put_meeting(portal.connection, known, MEETING)
    before = len(portal.wire.seen)
    await portal.crm.put_meeting(portal.connection, known, replace(MEETING, sequence=1, owner=BRUNO))
    assert len(portal.wire.seen) - before <= 4
    (meeting,) = portal.vendor.records.rows["meetings"].values()
    assert meeting.values["hubspot_owner_id"] == "72"
    assert len(portal.contacts()) == 1


async def test_a_meeting_of_a_contact_that_vanished_stands_on_the_one_that_is_made_anew(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    portal.vendor.archive("contacts", made.vendor_id or "")
    await portal.crm.put_meeting(portal.connection, replace(ADA, id=made.vendor_id), MEETING)
    assert [address for address, _, _ in portal.contacts()] == ["ada@lead.example"]


CALL = CrmTask(key="pm-task-1-1", due=NOW + timedelta(hours=4), title="Call back", text="A demo", owner=ANNA)


async def test_it_can_do_all_that_a_rule_may_ask_and_a_connector_that_is_not_there_nothing(portal: Portal) -> None:
    assert portal.crm.abilities("hubspot") == frozenset(CrmAbility)
    assert portal.crm.abilities("smtp") == portal.crm.abilities("nowhere") == frozenset()


async def test_a_task_is_the_reps_on_the_contact_of_the_lead_once(portal: Portal) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    for known in (replace(ADA, id=made.vendor_id), ADA):
        await portal.crm.put_task(portal.connection, known, CALL)
    (task,) = portal.vendor.records.rows["tasks"].values()
    assert (task.values["hs_task_subject"], task.values["hubspot_owner_id"]) == ("Call back", "71")
    assert len(portal.contacts()) == 1
    with pytest.raises(UnknownCrmOwnerError):
        await portal.crm.put_task(portal.connection, ADA, replace(CALL, owner=CrmOwner(email="ghost@example.com")))


async def test_a_task_that_is_told_before_the_lead_stands_on_the_contact_that_the_owner_is_written_to(
    portal: Portal,
) -> None:
    await portal.crm.put_task(portal.connection, ADA, CALL)
    await portal.put(replace(ADA, owner=ANNA))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "71")]


async def test_a_lead_is_put_on_a_static_list_once_and_a_list_that_is_gone_is_refused(portal: Portal) -> None:
    await portal.put(replace(ADA, owner=ANNA))
    there = portal.vendor.add_list("17")
    for key in ("pm-list-1-1", "pm-list-2-1"):
        await portal.crm.put_membership(portal.connection, ADA, key=key, programme="17")
    assert len(there.members) == 1
    with pytest.raises(VendorRejectedError):
        await portal.crm.put_membership(portal.connection, ADA, key="pm-list-3-1", programme="99")


async def test_fields_are_set_whatever_was_told_of_the_lead_and_leave_its_owner_and_sequence(portal: Portal) -> None:
    made = await portal.put(replace(ADA, sequence=4, owner=ANNA))
    for known in (replace(ADA, sequence=4, id=made.vendor_id), replace(ADA, sequence=1)):
        portal.vendor.edit("contacts", made.vendor_id or "", jobtitle="")
        await portal.crm.put_fields(portal.connection, known, {"jobtitle": "Head of sales"})
        (row,) = portal.vendor.records.rows["contacts"].values()
        assert (row.values["jobtitle"], row.values["hubspot_owner_id"]) == ("Head of sales", "71")
    await portal.put(replace(ADA, sequence=4, id=made.vendor_id, owner=BRUNO))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "72")]


async def test_fields_of_a_lead_that_was_not_told_yet_make_its_contact(portal: Portal) -> None:
    await portal.crm.put_fields(portal.connection, ADA, {"jobtitle": "Head of sales"})
    await portal.put(replace(ADA, owner=ANNA))
    assert portal.contacts() == [("ada@lead.example", "Ada Weber", "71")]
    with pytest.raises(VendorRejectedError):
        await portal.crm.put_fields(portal.connection, ADA, {"no_such_property": "x"})


async def test_a_task_and_a_list_take_three_requests_and_fields_two_where_the_lead_and_the_owner_are_known(
    portal: Portal,
) -> None:
    made = await portal.put(replace(ADA, owner=ANNA))
    portal.vendor.add_list("17")
    known, owner = replace(ADA, id=made.vendor_id), CrmOwner(email="anna@example.com", id="71")
    await portal.crm.put_task(portal.connection, known, replace(CALL, owner=owner))  # what is asked of an account once
    before = len(portal.wire.seen)
    await portal.crm.put_task(portal.connection, known, replace(CALL, key="pm-task-2-1", owner=owner))
    after_task = len(portal.wire.seen)
    await portal.crm.put_fields(portal.connection, known, {"jobtitle": "Head of sales"})
    after_fields = len(portal.wire.seen)
    await portal.crm.put_membership(portal.connection, known, key="pm-list-2-1", programme="17")
    assert (after_task - before, after_fields - after_task, len(portal.wire.seen) - after_fields) == (3, 2, 3)

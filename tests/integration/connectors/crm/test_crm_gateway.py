"""The services' CRM port over connectors: people by address, owners by address, meetings by key, once each."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import NotFound
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.crm import CrmGateway, CrmMeeting, CrmOwner, CrmPerson, UnknownCrmOwnerError
from pointsman.services.ports.vendors.errors import (
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorUnansweredError,
)
from pointsman.services.ports.vendors.texts import PrivateText, SharedText
from pointsman_memory import MANIFEST, MemoryVendor
from pointsman_sdk.testing import FaultyTransport

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
ADA = CrmPerson(key="pm-lead-1", email="ada@lead.example", name="Ada Weber")
MEETING = CrmMeeting(
    key="pm-1",
    start=NOW,
    end=NOW + timedelta(minutes=30),
    title=SharedText("Demo"),
    shared=SharedText(""),
    private=PrivateText("Need: yes"),
)


class House:
    """A CRM gateway over one memory vendor, on a wire that can be broken."""

    def __init__(self) -> None:
        self.vendor = MemoryVendor()
        self.wire = FaultyTransport(self.vendor.transport)
        self.vault = Vault([new_key()])
        registry = ConnectorRegistry.discover()
        contexts = ContextFactory(clock=lambda: NOW, transport=self.wire)
        self.gateway = ConnectorGateway(registry=registry, vault=self.vault, contexts=contexts)
        self.crm: CrmGateway = ConnectorCrm(gateway=self.gateway, registry=registry)
        public, sealed = self.gateway.seal("memory", {"url": "https://memory.example"})
        self.connection = ConnectionRef(id=UUID(int=1), connector="memory", config=public, sealed=sealed)

    def people(self) -> list[tuple[str, str, str | None]]:
        """What the vendor itself has: (address, name, owner)."""
        return [(row.natural, row.name, row.values.get("owner")) for row in self.vendor.crm.of("person")]

    def meetings(self) -> list[tuple[str, str]]:
        """What the vendor itself has: (key, title)."""
        return [(key, item.values["title"]) for key, item in self.vendor.activities.items.items()]

    def writes(self) -> list[str]:
        return [request.url.path for request in self.wire.seen if request.method != "GET"]


@pytest.fixture
async def house(anyio_backend: object) -> AsyncIterator[House]:
    house = House()
    yield house
    await house.gateway.aclose()


async def test_an_unknown_person_is_made_and_owned(house: House) -> None:
    await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="Bruno@Example.com")))
    assert house.people() == [("ada@lead.example", "Ada Weber", "user-2")]


async def test_a_known_person_is_left_as_the_crm_has_them(house: House) -> None:
    await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))
    other = CrmPerson(key="pm-lead-2", email="ADA@lead.example", name="Somebody Else")
    await house.crm.put_person(house.connection, replace(other, owner=CrmOwner(email="bruno@example.com")))
    await house.crm.put_meeting(house.connection, other, MEETING)
    assert house.people() == [("ada@lead.example", "Ada Weber", "user-2")]


async def test_an_owner_who_is_owner_already_costs_no_write(house: House) -> None:
    await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))
    before = house.writes()
    await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))
    assert house.writes() == before


async def test_an_owner_is_taken_away_and_no_record_is_made_for_that(house: House) -> None:
    await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))
    await house.crm.put_person(house.connection, replace(ADA, sequence=1, takes_owner_away=True))
    assert house.people() == [("ada@lead.example", "Ada Weber", None)]
    other = CrmPerson(key="pm-lead-2", email="uwe@lead.example", name="Uwe", takes_owner_away=True)
    assert await house.crm.put_person(house.connection, other) is None
    assert len(house.people()) == 1


async def test_a_record_that_is_known_by_its_id_costs_one_look_at_the_owner_and_one_write(house: House) -> None:
    first = await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))
    assert first is not None
    seen = len(house.wire.seen)
    known = replace(ADA, sequence=1, id=first.vendor_id, owner=CrmOwner(email="bruno@example.com"))
    await house.crm.put_person(house.connection, known)
    asked = [(request.method, request.url.path) for request in house.wire.seen[seen:]]
    assert asked == [("GET", "/users"), ("GET", "/records/person"), ("PATCH", f"/records/person/{first.vendor_id}")]
    assert house.people() == [("ada@lead.example", "Ada Weber", "user-2")]


async def test_its_fields_are_told_with_what_may_stand_in_them(house: House) -> None:
    house.vendor.crm.custom["person"] = {"plan": {"label": "Plan", "type": "choice", "options": ["a", "b"]}}
    found = {one.name: one for one in await house.crm.person_fields(house.connection) or ()}
    assert (found["plan"].takes_text, found["plan"].options) == (False, ("a", "b"))
    assert found["email"].takes_text


@pytest.mark.parametrize("email", ["nobody@example.com", "carla@example.com", ""])
async def test_nobody_is_made_an_owner_who_is_no_active_user(house: House, email: str) -> None:
    """Carla has left: the CRM would still take her."""
    with pytest.raises(UnknownCrmOwnerError):
        await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email=email)))
    assert house.writes() == []


async def test_a_meeting_is_logged_once_on_the_persons_record(house: House) -> None:
    for _ in range(3):
        await house.crm.put_meeting(house.connection, ADA, MEETING)
    assert house.meetings() == [("pm-1", "Demo")]
    assert house.people() == [("ada@lead.example", "Ada Weber", None)]


async def test_a_lost_answer_is_told_as_such_and_again_is_harmless(house: House) -> None:
    for times in (1, 1):
        house.wire.lose_answer(times=times)
        with pytest.raises(VendorUnansweredError):
            await house.crm.put_meeting(house.connection, ADA, MEETING)
    await house.crm.put_meeting(house.connection, ADA, MEETING)
    assert len(house.meetings()) == len(house.people()) == 1


@pytest.mark.parametrize(
    ("status", "fault"), [(401, VendorReauthError), (503, VendorRetryableError), (422, VendorRejectedError)]
)
async def test_what_the_vendor_answers_is_named_for_what_comes_next(
    house: House, status: int, fault: type[Exception]
) -> None:
    house.wire.answer(status)
    with pytest.raises(fault):
        await house.crm.put_person(house.connection, replace(ADA, owner=CrmOwner(email="anna@example.com")))


@pytest.mark.parametrize("email", ["", "no address", "a@b\r\nX: y"])
async def test_a_person_that_no_crm_could_know_is_refused_before_anything_is_sent(house: House, email: str) -> None:
    nobody = CrmPerson(key="pm-lead-1", email=email, name="Ada")
    with pytest.raises(VendorRejectedError):
        await house.crm.put_person(house.connection, replace(nobody, owner=CrmOwner(email="anna@example.com")))
    with pytest.raises(VendorRejectedError):
        await house.crm.put_meeting(house.connection, nobody, MEETING)
    assert house.wire.seen == []


async def test_only_connectors_that_keep_records_are_crms(house: House) -> None:
    assert house.crm.is_crm("memory")
    assert not house.crm.is_crm("caldav")
    with pytest.raises(NotFound):
        house.crm.is_crm("ghost")


async def test_a_connector_without_records_is_not_asked(house: House) -> None:
    class Calendars:
        manifest = SimpleNamespace(name="memory", limits=MANIFEST.limits)

    class Registry:
        def manifest(self, name: str) -> Any:
            return MANIFEST

        def parse_config(self, name: str, config: Any) -> Any:
            return MANIFEST.config.model_validate(config)

        def build(self, *_: Any) -> Any:
            return Calendars()

    gateway = ConnectorGateway(
        registry=Registry(),  # type: ignore[arg-type]  # it builds what it is told to
        vault=house.vault,
        contexts=ContextFactory(clock=lambda: NOW, transport=house.wire),
    )
    crm = ConnectorCrm(gateway=gateway, registry=ConnectorRegistry.discover())
    with pytest.raises(VendorRejectedError, match="no CRM"):
        await crm.put_meeting(house.connection, ADA, MEETING)


@pytest.mark.parametrize("email", ["ada@bücher.example", "ada@b\u00dcCHER.example.", "ada@xn--bcher-kva.example"])
async def test_a_person_has_one_record_however_the_host_is_written(house: House, email: str) -> None:
    person = CrmPerson(key="pm-lead-2", email="ada@xn--bcher-kva.example", name="Ada Weber")
    first = await house.crm.put_meeting(house.connection, person, MEETING)
    again = CrmPerson(key="pm-lead-3", email=email, name="Ada Weber")
    assert await house.crm.put_meeting(house.connection, again, MEETING) == first
    assert [natural for natural, _, _ in house.people()] == ["ada@xn--bcher-kva.example"]

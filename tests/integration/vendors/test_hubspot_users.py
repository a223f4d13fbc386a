"""Reps who are confirmed as owners of a HubSpot account with 250 of them: what they own, and how few requests it takes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.crm import ConnectorCrm
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.services.booking.book import book
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.users.confirm import confirm_users, list_rep_users
from pointsman.services.connections.users.following import LOOKS_EVERY, follow_users
from pointsman.services.connections.users.proposal import propose_users
from pointsman.services.ports.booking.rep_users import UserState
from pointsman_hubspot.fake import HubSpotVendor, Owner
from support.floors.booking_floor import SETTER
from support.floors.crm_floor import IN_THE_CRM, CrmFloor, open_crm_floor

pytestmark = pytest.mark.anyio
OWNERS = 250


@dataclass(slots=True, kw_only=True)
class Account:
    """A HubSpot account beside the floor."""

    crm: CrmFloor
    vendor: HubSpotVendor

    def owner_of(self, kind: str) -> set[str]:
        """The owners of all records of this kind."""
        return {row.values["hubspot_owner_id"] for row in self.vendor.records.rows[kind].values() if not row.archived}

    async def confirm_what_is_proposed(self) -> dict[str, str]:
        found = await propose_users(self.crm.env, "hubspot")
        matched = {one.rep.key: one.found.user.id for one in found.reps if one.found.user and one.found.user.active}
        await confirm_users(self.crm.env, "hubspot", matched, actor=SETTER)
        await follow_users(self.crm.env)
        return matched


@pytest.fixture
async def account(database_url: str) -> AsyncIterator[Account]:
    async with open_crm_floor(database_url, closers=("anna", "ben")) as crm:
        await crm.connect(sync_owners=False)  # the memory vendor hears of nothing
        vendor = HubSpotVendor(clock=crm.env.clock)
        vendor.owners += [
            Owner(
                id=str(1_000 + number), email=f"person{number}@example.com", first_name="Person", last_name=str(number)
            )
            for number in range(OWNERS - len(vendor.owners))
        ]
        crm.crashing.inner = vendor.transport
        await crm.gateway.aclose()
        lend_memory(crm)
        await save_connection(
            replace(crm.env, calendars=crm.gateway),
            "hubspot",
            connector="hubspot",
            config={"token": vendor.token, "url": "https://hubspot.example"},
            active=True,
            sync_owners=True,
            actor=SETTER,
        )
        yield Account(crm=crm, vendor=vendor)


def lend_memory(crm: CrmFloor) -> None:
    """The connector may keep what it found, as it may in a worker."""
    vault, registry, world = Vault([new_key()]), ConnectorRegistry.discover(), crm.floor.world.env
    keeping = Keeping(uow=world.uow, vault=vault, new_id=world.new_id)
    contexts = ContextFactory(clock=world.clock, transport=crm.wire, keeping=keeping)
    crm.gateway = ConnectorGateway(registry=registry, vault=vault, contexts=contexts)
    crm.env = crm.floor.env = replace(crm.env, crm=ConnectorCrm(gateway=crm.gateway, registry=registry))


async def requests(crm: CrmFloor) -> int:
    """How many requests it takes until HubSpot knows all that is owed."""
    before = len(crm.wire.seen)
    await crm.floor.work_out()
    return len(crm.wire.seen) - before


async def test_all_owners_are_read_and_those_of_the_reps_proposed(account: Account) -> None:
    before = len(account.crm.wire.seen)
    found = await propose_users(account.crm.env, "hubspot")
    assert len(found.users) == len(account.vendor.owners)
    assert found.complete
    assert len(account.crm.wire.seen) - before <= 5
    said = {one.rep.key: one.found.match.value for one in found.reps}
    assert (said["anna"], said["ben"], said["eva"]) == ("matched", "matched", "none")
    assert IN_THE_CRM["anna"] == next(one.email for one in found.users if one.id == "71")


async def test_with_confirmed_owners_a_lead_and_its_appointment_take_three_requests_each(
    account: Account,
) -> None:
    crm = account.crm
    confirmed, asked = await account.confirm_what_is_proposed(), len(crm.wire.seen)
    lead_id, handed = await crm.floor.ready()
    first = await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    await requests(crm)  # what is asked of an account once
    await crm.hand_to(first, "ben" if first.rep_key == "anna" else "anna")
    assert await requests(crm) == 4  # two for the lead, and two for its meeting
    for _ in range(3):
        lead_id, handed = await crm.floor.ready()
        assert await requests(crm) == 3
        await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
        assert await requests(crm) == 3
    assert not any("/owners" in one.url.path for one in crm.wire.seen[asked:])
    assert account.owner_of("contacts") | account.owner_of("meetings") <= {confirmed["anna"], confirmed["ben"]}


async def test_without_a_confirmed_owner_each_takes_one_request_more(account: Account) -> None:
    crm = account.crm
    lead_id, handed = await crm.floor.ready()
    await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    await requests(crm)
    lead_id, handed = await crm.floor.ready()
    assert await requests(crm) == 4
    await book(crm.env, lead_id, handed.slots[0].start, actor=SETTER)
    assert await requests(crm) == 4


async def test_an_owner_who_is_deactivated_is_followed(account: Account) -> None:
    await account.confirm_what_is_proposed()
    anna = next(one for one in account.vendor.owners if one.email == IN_THE_CRM["anna"])
    account.vendor.owners[account.vendor.owners.index(anna)] = replace(anna, archived=True)
    account.crm.floor.world.clock.advance(LOOKS_EVERY)
    await follow_users(account.crm.env)
    known = {one.rep_key: one.state for one in await list_rep_users(account.crm.env, "hubspot")}
    assert (known["anna"], known["ben"]) == (UserState.INACTIVE, UserState.ACTIVE)

"""How many requests an assigned lead and an appointment take, in an account with 250 owners."""

import pytest

from contract.hubspot.world import ANNA, World, meeting, person
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.fake import Owner
from pointsman_sdk import AccountState, ActivityStatus
from pointsman_sdk.testing import at

pytestmark = pytest.mark.anyio
OWNERS = 250


@pytest.fixture
async def warm(world: World, hubspot: HubSpotConnector) -> HubSpotConnector:
    """The account is known: each kind of record was written once."""
    world.vendor.owners += [
        Owner(id=str(100 + n), email=f"rep{n}@example.com", first_name="Rep", last_name=str(n))
        for n in range(OWNERS - len(world.vendor.owners))
    ]
    known = world.contact(email="first@example.com")
    await hubspot.people.put(person(key="lead-0", email="first@example.com"))
    await hubspot.activities.put(meeting(known, key="meeting-0"))
    world.wire.seen = []
    return hubspot


async def test_an_assigned_lead_from_hubspot_takes_two_requests(world: World, warm: HubSpotConnector) -> None:
    known = world.contact()
    await warm.people.put(person(external_id=known, owner=ANNA))
    assert len(world.wire.seen) == 2


async def test_an_assigned_lead_takes_three_where_the_owner_is_looked_up(world: World, warm: HubSpotConnector) -> None:
    known = world.contact()
    owner = await warm.owners.find("rep200@example.com")
    assert owner is not None
    await warm.people.put(person(external_id=known, owner=owner.id))
    assert len(world.wire.seen) == 3


async def test_a_lead_that_hubspot_does_not_know_takes_two(world: World, warm: HubSpotConnector) -> None:
    await warm.people.put(person(owner=ANNA, fields={"lifecyclestage": "lead"}))
    assert len(world.wire.seen) == 2


async def test_an_appointment_takes_three_requests_and_four_with_a_company(
    world: World, warm: HubSpotConnector
) -> None:
    known = world.contact()
    account = await warm.accounts.put(AccountState(key="account-1", domain="acme.example"))
    world.wire.seen = []
    await warm.activities.put(meeting(known))
    assert len(world.wire.seen) == 3
    await warm.activities.put(meeting(known, key="meeting-2", slot=at(11), account=account.id))
    assert len(world.wire.seen) == 3 + 4


async def test_an_appointment_takes_four_where_the_owner_is_looked_up(world: World, warm: HubSpotConnector) -> None:
    known = world.contact()
    owner = await warm.owners.find("rep200@example.com")
    assert owner is not None
    await warm.activities.put(meeting(known, owner=owner.id))
    assert len(world.wire.seen) == 4


async def test_a_further_act_takes_two_and_nothing_new_takes_one(world: World, warm: HubSpotConnector) -> None:
    known = world.contact()
    await warm.activities.put(meeting(known))
    world.wire.seen = []
    act = meeting(known, sequence=1, status=ActivityStatus.ATTENDED)
    await warm.activities.put(act)
    assert len(world.wire.seen) == 2
    await warm.activities.put(act)
    assert len(world.wire.seen) == 2 + 1


async def test_what_the_first_record_of_a_kind_takes_is_taken_once(world: World, hubspot: HubSpotConnector) -> None:
    known = world.contact()
    await hubspot.activities.put(meeting(known))
    first = len(world.wire.seen)
    assert first <= 3 + 5
    await world.connect().activities.put(meeting(known, key="meeting-2", slot=at(11)))
    assert len(world.wire.seen) == first + 3

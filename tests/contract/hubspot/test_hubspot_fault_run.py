"""Many leads over a wire that fails, beside people who edit the CRM: one record of each, and the owner that was decided."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contract.hubspot.world import ANNA, BRUNO, World, meeting, person, task
from pointsman_hubspot import HubSpotConnector
from pointsman_hubspot.ours import KEY
from pointsman_sdk import Activity, ActivityStatus, PersonState, Retryable, Task
from pointsman_sdk.fakes import Fault, FaultPlan, Rates
from pointsman_sdk.http import make_client
from pointsman_sdk.testing import at
from support.http.failing_wire import FailingWire

pytestmark = pytest.mark.anyio
LEADS = 30
OWNERS = (ANNA, BRUNO, "74", "75")
RATES = Rates(lost=0.08, failed=0.08, throttled=0.05, reset=0.05)

Act = PersonState | Activity | Task


def life(number: int, contact: str) -> list[Act]:
    """What becomes of one lead: assigned, booked, given to another closer, and the outcome; the last one comes late."""
    first, second = OWNERS[number % 4], OWNERS[(number + 1) % 4]
    lead = person(key=f"lead-{number}", external_id=contact, email=None, owner=first)
    booked = meeting(contact, key=f"meeting-{number}", owner=first, slot=at(8 + number % 9), title=f"Demo {number}")
    moved = replace(booked, sequence=1, owner=second, slot=at(9 + number % 9))
    over = replace(moved, sequence=2, status=ActivityStatus.ATTENDED)
    call = task(contact, key=f"task-{number}", owner=second)
    return [lead, booked, replace(lead, sequence=1, owner=second), moved, call, over, moved, replace(lead, owner=first)]


async def bring(world: World, workers: Sequence[HubSpotConnector], acts: Sequence[Act], dice: random.Random) -> None:
    """As the host does: what is Retryable is told again, by any worker."""
    for act in acts:
        for _ in range(60):
            worker = dice.choice(workers)
            keepers: dict[type, Any] = {PersonState: worker.people, Activity: worker.activities, Task: worker.tasks}
            try:
                await keepers[type(act)].put(act)
            except Retryable as fault:
                world.now += fault.retry_after or timedelta(seconds=1)
                await asyncio.sleep(0)
                continue
            break
        else:
            raise AssertionError("sixty tries were not enough")


async def people_edit(world: World, contacts: Sequence[str], dice: random.Random) -> None:
    """Users change what is theirs, and give contacts to others, which the next act corrects."""
    for number in range(3 * LEADS):
        contact = contacts[dice.randrange(LEADS)]
        match number % 3:
            case 0:
                world.vendor.edit("contacts", contact, jobtitle=f"Title of {contact}")
            case 1:
                world.vendor.edit("contacts", contact, lifecyclestage="opportunity", phone="+49301234")
            case _:
                duplicate = world.vendor.add("contacts", email=f"copy{number}@example.com", city="Berlin")
                world.vendor.merge("contacts", contact, duplicate.id)
        for _ in range(dice.randrange(20)):
            await asyncio.sleep(0)


@pytest.mark.parametrize("plain", [False, True], ids=["unique keys", "no unique keys"])
@pytest.mark.parametrize("seed", range(3))
async def test_each_lead_and_meeting_stands_once_as_decided(seed: int, *, plain: bool) -> None:
    world, dice = World(), random.Random(seed)
    world.vendor.records.lag = timedelta(seconds=30)
    if plain:
        world.vendor.properties.refuse_unique |= {"meetings", "tasks"}
    contacts = [world.contact(email=f"buyer{number}@example.com") for number in range(LEADS)]
    wire = FailingWire(world.vendor, FaultPlan(rates=RATES, seed=seed))
    world.http = make_client(wire)
    async with world.http:
        workers = [world.connect() for _ in range(3)]
        lives = [bring(world, workers, life(number, contact), dice) for number, contact in enumerate(contacts)]
        await asyncio.gather(*lives, people_edit(world, contacts, dice))
    standing = world.vendor.standing()
    people = {row["id"]: row for row in standing["contacts"]}
    for number, contact in enumerate(contacts):
        row = people[contact]
        assert (row["hubspot_owner_id"], row[KEY]) == (OWNERS[(number + 1) % 4], f"lead-{number}")
        assert row.get("jobtitle", f"Title of {contact}") == f"Title of {contact}"
    meetings = Counter(
        (
            row[KEY],
            row["hubspot_owner_id"],
            row["hs_meeting_outcome"],
            row["hs_meeting_title"],
            *row["links"]["contacts"],
        )
        for row in standing["meetings"]
    )
    wanted = [
        (f"meeting-{number}", OWNERS[(number + 1) % 4], "COMPLETED", f"Demo {number}", contact)
        for number, contact in enumerate(contacts)
    ]
    assert meetings == Counter(wanted)
    assert Counter(row[KEY] for row in standing["tasks"]) == Counter(f"task-{number}" for number in range(LEADS))
    assert all(wire.met[fault] for fault in Fault)
    assert world.vendor.faults == []

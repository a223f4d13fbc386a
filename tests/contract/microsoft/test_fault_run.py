"""Many appointments through their whole life over a wire that fails: each stands once, and each guest hears of each act once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from contract.microsoft.bench_vendor import answers_trials
from contract.microsoft.world import Clock, World, world
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk import CREATE_MEETING, Appointment, Contact, Invites, Retryable, Standing
from pointsman_sdk.fakes import Fault, FaultPlan, Rates
from pointsman_sdk.testing import appointment, at
from support.http.failing_wire import FailingWire

pytestmark = pytest.mark.anyio
PLACES = tuple(f"closer{number}@example.com" for number in range(4))
LEADS = 40
RATES = Rates(lost=0.08, failed=0.08, throttled=0.05, reset=0.05)


def life(number: int) -> list[Appointment | tuple[str, str]]:
    """What becomes of one appointment: states to put, and a place and a key to drop."""
    guest = Contact(email=f"buyer{number}@example.com", name=f"Buyer {number}")
    first = replace(
        appointment(PLACES[number % 4], key=f"lead-{number}", slot=at(8 + number % 9), invites=Invites.VENDOR),
        guests=(guest,),
        meeting=CREATE_MEETING,
        standing=Standing.TENTATIVE,
    )
    moved = replace(first, sequence=1, slot=at(9 + number % 9, 30), standing=Standing.CONFIRMED)
    elsewhere = replace(moved, sequence=2, place=PLACES[(number + 1) % 4])
    acts: Sequence[list[Appointment | tuple[str, str]]] = (
        [first, moved],
        [first, moved, elsewhere, (moved.place, moved.key)],
        [first, (first.place, first.key)],
        [first, moved, first],  # the last one comes late
    )
    return acts[number % 4]


async def live(here: World, acts: Sequence[Appointment | tuple[str, str]]) -> None:
    """As the host does: what is Retryable is told again."""
    for act in acts:
        for _ in range(60):
            try:
                if isinstance(act, tuple):
                    await here.connector.appointments.drop(*act)
                else:
                    await here.connector.appointments.put(act)
            except Retryable as fault:
                here.clock.now += fault.retry_after or timedelta(seconds=1)
                continue
            break
        else:
            raise AssertionError("sixty tries were not enough")


@pytest.mark.parametrize("seed", range(3))
async def test_each_appointment_stands_once_and_each_guest_hears_of_each_act_once(seed: int) -> None:
    clock = Clock()
    vendor = GraphVendor(clock=clock, post=answers_trials)
    for place in PLACES:
        vendor.directory.mailbox(place)
    wire = FailingWire(vendor, FaultPlan(rates=RATES, seed=seed))
    async with world(app=True, vendor=vendor, transport=wire) as here:
        await asyncio.gather(*(live(here, life(number)) for number in range(LEADS)))
        wanted: Counter[tuple[str, str]] = Counter()
        mailed: Counter[tuple[str, str]] = Counter()
        for number in range(LEADS):
            acts, guest = life(number), f"buyer{number}@example.com"
            standing: dict[str, Appointment] = {}
            for act in acts:
                if isinstance(act, tuple):
                    standing.pop(act[0])
                    mailed[guest, "cancel"] += 1
                elif act.place not in standing or act.sequence > standing[act.place].sequence:
                    standing[act.place] = act
                    mailed[guest, "request"] += 1
            for place, one in standing.items():
                wanted[place, f"{one.slot.utc().start:%H:%M} {guest}"] += 1
        found = Counter(
            (place, f"{event['start']['dateTime'][11:16]} {event['attendees'][0]['emailAddress']['address']}")
            for place in PLACES
            for event in here.events(place)
        )
        assert found == wanted
        assert Counter((address, said["method"]) for address, said in vendor.directory.mailed) == mailed
        links = [event["onlineMeeting"]["joinUrl"] for place in PLACES for event in here.events(place)]
        assert len(set(links)) == len(links)
        assert all(wire.met[fault] for fault in Fault)

"""The calendar corpus as Graph tells it: instances that Exchange worked out, with whole days, wall clocks and zones.

What a series or an attendance comes to is Exchange's to say. What is left to read are the busy times of each case, which stand in
the fake as whole days or as times in the zone that the case writes them in.
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from contract.microsoft.world import world
from pointsman_microsoft.fake import GraphVendor
from pointsman_sdk import BusyTimes, Slot
from pointsman_sdk.readers.busy_times import joined
from support.corpus import CORPUS
from support.corpus.notation import OWNERS, WITHIN, Case

pytestmark = pytest.mark.anyio
START, END = (datetime.fromtimestamp(second, UTC) for second in WITHIN)
WINDOWS = dict(
    zip(OWNERS, ("W. Europe Standard Time", "Pacific Standard Time", "AUS Eastern Standard Time"), strict=True)
)
READABLE = [one for one in CORPUS.values() if not one.unreadable]
BATCH = 20


def put(vendor: GraphVendor, place: str, one: Case, owner: str) -> None:
    """The busy times of a case, each as an event."""
    mailbox = vendor.directory.mailbox(place, zone=WINDOWS[owner])
    for part in filter(str.strip, one.busy.split(";")):
        where, days, *clock = part.split()
        if where == "owner" and not clock:
            for text in days.split(","):
                first, _, last = text.partition("-")
                found = tuple(date(2031, int(day[:2]), int(day[2:])) for day in (first, last or first))
                vendor.directory.block(mailbox.address, Slot(START, END), days=found)
        else:
            alone = Case(name="", text="", busy=part, unreadable="")
            for span in alone.spans(owner):
                start, end = (datetime.fromtimestamp(second, UTC) for second in span)
                vendor.directory.block(mailbox.address, Slot(start, end))


def spans(found: object) -> list[tuple[int, int]]:
    assert isinstance(found, BusyTimes), found
    slots = [one.slot.utc() for one in found.times]
    return joined([(int(one.start.timestamp()), int(one.end.timestamp())) for one in slots], within=WITHIN)


@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("heeded", [True, False], ids=["times in UTC", "times in the mailbox's zone"])
async def test_each_case_is_read_as_it_is_by_events_and_by_schedules(owner: str, *, heeded: bool) -> None:
    assert len(READABLE) > 200
    async with world(app=True) as here:
        here.vendor.heeds_zone = heeded
        places = {f"case-{number}@example.com": one for number, one in enumerate(READABLE)}
        for place, one in places.items():
            put(here.vendor, place, one, owner)
        names, window = list(places), Slot(START, END)
        for first in range(0, len(names), BATCH):
            some = names[first : first + BATCH]
            found = await here.read(*some, window=window, zone=owner)
            alone = [(await here.read(place, window=window, zone=owner))[0] for place in some]
            for place, by_schedule, by_events in zip(some, found, alone, strict=True):
                if heeded or not is_ambiguous(places[place], owner):
                    wanted = places[place].spans(owner)
                    assert (places[place].name, spans(by_schedule)) == (places[place].name, wanted)
                    assert (places[place].name, spans(by_events)) == (places[place].name, wanted)


def is_ambiguous(one: Case, owner: str) -> bool:
    """Whether a time of it lies in the hours that a clock shows twice: then no wall clock tells which."""
    night = {"Australia/Sydney": datetime(2031, 4, 5, 15, tzinfo=UTC)}.get(owner)
    if night is None:
        return False
    near = (night - timedelta(hours=1)).timestamp(), (night + timedelta(hours=2)).timestamp()
    return any(near[0] <= second <= near[1] for span in one.spans(owner) for second in span)

"""Whole days, wall clocks and answers of owners in three zones, over both changes of the clocks: what a buyer is offered."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pointsman.domain.booking.availability import Interval
from pointsman.services.booking.slots import slots_for_lead
from pointsman_sdk import Slot
from support.vendors.two_vendors import GOOGLE, MICROSOFT, TwoVendors, calendar_of, open_two_vendors

pytestmark = pytest.mark.anyio
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CHANGES = [
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2027, 10, 31)),
    ("America/Los_Angeles", date(2027, 3, 14)),
    ("America/Los_Angeles", date(2027, 11, 7)),
    ("Australia/Sydney", date(2027, 4, 4)),
    ("Australia/Sydney", date(2027, 10, 3)),
]
WAYS = [
    pytest.param("anna", 1, id=GOOGLE),
    pytest.param("ben", 1, id=f"{MICROSOFT}, by events"),
    pytest.param("ben", 2, id=f"{MICROSOFT}, by schedules"),
]
#: Whole days and hours on the owner's wall clock, from the day of the change on; the series began a week before.
BUSY_DAYS, FREE_DAY, SERIES_DAY, ODD_DAY = (0, 1), 3, 2, 4


@dataclass(frozen=True)
class Owner:
    """Puts events into one calendar by the wall clock of its owner."""

    here: TwoVendors
    zone: ZoneInfo
    first: date  # the day of the change

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(self.first + day * DAY, time(hour, minute), self.zone)

    def span(self, day: int, hour: int, *, hours: float = 1) -> Slot:
        start = self.at(day, hour)
        return Slot(start, start + timedelta(hours=hours))

    async def whole_days(self, day: int, *, last: int, free: bool = False) -> None:
        first, end = self.first + day * DAY, self.first + last * DAY
        if self.here.vendor == GOOGLE:
            times = {"start": {"date": str(first)}, "end": {"date": str(end + DAY)}}
            shown = {"transparency": "transparent"} if free else {}
            await self.here.block(self.here.rep, self.span(day, 0), **times, **shown)
        else:
            await self.here.block(
                self.here.rep, self.span(day, 0), days=(first, end), showAs="free" if free else "busy"
            )

    async def weekly(self, day: int, hour: int) -> None:
        """The second of its times is on that day, and the first before the clocks change."""
        start = self.span(day - 7, hour)
        if self.here.vendor == GOOGLE:
            name = {"timeZone": self.zone.key}
            times = {
                "start": {"dateTime": start.start.isoformat(), **name},
                "end": {"dateTime": start.end.isoformat(), **name},
            }
            await self.here.block(self.here.rep, start, **times, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
        else:
            await self.here.block(self.here.rep, start, weeks=2)

    async def wall_clock(self, day: int, hour: int) -> None:
        """As near as each comes to a floating time: one without an offset, in the zone of its calendar."""
        slot = self.span(day, hour)
        if self.here.vendor == GOOGLE:
            start, end = (moment.replace(tzinfo=None).isoformat() for moment in (slot.start, slot.end))
            name = {"timeZone": self.zone.key}
            await self.here.block(self.here.rep, slot, start={"dateTime": start, **name}, end={"dateTime": end, **name})
        else:
            await self.here.block(self.here.rep, slot)

    async def answered(self, day: int, hour: int, word: str) -> None:
        values = _WORDS[self.here.vendor][word]
        if word == "declined" and self.here.vendor == GOOGLE:
            values = {"attendees": [{"email": calendar_of(self.here.rep), "self": True, "responseStatus": "declined"}]}
        await self.here.block(self.here.rep, self.span(day, hour), **values)


_WORDS: dict[str, dict[str, dict[str, Any]]] = {
    GOOGLE: {
        "tentative": {"status": "tentative"},
        "out of office": {"eventType": "outOfOffice"},
        "declined": {},
        "free": {"transparency": "transparent"},
        "elsewhere": {"eventType": "workingLocation", "transparency": "transparent"},
    },
    MICROSOFT: {
        "tentative": {"showAs": "tentative", "responseStatus": {"response": "tentativelyAccepted"}},
        "out of office": {"showAs": "oof"},
        "declined": {"organizer": False, "responseStatus": {"response": "declined"}},
        "free": {"showAs": "free"},
        "elsewhere": {
            "showAs": "workingElsewhere"
        },  # docs/connections/microsoft.md: free, unless the connection says otherwise
    },
}
BUSY_WORDS = ("tentative", "out of office")


async def offered(here: TwoVendors, lead: UUID, owner: Owner) -> set[datetime]:
    """When each time begins that a buyer could take, from the day before the change on."""
    window = Interval(owner.at(-1, 0).astimezone(UTC), owner.at(6, 0).astimezone(UTC))
    found = await slots_for_lead(here.env, lead, limit=2_000, window=window)
    assert {slot.rep for slot in found.slots} == {here.rep}
    return {slot.start for slot in found.slots}


@pytest.mark.parametrize(("zone", "changes"), CHANGES)
@pytest.mark.parametrize(("rep", "calendars"), WAYS)
async def test_a_buyer_is_offered_every_free_time_and_no_busy_one(
    database_url: str, rep: str, calendars: int, zone: str, changes: date
) -> None:
    async with open_two_vendors(database_url, reps=[rep], zone=zone, nights=True, watched=False) as here:
        owner = Owner(here, ZoneInfo(zone), changes)
        here.floor.world.clock.advance(owner.at(-3, 6).astimezone(UTC) - here.env.clock())
        if calendars > 1:
            await here.bind(rep, calendar_of(rep), calendar_of("second"))
        lead, _ = await here.floor.ready()
        before = await offered(here, lead, owner)
        await owner.whole_days(BUSY_DAYS[0], last=BUSY_DAYS[1])
        await owner.whole_days(FREE_DAY, last=FREE_DAY, free=True)
        await owner.weekly(SERIES_DAY, 9)
        await owner.wall_clock(SERIES_DAY, 12)
        for number, word in enumerate(_WORDS[here.vendor]):
            await owner.answered(ODD_DAY, 8 + 2 * number, word)
        await here.poll(after=6 * MINUTE)
        busy = [Slot(owner.at(0, 0), owner.at(2, 0)), owner.span(SERIES_DAY, 9), owner.span(SERIES_DAY, 12)]
        busy += [owner.span(ODD_DAY, 8 + 2 * list(_WORDS[here.vendor]).index(word)) for word in BUSY_WORDS]
        length = timedelta(minutes=30)
        left = {start for start in before if not any(Slot(start, start + length).overlaps(one) for one in busy)}
        assert await offered(here, lead, owner) == left
        assert bool(here.asked(MICROSOFT, "getSchedule")) == (calendars > 1)

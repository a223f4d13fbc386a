"""Busy checks: busy means busy, free means free, and unknown is never free."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pointsman_sdk import BusyTimes, CalendarRef, Capability, ConnectorError, Slot, Unreadable
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.outcomes import FAULTS, Fault, check_outcome
from pointsman_sdk.testing.samples import SPRING, appointment, at
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.vendors import Odd
from pointsman_sdk.testing.wire import Wire

BUSY = Capability.BUSY
DAY = Slot(SPRING, SPRING + timedelta(days=1))
SHOWN: dict[Odd, list[Slot]] = {
    Odd.TRANSPARENT: [],
    Odd.DECLINED: [],
    Odd.TENTATIVE: [at(9)],
    Odd.WHOLE_DAY: [DAY],
    Odd.LONG: [Slot(at(9).start, DAY.end)],
    Odd.WEEKLY: [at(9)],
    Odd.PRIVATE: [at(9)],
}


def merged(busy: Sequence[Slot], window: Slot) -> list[Slot]:
    """Busy times clipped to the window and joined: vendors may split, merge or round out as they like."""
    joined: list[tuple[datetime, datetime]] = []
    limit = window.utc()
    for slot in sorted((slot.utc() for slot in busy), key=lambda slot: slot.start):
        start, end = max(slot.start, limit.start), min(slot.end, limit.end)
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return [Slot(start, end) for start, end in joined]


def asked(vendor: Any, calendar: str) -> CalendarRef:
    """A calendar, with its owner as the host knows them."""
    return CalendarRef(id=calendar, zone="Europe/Berlin", owner=vendor.owner)


async def reading(connector: Any, vendor: Any, window: Slot, *, calendar: str = "") -> BusyTimes | Unreadable:
    """What one calendar was found to be."""
    calendar = calendar or vendor.calendar
    found: Mapping[str, BusyTimes | Unreadable] = await connector.busy.read([asked(vendor, calendar)], window)
    assert set(found) <= {calendar}
    return found.get(calendar, Unreadable(reason="the answer leaves it out"))


async def busy_slots(connector: Any, vendor: Any, window: Slot) -> list[Slot]:
    """When the calendar's owner is busy, joined. Fails where the calendar cannot be read."""
    found = await reading(connector, vendor, window)
    assert isinstance(found, BusyTimes), found
    return merged([time.slot for time in found.times], window)


class BusyChecks(Bench):
    """Busy times."""

    @proves(Tier.GOLD, BUSY)
    async def test_other_events_are_busy(self, connector: Any, vendor: Any) -> None:
        """Everyone's events are busy times, over every page, and there are none where there is nothing."""
        assert await busy_slots(connector, vendor, DAY) == []
        wanted = [at(hour) for hour in (8, 10, 12, 14, 16)]
        for slot in wanted:
            vendor.block(slot)
        assert await busy_slots(connector, vendor, DAY) == wanted

    @proves(Tier.GOLD, BUSY)
    async def test_own_appointments_are_busy(self, connector: Any, vendor: Any) -> None:
        """An appointment is a busy time as soon as put() has returned."""
        if Capability.APPOINTMENTS not in connector.manifest.capabilities:
            pytest.skip("excused: this connector keeps no appointments")
        made = await connector.appointments.put(appointment(vendor.calendar))
        assert await busy_slots(connector, vendor, DAY) == [made.slot]

    @proves(Tier.GOLD, BUSY)
    async def test_keyed_readings_name_every_event_of_ours(self, connector: Any, vendor: Any) -> None:
        """A reading that says it is keyed has the host's events by themselves, with their keys; no other's has one."""
        if Capability.APPOINTMENTS not in connector.manifest.capabilities:
            pytest.skip("excused: this connector keeps no appointments")
        vendor.block(at(9, 30))
        vendor.block(at(15))
        await connector.appointments.put(appointment(vendor.calendar, key="own-1"))
        await connector.appointments.put(appointment(vendor.calendar, key="own-2", slot=at(10)))
        found = await reading(connector, vendor, DAY)
        assert isinstance(found, BusyTimes)
        if not found.keyed:
            assert {time.key for time in found.times} == {None}
            pytest.skip("excused: this vendor's busy times come merged")
        own = {time.key: time.slot for time in found.times if time.key is not None}
        others = merged([time.slot for time in found.times if time.key is None], DAY)
        assert own == {"own-1": at(9), "own-2": at(10)}
        assert others == [at(9, 30), at(15)]

    @proves(Tier.GOLD, BUSY)
    async def test_free_events_are_free(self, connector: Any, vendor: Any) -> None:
        """Events that their owner marked as free do not block."""
        vendor.block(at(10), busy=False)
        vendor.block(at(15))
        assert await busy_slots(connector, vendor, DAY) == [at(15)]

    @proves(Tier.GOLD, BUSY)
    @pytest.mark.parametrize("odd", list(Odd))
    async def test_odd_event_is_read_as_it_is(self, connector: Any, vendor: Any, odd: Odd) -> None:
        """Declined and transparent are free; tentative, private, long, whole days and series are busy."""
        if not vendor.put_odd(odd):
            pytest.skip(f"excused: this vendor has no {odd} events")
        assert await busy_slots(connector, vendor, DAY) == SHOWN[odd]

    @proves(Tier.GOLD, BUSY)
    async def test_only_the_window_is_reported(self, connector: Any, vendor: Any) -> None:
        """What ends where the window starts, or starts where it ends, is outside; what reaches in, counts."""
        window = Slot(at(10).start, at(12).start)
        vendor.block(Slot(at(9).start, at(10).start))
        vendor.block(Slot(at(11, 30).start, at(13).start))
        vendor.block(at(14))
        found = await reading(connector, vendor, window)
        assert isinstance(found, BusyTimes)
        assert all(time.slot.overlaps(window) for time in found.times)
        assert merged([time.slot for time in found.times], window) == [Slot(at(11, 30).start, at(12).start)]

    @proves(Tier.GOLD, BUSY)
    async def test_events_over_a_clock_change_keep_their_length(self, connector: Any, vendor: Any) -> None:
        """From 01:30 to 03:30 on the night the clocks go forward is one hour; read offsets, not wall clocks."""
        vendor.block(Slot(SPRING.replace(hour=1, minute=30), SPRING.replace(hour=3, minute=30)))
        vendor.block(at(9))
        night, morning = await busy_slots(connector, vendor, DAY)
        assert night.length == timedelta(hours=1)
        assert night.start.astimezone(UTC) == datetime(2031, 3, 30, 0, 30, tzinfo=UTC)
        assert morning == at(9)

    @proves(Tier.GOLD, BUSY)
    async def test_unreadable_calendar_is_not_free(self, connector: Any, vendor: Any) -> None:
        """A calendar that does not exist or may not be read is Unreadable, for a lasting reason: never without busy times."""
        found = await reading(connector, vendor, DAY, calendar=vendor.unreadable)
        assert isinstance(found, Unreadable)
        assert found.lasting, "the host would bind a calendar that is not there"
        assert found.reason.strip()

    @proves(Tier.GOLD, BUSY)
    async def test_one_unreadable_calendar_leaves_the_others(self, connector: Any, vendor: Any) -> None:
        """One question about several calendars answers each by itself."""
        vendor.block(at(10))
        places = [vendor.unreadable, vendor.calendar, vendor.second][: max(2, connector.manifest.limits.busy_batch)]
        found = await connector.busy.read([asked(vendor, place) for place in places], DAY)
        assert isinstance(found.get(vendor.unreadable, Unreadable(reason="missing")), Unreadable)
        assert merged([time.slot for time in found[vendor.calendar].times], DAY) == [at(10)]
        assert [found[place].times for place in places[2:]] in ([], [[]], [()])

    @proves(Tier.GOLD, BUSY)
    @pytest.mark.parametrize("fault", FAULTS, ids=str)
    async def test_failed_reading_is_not_free(self, connector: Any, vendor: Any, wire: Wire, fault: Fault) -> None:
        """A failure raises for all calendars, or makes the one Unreadable."""
        vendor.block(DAY)
        fault.happen(wire)
        try:
            found = await reading(connector, vendor, DAY)
        except ConnectorError as error:
            await check_outcome(_raising(error), fault, wire)
        else:
            assert isinstance(found, Unreadable)

    @proves(Tier.GOLD, BUSY)
    @pytest.mark.parametrize("status", [204, 400, 404, 410])
    async def test_status_without_busy_times_is_not_free(
        self, connector: Any, vendor: Any, wire: Wire, status: int
    ) -> None:
        """Every status but the one that carries the busy times is not free, whatever the vendor calls it."""
        wire.answer(status, times=9)
        try:
            found = await reading(connector, vendor, DAY)
        except ConnectorError:
            return
        assert isinstance(found, Unreadable)


async def _raising(error: ConnectorError) -> None:
    raise error

"""Calendar checks, second half: busy means busy, free means free, and unknown is never free."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pointsman_sdk import Capability, ConnectorError, Rejected, Slot
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.samples import SPRING, at, request
from pointsman_sdk.testing.tiers import Tier, proves

CALENDAR = Capability.CALENDAR
DAY = Slot(SPRING, SPRING + timedelta(days=1))


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


class BusyChecks(Bench):
    """busy, booked."""

    @proves(Tier.GOLD, CALENDAR)
    async def test_other_events_are_busy(self, connector: Any, vendor: Any) -> None:
        """busy() reports everyone's events, and nothing where there are none."""
        assert list(await connector.busy(vendor.calendar, DAY)) == []
        vendor.block(at(10))
        vendor.block(at(12, minutes=60))
        assert merged(await connector.busy(vendor.calendar, DAY), DAY) == [at(10), at(12, minutes=60)]

    @proves(Tier.GOLD, CALENDAR)
    async def test_own_bookings_are_busy(self, connector: Any, vendor: Any) -> None:
        """A booking shows as busy as soon as book() has returned."""
        made = await connector.book(request(vendor.calendar))
        assert merged(await connector.busy(vendor.calendar, DAY), DAY) == [made.slot]

    @proves(Tier.GOLD, CALENDAR)
    async def test_free_events_are_free(self, connector: Any, vendor: Any) -> None:
        """Events that their owner marked as free do not block."""
        vendor.block(at(10), busy=False)
        vendor.block(at(15))
        assert merged(await connector.busy(vendor.calendar, DAY), DAY) == [at(15)]

    @proves(Tier.GOLD, CALENDAR)
    async def test_only_the_window_is_reported(self, connector: Any, vendor: Any) -> None:
        """What ends where the window starts, or starts where it ends, is outside; what reaches in, counts."""
        window = Slot(at(10).start, at(12).start)
        vendor.block(Slot(at(9).start, at(10).start))
        vendor.block(Slot(at(11, 30).start, at(13).start))
        vendor.block(at(14))
        found = await connector.busy(vendor.calendar, window)
        assert all(slot.overlaps(window) for slot in found)
        assert merged(found, window) == [Slot(at(11, 30).start, at(12).start)]

    @proves(Tier.GOLD, CALENDAR)
    async def test_events_over_a_clock_change_keep_their_length(self, connector: Any, vendor: Any) -> None:
        """From 01:30 to 03:30 on the night the clocks go forward is one hour; read offsets, not wall clocks."""
        vendor.block(Slot(SPRING.replace(hour=1, minute=30), SPRING.replace(hour=3, minute=30)))
        vendor.block(at(9))
        night, morning = merged(await connector.busy(vendor.calendar, DAY), DAY)
        assert night.length == timedelta(hours=1)
        assert night.start.astimezone(UTC) == datetime(2031, 3, 30, 0, 30, tzinfo=UTC)
        assert morning == at(9)

    @proves(Tier.GOLD, CALENDAR)
    async def test_unreadable_calendar_is_not_free(self, connector: Any, vendor: Any) -> None:
        """A calendar that does not exist or may not be read raises Rejected: never an empty list."""
        with pytest.raises(Rejected):
            await connector.busy(vendor.unreadable, DAY)

    @proves(Tier.GOLD, CALENDAR)
    @pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 404, 429, 500, 503])
    async def test_refused_reading_is_not_free(
        self, connector: Any, vendor: Any, wire: FaultyTransport, status: int
    ) -> None:
        """Every status but the one that carries the busy times raises, whatever the vendor calls it."""
        wire.answer(status, times=9)
        with pytest.raises(ConnectorError):
            await connector.busy(vendor.calendar, DAY)

    @proves(Tier.GOLD, CALENDAR)
    @pytest.mark.parametrize("fault", ["garble", "truncate", "flood", "refuse"])
    async def test_spoilt_reading_is_not_free(
        self, connector: Any, vendor: Any, wire: FaultyTransport, fault: str
    ) -> None:
        """An answer that is not the vendor's, not whole or without end raises."""
        vendor.block(at(10))
        getattr(wire, fault)(times=9)
        with pytest.raises(ConnectorError):
            await connector.busy(vendor.calendar, DAY)

    @proves(Tier.SILVER, CALENDAR)
    async def test_own_appointments_are_read_back(self, connector: Any, vendor: Any) -> None:
        """booked() lists the host's own appointments in the window by start, and no others."""
        vendor.block(at(8))
        late = await connector.book(request(vendor.calendar, key="late", slot=at(16)))
        early = await connector.book(request(vendor.calendar, key="early", slot=at(9)))
        await connector.book(
            request(vendor.calendar, key="next-day", slot=Slot(DAY.end, at(9).end + timedelta(days=1)))
        )
        assert list(await connector.booked(vendor.calendar, DAY)) == [early, late]

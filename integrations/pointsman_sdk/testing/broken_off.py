"""Lists that break off: the pages before the failure are not the list."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pointsman_sdk import Capability, ConnectorError, RecordKind, Unreadable
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.busytimes import DAY, reading
from pointsman_sdk.testing.samples import appointment, at
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

HOURS = (8, 10, 12, 14, 16)


async def break_off(wire: Wire, read: Callable[[], Awaitable[object]]) -> None:
    """Fail each call but the first of a reading in turn: it raises, or is Unreadable. Excused where it is one call."""
    wire.seen = []
    await read()
    calls = len(wire.seen)
    if calls < 2:
        pytest.skip("excused: this list comes in one answer")
    for done in range(1, calls):
        wire.answer(500, skip=done, times=99)
        try:
            found = await read()
        except ConnectorError:
            continue
        finally:
            wire.heal()
        assert isinstance(found, Unreadable), f"{done} of {calls} answers were taken for the whole"


class BrokenOffChecks(Bench):
    """A page after the first one fails."""

    @proves(Tier.GOLD, Capability.APPOINTMENTS)
    async def test_ours_that_break_off_raise(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """ours() without its last page would call off what stands there: let the failure of any page out."""
        for hour in HOURS:
            await connector.appointments.put(appointment(vendor.calendar, key=f"own-{hour}", slot=at(hour)))
        await break_off(wire, lambda: connector.appointments.ours(vendor.calendar, DAY))

    @proves(Tier.GOLD, Capability.BUSY)
    async def test_busy_times_that_break_off_are_not_free(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """A calendar of which one page cannot be read is Unreadable, or read() raises: the rest of the day is not free."""
        for hour in HOURS:
            vendor.block(at(hour))
        await break_off(wire, lambda: reading(connector, vendor, DAY))

    @proves(Tier.GOLD, Capability.WATCHES)
    async def test_changes_that_break_off_raise(self, connector: Any, vendor: Any, wire: Wire) -> None:
        """changed() with half of the changes and a new cursor would lose the other half for good."""
        begun = await connector.watches.changed(vendor.calendar, None)
        for hour in HOURS:
            vendor.block(at(hour))
        await break_off(wire, lambda: connector.watches.changed(vendor.calendar, begun.cursor))

    @proves(Tier.GOLD, Capability.FIELDS)
    async def test_fields_that_break_off_raise(self, connector: Any, wire: Wire) -> None:
        """of() without its last page would have the host make fields that are there."""
        await break_off(wire, lambda: connector.fields.of(RecordKind.PERSON))

"""Answer checks: what a vendor sends is untrusted, and no answer may stop the process that asked for it."""

import contextlib
from typing import Any

import pytest

from pointsman_sdk import Capability, ConnectorError
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.busytimes import DAY
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.hostile import BOMBS, LARGE, WatchedReaders, blown_up
from pointsman_sdk.testing.samples import ADA
from pointsman_sdk.testing.tiers import Tier, proves

CALENDAR, CRM = Capability.CALENDAR, Capability.CRM


def read_apart(wire: FaultyTransport, readers: WatchedReaders) -> bool:
    """Whether a child read the large answers, if there were any."""
    return wire.largest <= LARGE or readers.largest > LARGE


class AnswerChecks(Bench):
    """Every read, over hostile answers and over large ones."""

    @proves(Tier.GOLD)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_answer_is_an_error(self, connector: Any, wire: FaultyTransport, bomb: str) -> None:
        """Read answers by `read_answer` and the SDK's readers: no parser of your own may be handed what a vendor sends."""
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with pytest.raises(ConnectorError):
            await connector.check()

    @proves(Tier.GOLD)
    async def test_large_answer_is_read_apart(
        self, connector: Any, wire: FaultyTransport, readers: WatchedReaders
    ) -> None:
        """What has more than 256 kB is refused, or read in a child by `context.readers`: nothing else runs meanwhile here."""
        wire.alter(blown_up, times=9)
        with contextlib.suppress(ConnectorError):
            await connector.check()
            assert read_apart(wire, readers), "a large answer was read in the process that serves everybody"

    @proves(Tier.GOLD, CALENDAR)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_reading_is_not_free(
        self, connector: Any, vendor: Any, wire: FaultyTransport, bomb: str
    ) -> None:
        """busy() raises a ConnectorError for an answer that cannot be read, whatever it does to a parser."""
        vendor.block(DAY)
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with pytest.raises(ConnectorError):
            await connector.busy(vendor.calendar, DAY)

    @proves(Tier.GOLD, CALENDAR)
    async def test_large_reading_is_read_apart(
        self, connector: Any, vendor: Any, wire: FaultyTransport, readers: WatchedReaders
    ) -> None:
        """busy() refuses an answer of more than 256 kB, or reads it in a child."""
        vendor.block(DAY)
        wire.alter(blown_up, times=9)
        with contextlib.suppress(ConnectorError):
            assert await connector.busy(vendor.calendar, DAY), "a large reading was taken for a free day"
            assert read_apart(wire, readers), "a large answer was read in the process that serves everybody"

    @proves(Tier.GOLD, CRM)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_record_is_not_none(self, connector: Any, wire: FaultyTransport, bomb: str) -> None:
        """person() raises a ConnectorError for an answer that cannot be read: None would make the host create another."""
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with pytest.raises(ConnectorError):
            await connector.person(ADA.email)

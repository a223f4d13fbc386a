"""Answer checks: what a vendor sends is untrusted, and no answer may stop the process that asked for it."""

import contextlib
from typing import Any

import pytest

from pointsman_sdk import Capability, ConnectorError, PersonBy, Unreadable
from pointsman_sdk.testing.bench import Bench
from pointsman_sdk.testing.busytimes import DAY, reading
from pointsman_sdk.testing.hostile import BOMBS, LARGE, WatchedReaders, blown_up
from pointsman_sdk.testing.samples import ADA
from pointsman_sdk.testing.tiers import Tier, proves
from pointsman_sdk.testing.wire import Wire

BUSY, PEOPLE = Capability.BUSY, Capability.PEOPLE


def read_apart(wire: Wire, readers: WatchedReaders) -> bool:
    """Whether a child read the large answers, if there were any."""
    return wire.largest <= LARGE or readers.largest > LARGE


class AnswerChecks(Bench):
    """Every read, over hostile answers and over large ones."""

    @proves(Tier.GOLD)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_answer_is_an_error(self, connector: Any, wire: Wire, bomb: str) -> None:
        """Read answers by `read_answer` and the SDK's readers: no parser of your own may be handed what a vendor sends."""
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with pytest.raises(ConnectorError):
            await connector.check()

    @proves(Tier.GOLD)
    async def test_large_answer_is_read_apart(self, connector: Any, wire: Wire, readers: WatchedReaders) -> None:
        """What has more than 256 kB is refused, or read in a child by `context.readers`: nothing else runs meanwhile here."""
        wire.alter(blown_up, times=9)
        with contextlib.suppress(ConnectorError):
            await connector.check()
            assert read_apart(wire, readers), "a large answer was read in the process that serves everybody"

    @proves(Tier.GOLD, BUSY)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_reading_is_not_free(self, connector: Any, vendor: Any, wire: Wire, bomb: str) -> None:
        """An answer that cannot be read is Unreadable, or raises a ConnectorError, whatever it does to a parser."""
        vendor.block(DAY)
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with contextlib.suppress(ConnectorError):
            assert isinstance(await reading(connector, vendor, DAY), Unreadable)

    @proves(Tier.GOLD, BUSY)
    async def test_large_reading_is_read_apart(
        self, connector: Any, vendor: Any, wire: Wire, readers: WatchedReaders
    ) -> None:
        """An answer of more than 256 kB is refused, or read in a child."""
        vendor.block(DAY)
        wire.alter(blown_up, times=9)
        with contextlib.suppress(ConnectorError):
            found = await reading(connector, vendor, DAY)
            assert isinstance(found, Unreadable) or found.times, "a large reading was taken for a free day"
            assert read_apart(wire, readers), "a large answer was read in the process that serves everybody"

    @proves(Tier.GOLD, PEOPLE)
    @pytest.mark.parametrize("bomb", BOMBS)
    async def test_hostile_record_is_not_none(self, connector: Any, wire: Wire, bomb: str) -> None:
        """find() raises a ConnectorError for an answer that cannot be read: None would make the host create another."""
        wire.alter(lambda _: BOMBS[bomb], times=9)
        with pytest.raises(ConnectorError):
            await connector.people.find(PersonBy(email=ADA.email))

"""The repository of feeds: how far each connection's intake has heard what its webhooks did not tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """Where a feed stands: the connector's cursor, and until when everything has come in; None before the first answer."""

    cursor: str | None
    complete_to: datetime | None


class Feeds(Protocol):
    async def begin(self, intake_id: UUID, *, at: datetime) -> None:
        """A new intake's feed, to be asked at once."""
        ...

    async def wake(self, intake_id: UUID, *, at: datetime, spacing: timedelta) -> bool:
        """Ask it soon, no sooner than `spacing` after it was complete; once more, where it is being asked. Whether it is due."""
        ...

    async def due(self, *, at: datetime, limit: int) -> Sequence[UUID]:
        """The open intakes that are to be asked, those that wait longest first."""
        ...

    async def claim(self, intake_id: UUID, *, lease: UUID, at: datetime, until: datetime) -> FeedPlace | None:
        """For one worker; None when another has it, or it is not due."""
        ...

    async def keep(
        self, intake_id: UUID, *, lease: UUID, cursor: str | None, complete_to: datetime | None, leased_until: datetime
    ) -> bool:
        """One page is stored. False, and nothing is kept, when the lease was lost."""
        ...

    async def release(self, intake_id: UUID, *, lease: UUID, claimed_at: datetime, next_at: datetime) -> None:
        """The worker is done with it; one that was woken since it was claimed keeps that moment."""
        ...

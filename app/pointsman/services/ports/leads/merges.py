"""The merges repository: leads that are one person become one lead."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Merges(Protocol):
    """What moves when two leads turn out to be one person; both rows are locked."""

    async def move_identities(self, lead_id: UUID, *, into: UUID) -> Sequence[tuple[str, str, str]]:
        """The (sender, source system, external id) of the lead, which are those of `into` from then on; numbers go unnamed."""
        ...

    async def move_email(self, lead_id: UUID, *, into: UUID) -> None:
        """The lead's email becomes the one of `into`, which has none."""
        ...

    async def end_hold(self, lead_id: UUID, *, at: datetime) -> None:
        """The lead waits no longer, since the other one's holder has it now."""
        ...

    async def close_open_items(self, lead_id: UUID, *, at: datetime) -> None:
        """End what is open of the lead beside its assignment: holds, alerts, slot holds, gate passes, overrides."""
        ...

    async def mark_merged(self, lead_id: UUID, *, into: UUID, at: datetime) -> None:
        """The lead, and each lead that was merged into it before, is `into` from now on."""
        ...

    async def merged_leads(self, lead_id: UUID) -> Sequence[UUID]:
        """What was merged into the lead, oldest first."""
        ...

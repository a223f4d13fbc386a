"""The repository of all that is stored under the service's own keys, whichever table it lies in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedRow:
    """One stored ciphertext: the table and the row that hold it."""

    table: str
    id: UUID
    sealed: bytes


class SealedSecrets(Protocol):
    async def page(self, *, after: tuple[str, UUID] | None, limit: int) -> Sequence[SealedRow]:
        """By table and id."""
        ...

    async def replace(self, row: SealedRow, sealed: bytes) -> bool:
        """False when the row holds something else by now, or is gone."""
        ...

    async def open_links(self, *, at: datetime) -> tuple[int, datetime | None]:
        """How many booking links still lead somewhere, and when the last of them ends. Their seals are stored nowhere."""
        ...

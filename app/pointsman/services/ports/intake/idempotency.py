"""The store of answers that a repeated request gets again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """The answer that an idempotency key stands for."""

    body_hash: bytes
    status: int
    answer: bytes
    language: str | None = None  # of the sentences in it


class IdempotencyStore(Protocol):
    async def lock_key(self, *, caller: str, route: str, key: str) -> tuple[bool, StoredResponse | None]:
        """(whether the key is ours until the transaction ends, the answer stored under it)."""
        ...

    async def store(self, *, caller: str, route: str, key: str, answer: StoredResponse, at: datetime) -> None:
        """Raises LostRace when the key was stored meanwhile: run again to read the answer."""
        ...

    async def purge(self, *, before: datetime, limit: int) -> int: ...

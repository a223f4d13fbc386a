"""The intakes repository: where webhooks come in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRow:
    """One configured source of leads or hand-overs; `sealed` holds its signing secrets, encrypted.

    With a `connection` (its key) that one's connector answers its webhooks, and there are no verifier and no secrets.
    """

    id: UUID
    key: str
    title: str
    kind: str  # lead | handover
    verifier: Mapping[str, Any]
    sealed: bytes
    mapping: Mapping[str, Any]
    sample: Any
    active: bool
    version: int
    created_at: datetime
    connection: str | None = None


class Intakes(Protocol):
    async def by_key(self, key: str, *, lock: bool = False) -> IntakeRow | None: ...
    async def by_id(self, intake_id: UUID) -> IntakeRow | None: ...
    async def add(self, row: IntakeRow) -> bool:
        """False when the key is taken."""
        ...

    async def replace(self, row: IntakeRow) -> None: ...
    async def list(self) -> Sequence[IntakeRow]: ...
    async def of_connection(self, key: str) -> Sequence[tuple[UUID, int]]:
        """(id, version) of each active intake that this connection's connector answers for, by id."""
        ...

    async def source_systems(self) -> Sequence[str]:
        """The systems whose ids intakes bring, active or not."""
        ...

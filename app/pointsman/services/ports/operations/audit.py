"""The audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID


class Audit(Protocol):
    """Append-only: who did what to what, and why."""

    async def add(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        actor: str,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str | None = None,
    ) -> None: ...

    async def page(
        self, *, subject: str | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]: ...

"""The audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.messages.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines; None asks for all. From `since` on, before `until`."""

    subject: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None


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
        reason: Message | None = None,
    ) -> None: ...

    async def add_each(
        self, lines: Sequence[tuple[UUID, str, Mapping[str, Any]]], *, at: datetime, actor: str, action: str
    ) -> None:
        """Many lines of one act: the id, the subject and what is so afterwards of each."""
        ...

    async def page(
        self, which: AuditFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        """Newest first."""
        ...

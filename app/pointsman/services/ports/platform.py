"""Jobs, audit, alerts and API keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID


class Jobs(Protocol):
    """Work that follows from this transaction: written with it, run after it."""

    async def defer(
        self,
        task: str,
        args: Mapping[str, Any],
        *,
        lock: str | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> None:
        """Jobs with the same `lock` run one after another. `at` is the earliest start."""
        ...


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


class Alerts(Protocol):
    """What a human must look at; one open alert per code and subject."""

    async def put(
        self,
        *,
        id: UUID,  # noqa: A002  # the column's name
        at: datetime,
        code: str,
        subject: str,
        message: str,
    ) -> None: ...

    async def resolve(self, *, at: datetime, code: str, subject: str) -> None: ...

    async def is_open(self, *, code: str, subject: str) -> bool: ...

    async def list_open(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRow:
    """An API key as stored: the secret only as its SHA-256."""

    id: str
    name: str
    secret_hash: bytes
    scopes: frozenset[str]
    supplier: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemState:
    """What the database knows about the deployment."""

    revision: str | None  # of the schema; None before the first migration
    worker_seen_at: datetime | None  # the last sign of life of any worker
    now: datetime  # the database's clock
    server_version: int  # 150004 is 15.4


class System(Protocol):
    """The deployment as a whole."""

    async def state(self) -> SystemState: ...

    async def counts(self) -> Mapping[str, Mapping[str, int]]:
        """How many there are, by kind and label: {"decisions": {"assigned": 12}}. Never personal data."""
        ...

    async def claim_run(self, task: str, *, every: timedelta) -> bool:
        """Whether `task` is due, and this process is the one that does it now."""
        ...


class ApiKeys(Protocol):
    async def get(self, key_id: str) -> ApiKeyRow | None: ...
    async def add(self, row: ApiKeyRow) -> None: ...
    async def list(self) -> Sequence[ApiKeyRow]: ...
    async def revoke(self, key_id: str, *, at: datetime) -> bool: ...

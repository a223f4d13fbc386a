"""The state of the whole service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


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

    async def counts(self, *, at: datetime) -> Mapping[str, Mapping[str, int]]:
        """How many there are, by kind and label: {"decisions": {"assigned": 12}}. Never personal data."""
        ...

    async def claim_run(self, task: str, *, every: timedelta) -> bool:
        """Whether `task` is due, is not to wait after a failure, and this process is the one that does it now."""
        ...

    async def run_succeeded(self, task: str) -> None:
        """The run of `task` came to its end; an open alert that it fails is resolved."""
        ...

    async def run_failed(self, task: str, *, error: str, wait: timedelta, longest_wait: timedelta) -> int:
        """Record a failed run; how many failed in a row by now.

        No worker runs the task again before `wait` has passed, doubled with each failure in a row, at most `longest_wait`.
        """
        ...

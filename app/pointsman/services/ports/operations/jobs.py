"""The job queue."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

#: The queue of jobs that wait for nothing outside. Statements that write a job beside their rows name it themselves.
QUEUE = "pointsman"
#: Jobs that wait for a vendor: the worker gives them places of their own, so that no decision waits behind them.
VENDOR_QUEUE = "pointsman-vendors"


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
        calls_vendor: bool = False,
    ) -> None:
        """Jobs with the same `lock` run one after another. `at` is the earliest start.

        Jobs that `calls_vendor` run in a queue of their own.
        """
        ...

    async def defer_each(
        self, task: str, jobs: Sequence[tuple[Mapping[str, Any], datetime]], *, calls_vendor: bool = False
    ) -> None:
        """A job for each of the arguments, to begin at that time at the earliest."""
        ...

    async def defer_once(
        self, task: str, *, intake_id: UUID | None = None, calls_vendor: bool = False, at: datetime | None = None
    ) -> None:
        """Have `task`, which looks at everything (of an intake), run after this, once for all that ask before it begins.

        It begins when they have ended, and never twice at once; not before `at`, where nobody asked before.
        """
        ...

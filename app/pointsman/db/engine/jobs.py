"""Jobs are written in the transaction that they follow from.

The SQL function belongs to procrastinate's schema (migration 0002); the worker runs what stands here.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

QUEUE = "pointsman"

_DEFER = text(
    "select procrastinate_defer_jobs_v1(array[row("
    f"'{QUEUE}', cast(:task as varchar), cast(:priority as integer), cast(:lock as text), null,"
    " cast(:args as jsonb), cast(:at as timestamptz)"
    ")::procrastinate_job_to_defer_v1])"
)


def defer_each(task: str, *, args: str, source: str) -> str:
    """SQL that defers one `task` per row of `source`, for use inside a larger statement.

    `args` is a jsonb expression over the row: `defer_each("inbox.process", args="jsonb_build_object('inbox_id', id)",
    source="accepted")`. No row means no job. All three are written by us, never by a caller.
    """
    job = f"row('{QUEUE}', '{task}', 0, null, null, {args}, null)::procrastinate_job_to_defer_v1"
    return f"select procrastinate_defer_jobs_v1(array_agg({job})) from {source}"


class SqlJobs:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def defer(
        self,
        task: str,
        args: Mapping[str, Any],
        *,
        lock: str | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> None:
        await self._connection.execute(
            _DEFER, {"task": task, "args": json.dumps(args), "lock": lock, "at": at, "priority": priority}
        )

"""Jobs are written in the transaction that they follow from.

The SQL function belongs to procrastinate's schema (migration 0102); the worker runs what stands here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.services.ports.operations.jobs import QUEUE, VENDOR_QUEUE

_DEFER = PreparedStatement("""
    select procrastinate_defer_jobs_v1(array[row(
        cast(:queue as varchar), cast(:task as varchar), cast(:priority as integer), cast(:lock as text), null,
        cast(:args as jsonb), cast(:at as timestamptz)
    )::procrastinate_job_to_defer_v1])
""")
#: What finds the job waiting keeps its row from the worker until the transaction ends: the job begins after it, and sees it.
_DEFER_ONCE = PreparedStatement("""
    insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
    values (:queue, :task, 0, cast(:lock as text), cast(:lock as text), cast(:args as jsonb), cast(:at as timestamptz))
    on conflict (queueing_lock) where status = 'todo' do update set priority = procrastinate_jobs.priority
""")


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
        calls_vendor: bool = False,
    ) -> None:
        given = {"task": task, "args": json.dumps(args), "lock": lock, "at": at, "priority": priority}
        await _DEFER.run(self._connection, {"queue": VENDOR_QUEUE if calls_vendor else QUEUE, **given})

    async def defer_each(
        self, task: str, jobs: Sequence[tuple[Mapping[str, Any], datetime]], *, calls_vendor: bool = False
    ) -> None:
        queue = VENDOR_QUEUE if calls_vendor else QUEUE
        given = {"queue": queue, "task": task, "lock": None, "priority": 0}
        await _DEFER.run_each(self._connection, [given | {"args": json.dumps(args), "at": at} for args, at in jobs])

    async def defer_once(
        self, task: str, *, intake_id: UUID | None = None, calls_vendor: bool = False, at: datetime | None = None
    ) -> None:
        args = {} if intake_id is None else {"intake_id": str(intake_id)}
        given = {
            "queue": VENDOR_QUEUE if calls_vendor else QUEUE,
            "task": task,
            "lock": task if intake_id is None else f"{task}:{intake_id}",
            "args": json.dumps(args),
            "at": at,
        }
        await _DEFER_ONCE.run(self._connection, given)

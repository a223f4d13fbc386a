"""`work`: the process that works on what was accepted. A deployment runs any number of them."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from pointsman.cli.settings import settings_or_exit
from pointsman.connectors.pace.masks import MaskedLines
from pointsman.db.engine.engine import LIFE_SIGNS, time_outs
from pointsman.db.revision import HEAD_REVISION
from pointsman.domain.gc_pause import collect_as_usual
from pointsman.logs import configure_logs
from pointsman.postgres_connection import patience_s
from pointsman.settings import Settings
from pointsman.wiring import settle_memory, wire
from pointsman.worker.queue import QueueSettings
from pointsman.worker.run import run_worker

_SWEEPING = 4  # connections beside those of running jobs, which are so many in each of two queues


def work(
    concurrency: Annotated[int | None, typer.Option(min=1, max=200, help="help.work.concurrency")] = None,
) -> None:
    """Work on what was accepted: webhooks, calendars, leads that wait."""
    chosen = settings_or_exit() if concurrency is None else settings_or_exit(worker_concurrency=concurrency)
    configure_logs(form=chosen.log_format, level=chosen.log_level, filters=[MaskedLines()])
    asyncio.run(_work(chosen))


async def _work(chosen: Settings) -> None:
    wired = wire(chosen, name="pointsman-worker", pool_size=2 * chosen.worker_concurrency + _SWEEPING)
    queue = QueueSettings(
        conninfo=chosen.conninfo,
        concurrency=chosen.worker_concurrency,
        job_deadline=timedelta(seconds=chosen.job_deadline_s),
        options=time_outs(chosen.statement_timeout_ms),
        life_signs=LIFE_SIGNS,
        patience_s=patience_s(chosen.statement_timeout_ms),
    )
    collect_as_usual()
    settle_memory()
    try:
        await run_worker(wired.env, queue, needs_revision=HEAD_REVISION)
    finally:
        await wired.aclose()

"""Running one sweep again and again: whatever happens to it is logged, counted and, when it lasts, alerted about."""

import asyncio
import random
from datetime import timedelta

import structlog

from pointsman.logs import safe_traceback
from pointsman.services.operations.sweep_runs import record_failure, record_success
from pointsman.services.ports import DatabaseUnavailable, Env
from pointsman.services.sweeps import ItemsFailed
from pointsman.worker.tasks import PeriodicTask

_log = structlog.get_logger("pointsman.worker")

_FIRST_WAIT_S = 0.5  # after a failure that could not be recorded: the database is away, or busy
_LONGEST_WAIT_S = 5.0
_DEADLINE_S = 90.0  # a use case ends its run long before; this ends one that hangs


async def keep_sweeping(env: Env, task: PeriodicTask, stop: asyncio.Event) -> None:
    """Run `task` about `every` until `stop`. Every worker asks; the database gives each run to one of them."""
    unrecorded = 0
    while not stop.is_set():
        recorded = await _sweep_once(env, task)
        unrecorded = 0 if recorded else unrecorded + 1
        pause_s = min(_FIRST_WAIT_S * 2 ** (unrecorded - 1), _LONGEST_WAIT_S) if unrecorded else 0.0
        # Chance keeps the workers from asking at once.
        await pause(stop, timedelta(seconds=pause_s) or task.every * random.uniform(0.9, 1.1))


async def pause(stop: asyncio.Event, duration: timedelta) -> None:
    """Wait for so long, or until told to stop."""
    try:
        async with asyncio.timeout(duration.total_seconds()):
            await stop.wait()
    except TimeoutError:
        return


async def _sweep_once(env: Env, task: PeriodicTask) -> bool:
    """One turn of one worker. False when the run failed and the database could not be told so."""
    began = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(_DEADLINE_S):
            async with env.uow.autocommit() as tx:
                mine = await tx.system.claim_run(task.name, every=task.every * 0.8)
            if not mine:
                return True
            found = await task.run(env)
            await record_success(env, task.name)
    except Exception as error:  # noqa: BLE001  # the top of the sweep's loop
        return await _failed(env, task, error, asyncio.get_running_loop().time() - began)
    if found:
        _log.info("sweep", task=task.name, found=found)
    return True


async def _failed(env: Env, task: PeriodicTask, error: Exception, seconds: float) -> bool:
    # A run that came to its end is no reason to wait: what it could not do keeps no other thing waiting.
    complete = isinstance(error, ItemsFailed)
    reason = _reason(error)
    in_a_row = None
    try:
        in_a_row = await record_failure(env, task.name, error=reason, every=task.every, waits=not complete)
    except Exception as unrecorded:  # noqa: BLE001  # the failure itself is logged below all the same
        _log.warning("sweep's failure not recorded", task=task.name, reason=_reason(unrecorded))
    cause = error.__cause__ if complete and isinstance(error.__cause__, Exception) else error
    _log.error(
        "sweep failed",
        task=task.name,
        seconds=round(seconds, 3),
        reason=reason,
        in_a_row=in_a_row,
        **safe_traceback(cause),
    )
    return in_a_row is not None


def _reason(error: Exception) -> str:
    """The kind of error, and words only where they are ours and name no person."""
    if isinstance(error, ItemsFailed):
        return f"{error} ({type(error.__cause__).__name__})"
    if isinstance(error, TimeoutError):
        return f"it took longer than {_DEADLINE_S:g} s"
    if isinstance(error, DatabaseUnavailable):
        return "the database does not answer"
    return getattr(error, "code", None) or type(error).__name__

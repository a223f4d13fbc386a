"""How the runs of the sweeps went: recorded for the metrics, alerted about when one fails again and again."""

from datetime import timedelta

from pointsman.domain.messages.message import as_written, say
from pointsman.services.ports import Env
from pointsman.services.ports.operations.alerts import AlertCode

#: So many failures in a row raise an alert; the first success resolves it.
ALERT_AFTER_FAILURES = 3
LONGEST_WAIT = timedelta(seconds=15)


async def record_success(env: Env, task: str) -> None:
    """The run came to its end."""
    async with env.uow.autocommit() as tx:
        await tx.system.run_succeeded(task)


async def record_failure(env: Env, task: str, *, error: str, every: timedelta, waits: bool) -> int:
    """The run failed; how many did in a row by now. `error` is safe to show.

    With `waits`, no worker begins the next run before a wait that doubles with each failure, from `every` up to
    LONGEST_WAIT, or `every` where that is longer.
    """
    longest = max(every, LONGEST_WAIT) if waits else timedelta(0)
    async with env.uow() as tx:
        in_a_row = await tx.system.run_failed(task, error=error, wait=every, longest_wait=longest)
        if in_a_row >= ALERT_AFTER_FAILURES:
            message = say("alerts.sweep-failing", sweep=task, count=in_a_row, error=as_written(error))
            await tx.alerts.put(
                id=env.new_id(), at=env.clock(), code=AlertCode.SWEEP_FAILING, subject=f"sweep:{task}", message=message
            )
    return in_a_row

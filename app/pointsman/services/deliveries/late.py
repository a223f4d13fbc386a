"""Deliveries that wait for hours: a human hears of it long before anything is given up."""

from datetime import timedelta

from pointsman.domain.messages.message import connection_name, message_from_json, say
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

LATE_AFTER = timedelta(hours=1)  # what a vendor's maintenance takes, and no human minds


async def alert_late_deliveries(env: Env) -> int:
    """One alert for each connection that left its deliveries unanswered for so long; it ends by itself. How many are new."""

    async def work(tx: Tx) -> int:
        now, new = env.clock(), 0
        late = await tx.deliveries.late(before=now - LATE_AFTER)
        for one in late:
            subject = f"connection:{one.connection}"
            if await tx.alerts.is_open(code=AlertCode.DELIVERIES_LATE, subject=subject):
                continue
            message = say(
                "alerts.deliveries-late",
                connection=connection_name(one.connection),
                count=one.count,
                since=one.since,
                error=message_from_json(one.last_error),
            )
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.DELIVERIES_LATE, subject=subject, message=message
            )
            new += 1
        still = {f"connection:{one.connection}" for one in late}
        for alert in await tx.alerts.list_open():
            if alert["code"] == AlertCode.DELIVERIES_LATE and alert["subject"] not in still:
                await tx.alerts.resolve(at=now, code=AlertCode.DELIVERIES_LATE, subject=alert["subject"])
        return new

    return await run_in_transaction(env, work)

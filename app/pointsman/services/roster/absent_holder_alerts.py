"""Leads of a rep who is not there: an alert per rep, which ends by itself when none is left."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_hours import away_until
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode

#: An absence this long leaves leads alone for too long.
LONG_ABSENCE = timedelta(days=3)


async def update_absent_holder_alerts(env: Env, tx: Tx) -> None:
    """Raise, renew and resolve the alerts about reps who hold leads while they are inactive or away for long."""
    now = env.clock()
    reps: Iterable[Rep] = await tx.roster.reps()
    idle = {rep.key: rep for rep in reps if _is_absent(rep, now)}
    counts = await tx.roster.count_open_leads(sorted(idle)) if idle else {}
    told = {
        row["subject"]: row["message"]
        for row in await tx.alerts.list_open()
        if row["code"] == AlertCode.INACTIVE_HOLDER
    }
    wanted = {f"rep:{key}": _message(idle[key], now, count) for key, count in counts.items() if count}
    for subject, message in wanted.items():
        if told.get(subject) != message:
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.INACTIVE_HOLDER, subject=subject, message=message
            )
    for subject in told.keys() - wanted.keys():
        await tx.alerts.resolve(at=now, code=AlertCode.INACTIVE_HOLDER, subject=subject)


def _is_absent(rep: Rep, now: datetime) -> bool:
    back = away_until(rep, now)
    return not rep.active or (back is not None and back - _away_since(rep, now) >= LONG_ABSENCE)


def _away_since(rep: Rep, now: datetime) -> datetime:
    """When the absence that covers `now` began, adjoining ones counted as one."""
    start = now
    for off in sorted(rep.time_off, key=lambda off: off.end, reverse=True):
        if off.start < start <= off.end:
            start = off.start
    return start


def _message(rep: Rep, now: datetime, count: int) -> Message:
    back = away_until(rep, now) if rep.active else None
    if back is None:
        return say("alerts.holder-inactive", rep=rep_name(rep.key), count=count, key=rep.key)
    until = to_local_time(back, rep.time_zone)
    return say("alerts.holder-away", rep=rep_name(rep.key), count=count, key=rep.key, until=until)

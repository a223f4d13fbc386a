"""Leads of a rep who is not there: an alert per rep, which ends by itself when none is left."""

from collections.abc import Iterable
from datetime import datetime, timedelta

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
    idle = {rep.key: why for rep in reps if (why := _absence_reason(rep, now)) is not None}
    counts = await tx.roster.count_open_leads(sorted(idle)) if idle else {}
    told = {
        row["subject"]: row["message"]
        for row in await tx.alerts.list_open()
        if row["code"] == AlertCode.INACTIVE_HOLDER
    }
    wanted = {f"rep:{key}": _message(key, idle[key], count) for key, count in counts.items() if count}
    for subject, message in wanted.items():
        if told.get(subject) != message:
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.INACTIVE_HOLDER, subject=subject, message=message
            )
    for subject in told.keys() - wanted.keys():
        await tx.alerts.resolve(at=now, code=AlertCode.INACTIVE_HOLDER, subject=subject)


def _absence_reason(rep: Rep, now: datetime) -> str | None:
    if not rep.active:
        return f"{rep.name} is not active"
    back = away_until(rep, now)
    if back is None:
        return None
    return (
        f"{rep.name} is away until {back:%Y-%m-%d %H:%M %Z}" if back - _away_since(rep, now) >= LONG_ABSENCE else None
    )


def _away_since(rep: Rep, now: datetime) -> datetime:
    """When the absence that covers `now` began, adjoining ones counted as one."""
    start = now
    for off in sorted(rep.time_off, key=lambda off: off.end, reverse=True):
        if off.start < start <= off.end:
            start = off.start
    return start


def _message(key: str, why: str, count: int) -> str:
    leads = "1 lead" if count == 1 else f"{count} leads"
    return f"{why} and holds {leads}. Give them to others: POST /v1/reps/{key}/reassign."

"""An alert names each rep whose row in the database differs from the newest version of the roster."""

from collections.abc import Iterable

from pointsman.domain.roster.reps import Rep
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.snapshot import roster_as_json

SUBJECT = "roster"


async def update_outdated_roster_alert(env: Env, tx: Tx, reps: Iterable[Rep]) -> None:
    """Raise or resolve it. `reps` are the rows, read in this transaction.

    Decisions follow the version, the database's guards follow the rows: where they differ, leads of that rep cannot be given.
    """
    newest = await tx.roster.latest_snapshot()
    if newest is None:
        return
    now = env.clock()
    version, snapshot = newest
    before = {data["key"]: data for data in snapshot["reps"]}
    after = {data["key"]: data for data in roster_as_json({rep.key: rep for rep in reps})["reps"]}
    differing = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if not differing:
        await tx.alerts.resolve(at=now, code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT)
    elif not await tx.alerts.is_open(code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT):
        message = (
            f"Roster version {version} differs from the rows of {', '.join(differing)}, as after a change by hand: their"
            " leads cannot be routed. PUT these reps again, as they should be."
        )
        await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT, message=message)

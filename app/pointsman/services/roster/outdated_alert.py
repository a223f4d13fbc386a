"""An alert names each rep whose row in the database differs from the newest version of the roster."""

from pointsman.domain.messages.message import rep_name, say
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.roster.snapshot import roster_as_json

SUBJECT = "roster"


async def update_outdated_roster_alert(env: Env, tx: Tx) -> None:
    """Raise or resolve it; a roster that changes at this very moment is looked at the next time.

    Decisions follow the version, the database's guards follow the rows: where they differ, leads of that rep cannot be given.
    """
    newest = await tx.roster.latest_snapshot()
    reps = await tx.roster.reps()
    if newest is None or newest[0] != (await tx.policies.live_versions()).roster:
        return
    now = env.clock()
    version, snapshot = newest
    before = {data["key"]: data for data in snapshot["reps"]}
    after = {data["key"]: data for data in roster_as_json({rep.key: rep for rep in reps})["reps"]}
    differing = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if not differing:
        await tx.alerts.resolve(at=now, code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT)
    elif not await tx.alerts.is_open(code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT):
        message = say("alerts.roster-outdated", version=version, reps=tuple(map(rep_name, differing)))
        await tx.alerts.put(id=env.new_id(), at=now, code=AlertCode.ROSTER_OUTDATED, subject=SUBJECT, message=message)

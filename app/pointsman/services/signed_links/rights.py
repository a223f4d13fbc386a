"""The links of a lead that a caller handles, and how long one may live: one rule for every kind of link."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.services.ports import Actor, Tx

SHORTEST = timedelta(minutes=5)


async def links_handled(tx: Tx, lead_id: UUID, actor: Actor) -> Visibility:
    """The makers whose links of this lead the caller lists and ends; what kind of link it may make at all is asked before.

    A key of the house: all. A partner's or a rep's key: all while one of its reps has the lead, and later those that its own keys
    made. A lead that moved on has links that others made, and they would end with the one who has it no more.
    """
    if not actor.sees.is_limited or await tx.leads.is_with(lead_id, actor.sees):
        return SEES_ALL
    return actor.sees


def end_of_life(now: datetime, expires_in: timedelta | None, *, usual: timedelta, longest: timedelta) -> datetime:
    """When a link made at `now` ends, to the second. Raises Invalid "out-of-range"."""
    life = usual if expires_in is None else expires_in
    if not SHORTEST <= life <= longest:
        most = f"{longest.days}d" if longest.days else f"{longest.seconds // 3600}h"
        advice = f"Give from 5m to {most}."
        fault = Fault(path="body.expires_in", code="out-of-range", message=advice)
        raise Invalid(f"A link of this kind cannot live that long or short. {advice}", faults=[fault])
    return (now + life).astimezone(UTC).replace(microsecond=0)

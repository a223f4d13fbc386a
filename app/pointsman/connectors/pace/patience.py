"""How a caller takes it that a call may not begin at once, and what it is allowed for that."""

from enum import Enum

from pointsman.services.ports.vendors.pace import Allowance
from pointsman_sdk import Limits


class Patience(Enum):
    """How a caller takes it that a call may not begin at once."""

    COMES_BACK = "comes back"  # hears when, and stands in line until then
    WAITS = "waits"  # here, within its deadline
    FIRST = "first"  # the same, and others leave it a place: someone waits for the answer
    UNPACED = "unpaced"  # an admin asks, or a probe


def allowance_of(limits: Limits, patience: Patience, *, part: bool = False) -> Allowance:
    """Where someone waits for an answer, there is a place and a fifth of the bucket that others leave.

    `part`: of the connection, for a call whose rate is counted by its subject.
    """
    places, burst = max(limits.at_once, 1), max(limits.burst, 1)
    first = patience is Patience.FIRST
    rate = limits.rate if limits.rate and limits.rate > 0 and not part else None
    return Allowance(
        rate=rate,
        burst=burst,
        spare=0.0 if first else min(burst / 5, burst - 1.0),
        places=places if first or places == 1 else places - 1,
    )

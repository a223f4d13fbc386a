"""On which side of an appointment a caller acts: it follows from who calls, whatever the caller says."""

from enum import StrEnum

from pointsman.domain.errors import Forbidden
from pointsman.domain.permissions.callers import BOUND_TO_REP, UNLIMITED, CallerKind
from pointsman.domain.permissions.operations import PERMISSIONS, Operation, RepLimit


class ActorRole(StrEnum):
    """The side that acts on an appointment."""

    PROSPECT = "prospect"
    SETTER = "setter"
    CLOSER = "closer"
    OPERATOR = "operator"
    CALENDAR = "calendar"  # a human changed the event in the closer's own calendar
    SYSTEM = "system"


#: The side of a caller that is bound to no rep.
SIDE_OF_KIND = {
    CallerKind.ADMIN: ActorRole.OPERATOR,
    CallerKind.HOUSE: ActorRole.OPERATOR,
    CallerKind.PARTNER: ActorRole.OPERATOR,
    CallerKind.WEBHOOK: ActorRole.SETTER,
    CallerKind.BUYER: ActorRole.PROSPECT,
    CallerKind.SERVICE: ActorRole.SYSTEM,
}
#: The sides that may say that the buyer asked for it: who speaks with buyers before the appointment. The closer does not, since
#: a turn that the buyer gave back is given again.
ACTS_FOR_BUYER = frozenset({ActorRole.SETTER, ActorRole.OPERATOR, ActorRole.PROSPECT})


def acting_side(
    kind: CallerKind, operation: Operation, *, standing: ActorRole | None, asked: ActorRole | None = None
) -> ActorRole:
    """The side on which a caller acts who may do `operation`.

    `standing` is what the rep of a caller is to the appointment: closer, setter or None. `asked` is the side that the caller
    names: a setter or an operator may act for the buyer, an admin for anybody. Raises Forbidden for any other side, and where
    the caller's rep has no such part in the appointment.
    """
    limit = PERMISSIONS[operation].rep_limit
    own = standing if kind in BOUND_TO_REP else SIDE_OF_KIND[kind]
    if own is None or (kind in BOUND_TO_REP and limit is RepLimit.LEADS_IT and own is not ActorRole.CLOSER):
        raise Forbidden(f"This key is limited to {limit}, and this is none of them.", code="not-your-appointment")
    if asked is None or asked is own or kind in UNLIMITED:
        return asked or own
    if asked is ActorRole.PROSPECT and own in ACTS_FOR_BUYER:
        return asked
    raise Forbidden(
        f"The {own} does not act for the {asked}: leave `for_buyer` out, or let the setter do it.", code="not-your-side"
    )

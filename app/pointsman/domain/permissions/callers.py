"""The kinds of callers, and the scopes that a key may have."""

from enum import StrEnum


class CallerKind(StrEnum):
    """What stands behind a call. It decides, with the scopes of a key, what the caller may do and say."""

    ADMIN = "admin"  # a key with the scope `admin`
    HOUSE = "house"  # a key of the house, bound to no rep
    PARTNER = "partner"  # a key of a partner, bound to no rep
    REP = "rep"  # a key bound to one rep, of the house or of a partner
    WEBHOOK = "webhook"  # an intake whose signature was verified
    BUYER = "buyer"  # a booking link
    SERVICE = "service"  # the service by itself, and its commands on the machine


class Scope(StrEnum):
    """What a key may be allowed. `admin` may do everything."""

    INTAKE = "intake"
    HANDOVER = "handover"
    BOOKING = "booking"
    ADMIN = "admin"
    READ = "read"
    METRICS = "metrics"


#: The scopes that the key of a partner or of a rep may have: for working leads, never for running the deployment.
SCOPES_FOR_WORK = frozenset({Scope.INTAKE, Scope.HANDOVER, Scope.BOOKING, Scope.READ})


def kind_of_key(*, scopes: frozenset[Scope], supplier: str | None, rep: str | None) -> CallerKind:
    """The kind of the caller behind an API key."""
    if rep is not None:
        return CallerKind.REP
    if supplier is not None:
        return CallerKind.PARTNER
    return CallerKind.ADMIN if Scope.ADMIN in scopes else CallerKind.HOUSE

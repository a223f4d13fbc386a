"""The kinds of callers, and the scopes that a key may have."""

from dataclasses import dataclass
from enum import StrEnum


class CallerKind(StrEnum):
    """What stands behind a call. It decides, with the scopes of a key, what the caller may do and say."""

    ADMIN = "admin"  # a key with the scope `admin`
    HOUSE = "house"  # a key of the house, bound to no rep
    PARTNER = "partner"  # a key of a partner, bound to no rep
    REP = "rep"  # a key bound to a rep of the house
    PARTNER_REP = "partner-rep"  # a key bound to a partner's rep
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


#: The kinds of callers that act in the name of one rep.
BOUND_TO_REP = frozenset({CallerKind.REP, CallerKind.PARTNER_REP})
#: The kinds of callers that belong to a partner.
OF_PARTNER = frozenset({CallerKind.PARTNER, CallerKind.PARTNER_REP})
#: The kinds of callers that may do everything.
UNLIMITED = frozenset({CallerKind.ADMIN, CallerKind.SERVICE})
#: The scopes that the key of a partner or of a rep may have: for working leads, never for running the deployment.
SCOPES_FOR_WORK = frozenset({Scope.INTAKE, Scope.HANDOVER, Scope.BOOKING, Scope.READ})


def kind_of_key(*, scopes: frozenset[Scope], supplier: str | None, rep: str | None) -> CallerKind:
    """The kind of the caller behind an API key."""
    if rep is not None:
        return CallerKind.REP if supplier is None else CallerKind.PARTNER_REP
    if supplier is not None:
        return CallerKind.PARTNER
    return CallerKind.ADMIN if Scope.ADMIN in scopes else CallerKind.HOUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """The leads that a caller sees: those that reps of `supplier`, or `rep` itself, have or had; with neither, all."""

    supplier: str | None = None
    rep: str | None = None

    @property
    def is_limited(self) -> bool:
        return self.supplier is not None or self.rep is not None

    def covers_rep(self, rep: str, *, supplier: str) -> bool:
        """Whether what concerns a rep of `supplier` concerns the caller."""
        return self.rep in (None, rep) and self.supplier in (None, supplier)


SEES_ALL = Visibility()

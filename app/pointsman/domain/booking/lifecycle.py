"""The life of an appointment: what may be done with it when, and all that each act brings with it.

This table is the only place that says so. The services carry out what a row says; docs/booking.md shows the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """Where an appointment stands. The first three own their time; the last three are final."""

    REQUESTED = "requested"  # waits for the closer's word
    CONFIRMED = "confirmed"
    HELD = "held"  # it took place
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    REJECTED = "rejected"  # the closer said that it should never have been made


#: A lead has one appointment of these at most.
STANDING = frozenset({Status.REQUESTED, Status.CONFIRMED})


class Act(StrEnum):
    """What is done with an appointment."""

    BOOK = "book"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    REASSIGN = "reassign"
    CANCEL = "cancel"
    LAPSE = "lapse"  # nobody confirmed it in time
    ACCEPT = "accept"
    REJECT = "reject"
    HELD = "held"
    NO_SHOW = "no_show"
    OUTCOME = "outcome"


class By(StrEnum):
    """Who did it."""

    PROSPECT = "prospect"
    SETTER = "setter"
    CLOSER = "closer"
    OPERATOR = "operator"
    CALENDAR = "calendar"  # somebody changed the event in the closer's own calendar
    SYSTEM = "system"


class RejectCode(StrEnum):
    """Why a closer rejects an appointment."""

    WRONG_SEGMENT = "wrong_segment"
    WRONG_BUYER = "wrong_buyer"
    WRONG_VALUE = "wrong_value"
    NOT_QUALIFIED = "not_qualified"
    DUPLICATE = "duplicate"


class Outcome(StrEnum):
    """What became of a meeting that took place."""

    WON = "won"
    LOST = "lost"
    LATER = "later"


class Credit(StrEnum):
    """What happens to the turn that the rep took for this lead."""

    KEPT = "kept"
    TAKEN = "taken"  # it counts; if it had been given back, it counts again
    GIVEN_BACK = "given back"
    MOVED = "moved"  # given back, and the new rep takes one


class Gate(StrEnum):
    """What happens to the lead's pass of the gate."""

    KEPT = "kept"
    ASKED = "asked"  # it must be open, or the act is refused
    REVOKED = "revoked"  # and the evidence is used up: whoever is handed over again has fresh evidence


class Next(StrEnum):
    """Where the lead goes."""

    STAYS = "stays"
    BOOKED = "booked"
    WITH_CLOSER = "with its closer"  # to be booked again, or to be worked on
    ANOTHER_CLOSER = "another closer"  # routed to closing again, to somebody who never had it
    QUALIFICATION = "qualification"  # back to setting: routed there
    NURTURE = "nurture"
    WON = "won"
    CLOSED = "closed"


class Told(StrEnum):
    """What calendars and the CRM are told."""

    NOTHING = "nothing"
    BOOK = "book"
    MOVE = "move"  # time or standing changed
    CANCEL = "cancel"  # nothing once it is over
    HAND_ON = "hand on"  # cancelled with the old rep, booked with the new one, CRM owner changed: owed together


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One row: `case` tells rows of one act apart (who, which code, which outcome; "" when there is one row)."""

    act: Act
    case: str = ""
    status: Status | None  # None: stays as it was
    credit: Credit
    gate: Gate
    lead: Next
    told: Told


def _row(act: Act, case: str, status: Status | None, credit: Credit, gate: Gate, lead: Next, told: Told) -> Effect:
    return Effect(act=act, case=case, status=status, credit=credit, gate=gate, lead=lead, told=told)


_S, _C, _G, _N, _T = Status, Credit, Gate, Next, Told

EFFECTS: tuple[Effect, ...] = (
    _row(Act.BOOK, "automatic", _S.CONFIRMED, _C.TAKEN, _G.ASKED, _N.BOOKED, _T.BOOK),
    _row(Act.BOOK, "rep", _S.REQUESTED, _C.TAKEN, _G.ASKED, _N.BOOKED, _T.BOOK),
    _row(Act.CONFIRM, "", _S.CONFIRMED, _C.KEPT, _G.ASKED, _N.STAYS, _T.MOVE),
    _row(Act.LAPSE, "", _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.RESCHEDULE, "same rep", None, _C.KEPT, _G.ASKED, _N.STAYS, _T.MOVE),
    _row(Act.RESCHEDULE, "another rep", None, _C.MOVED, _G.ASKED, _N.STAYS, _T.HAND_ON),
    _row(Act.REASSIGN, "", None, _C.MOVED, _G.ASKED, _N.STAYS, _T.HAND_ON),
    _row(Act.CANCEL, By.PROSPECT, _S.CANCELLED, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.CANCEL, By.SETTER, _S.CANCELLED, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.CANCEL, By.CLOSER, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.CANCEL, By.OPERATOR, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.CANCEL, By.CALENDAR, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(Act.ACCEPT, "", None, _C.KEPT, _G.KEPT, _N.STAYS, _T.NOTHING),
    _row(Act.REJECT, RejectCode.WRONG_SEGMENT, _S.REJECTED, _C.GIVEN_BACK, _G.KEPT, _N.ANOTHER_CLOSER, _T.CANCEL),
    _row(Act.REJECT, RejectCode.WRONG_BUYER, _S.REJECTED, _C.GIVEN_BACK, _G.REVOKED, _N.QUALIFICATION, _T.CANCEL),
    _row(Act.REJECT, RejectCode.WRONG_VALUE, _S.REJECTED, _C.GIVEN_BACK, _G.REVOKED, _N.QUALIFICATION, _T.CANCEL),
    _row(Act.REJECT, RejectCode.NOT_QUALIFIED, _S.REJECTED, _C.GIVEN_BACK, _G.REVOKED, _N.QUALIFICATION, _T.CANCEL),
    _row(Act.REJECT, RejectCode.DUPLICATE, _S.REJECTED, _C.GIVEN_BACK, _G.REVOKED, _N.CLOSED, _T.CANCEL),
    _row(Act.HELD, "", _S.HELD, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.NOTHING),
    _row(Act.NO_SHOW, "", _S.NO_SHOW, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.NOTHING),
    _row(Act.OUTCOME, Outcome.WON, None, _C.KEPT, _G.REVOKED, _N.WON, _T.NOTHING),
    _row(Act.OUTCOME, Outcome.LOST, None, _C.KEPT, _G.REVOKED, _N.NURTURE, _T.NOTHING),
    _row(Act.OUTCOME, Outcome.LATER, None, _C.KEPT, _G.REVOKED, _N.NURTURE, _T.NOTHING),
)

_BY_CASE: Mapping[tuple[Act, str], Effect] = MappingProxyType({(row.act, str(row.case)): row for row in EFFECTS})


def effect_of(act: Act, case: str = "") -> Effect:
    """The row of an act; KeyError for a case that the act does not have."""
    return _BY_CASE[act, str(case)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All of an appointment that decides what may be done with it."""

    status: Status
    starts_at: datetime
    ends_at: datetime
    accepted: bool = False
    outcome: Outcome | None = None


def legal(appointment: Standing, now: datetime) -> tuple[Act, ...]:
    """What may be done with it now, in the order of `Act`. LAPSE is nobody's to ask for and is not listed."""
    ahead = now < appointment.starts_at
    judging = set() if appointment.accepted else {Act.ACCEPT, Act.REJECT}
    match appointment.status:
        case Status.REQUESTED:
            late = () if ahead else (Act.HELD, Act.NO_SHOW)
            early = (Act.CONFIRM, Act.RESCHEDULE, Act.REASSIGN) if ahead else ()
            acts = {*early, Act.CANCEL, Act.REJECT, *late}
        case Status.CONFIRMED:
            timely = (Act.RESCHEDULE, Act.REASSIGN) if ahead else (Act.HELD, Act.NO_SHOW)
            acts = {*timely, Act.CANCEL} | judging
        case Status.HELD if appointment.outcome is None:
            acts = {Act.OUTCOME} | judging
        case Status.HELD if appointment.outcome is Outcome.LATER:
            acts = {Act.OUTCOME}
        case _:
            acts = set()
    return tuple(act for act in Act if act in acts)

"""The life of an appointment: what may be done with it when, and all that each act brings with it.

This table is the only place that says so. The services carry out what a row says; docs/booking.md shows the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from pointsman.domain.permissions.sides import ActorRole


class AppointmentStatus(StrEnum):
    """Where an appointment stands. The first three own their time; the last three are final."""

    REQUESTED = "requested"  # waits for the closer's word
    CONFIRMED = "confirmed"
    ATTENDED = "attended"  # it took place
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    REJECTED = "rejected"  # the closer said that it should never have been made


#: A lead has one appointment of these at most.
ACTIVE_STATUSES = frozenset({AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED})


class AppointmentAction(StrEnum):
    """What is done with an appointment."""

    BOOK = "book"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    REASSIGN = "reassign"
    CANCEL = "cancel"
    LAPSE = "lapse"  # no rep confirmed it in time
    ACCEPT = "accept"
    REJECT = "reject"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    OUTCOME = "outcome"


class ConflictAct(StrEnum):
    """What an appointment's history tells of a calendar that says otherwise."""

    DISAGREES = "conflict"
    AGREES = "agrees"
    DISMISSED = "dismiss_conflict"  # a human keeps the appointment as it was agreed


class MeetingAct(StrEnum):
    """What an appointment's history tells of the meeting that the vendor of a calendar makes for it."""

    LINKED = "meeting_link"


class RejectCode(StrEnum):
    """Why a closer rejects an appointment."""

    WRONG_SEGMENT = "wrong_segment"
    WRONG_BUYER = "wrong_buyer"
    WRONG_VALUE = "wrong_value"
    NOT_QUALIFIED = "not_qualified"
    DUPLICATE = "duplicate"


class MeetingOutcome(StrEnum):
    """What became of a meeting that took place."""

    WON = "won"
    LOST = "lost"
    LATER = "later"


class CreditEffect(StrEnum):
    """What happens to the turn that the rep took for this lead."""

    KEPT = "kept"
    TAKEN = "taken"  # it counts; if it had been given back, it counts again
    GIVEN_BACK = "given back"
    MOVED = "moved"  # given back, and the new rep takes one


class GateEffect(StrEnum):
    """What happens to the lead's pass of the gate."""

    KEPT = "kept"
    REQUIRED = "required"  # it must be open, or the act is refused
    REVOKED = "revoked"  # and the evidence is used up: another handover of this lead needs fresh evidence


class LeadFollowUp(StrEnum):
    """Where the lead goes."""

    STAYS = "stays"
    BOOKED = "booked"
    WITH_CLOSER = "with its closer"  # to be booked again, or to be worked on
    ANOTHER_CLOSER = "another closer"  # routed to closing again, to a rep who never had it
    QUALIFICATION = "qualification"  # back to setting: routed there
    NURTURE = "nurture"
    WON = "won"
    CLOSED = "closed"


class CalendarOp(StrEnum):
    """What calendars and the CRM are told."""

    NOTHING = "nothing"
    BOOK = "book"
    MOVE = "move"  # time or standing changed
    CANCEL = "cancel"  # nothing once it is over
    REASSIGN = "reassign"  # cancelled with the old rep, booked with the new one, CRM owner changed: owed together


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row: `case` tells rows of one act apart (who, which code, which outcome; "" when there is one row)."""

    action: AppointmentAction
    case: str = ""
    status: AppointmentStatus | None  # None: stays as it was
    credit: CreditEffect
    gate: GateEffect
    follow_up: LeadFollowUp
    calendar_op: CalendarOp


def _row(
    act: AppointmentAction,
    case: str,
    status: AppointmentStatus | None,
    credit: CreditEffect,
    gate: GateEffect,
    lead: LeadFollowUp,
    calendar: CalendarOp,
) -> Transition:
    return Transition(
        action=act, case=case, status=status, credit=credit, gate=gate, follow_up=lead, calendar_op=calendar
    )


_S, _C, _G, _N, _T = AppointmentStatus, CreditEffect, GateEffect, LeadFollowUp, CalendarOp

TRANSITIONS: tuple[Transition, ...] = (
    _row(AppointmentAction.BOOK, "automatic", _S.CONFIRMED, _C.TAKEN, _G.REQUIRED, _N.BOOKED, _T.BOOK),
    _row(AppointmentAction.BOOK, "rep", _S.REQUESTED, _C.TAKEN, _G.REQUIRED, _N.BOOKED, _T.BOOK),
    _row(AppointmentAction.CONFIRM, "", _S.CONFIRMED, _C.KEPT, _G.REQUIRED, _N.STAYS, _T.MOVE),
    _row(AppointmentAction.LAPSE, "", _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.RESCHEDULE, "same rep", None, _C.KEPT, _G.REQUIRED, _N.STAYS, _T.MOVE),
    _row(AppointmentAction.RESCHEDULE, "another rep", None, _C.MOVED, _G.REQUIRED, _N.STAYS, _T.REASSIGN),
    _row(AppointmentAction.REASSIGN, "", None, _C.MOVED, _G.REQUIRED, _N.STAYS, _T.REASSIGN),
    _row(AppointmentAction.CANCEL, ActorRole.PROSPECT, _S.CANCELLED, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.CANCEL, ActorRole.SETTER, _S.CANCELLED, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.CANCEL, ActorRole.CLOSER, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.CANCEL, ActorRole.OPERATOR, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.CANCEL, ActorRole.CALENDAR, _S.CANCELLED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.CANCEL),
    _row(AppointmentAction.ACCEPT, "", None, _C.KEPT, _G.KEPT, _N.STAYS, _T.NOTHING),
    _row(
        AppointmentAction.REJECT,
        RejectCode.WRONG_SEGMENT,
        _S.REJECTED,
        _C.GIVEN_BACK,
        _G.KEPT,
        _N.ANOTHER_CLOSER,
        _T.CANCEL,
    ),
    _row(
        AppointmentAction.REJECT,
        RejectCode.WRONG_BUYER,
        _S.REJECTED,
        _C.GIVEN_BACK,
        _G.REVOKED,
        _N.QUALIFICATION,
        _T.CANCEL,
    ),
    _row(
        AppointmentAction.REJECT,
        RejectCode.WRONG_VALUE,
        _S.REJECTED,
        _C.GIVEN_BACK,
        _G.REVOKED,
        _N.QUALIFICATION,
        _T.CANCEL,
    ),
    _row(
        AppointmentAction.REJECT,
        RejectCode.NOT_QUALIFIED,
        _S.REJECTED,
        _C.GIVEN_BACK,
        _G.REVOKED,
        _N.QUALIFICATION,
        _T.CANCEL,
    ),
    _row(AppointmentAction.REJECT, RejectCode.DUPLICATE, _S.REJECTED, _C.GIVEN_BACK, _G.REVOKED, _N.CLOSED, _T.CANCEL),
    _row(AppointmentAction.ATTENDED, "", _S.ATTENDED, _C.KEPT, _G.KEPT, _N.WITH_CLOSER, _T.NOTHING),
    _row(AppointmentAction.NO_SHOW, "", _S.NO_SHOW, _C.GIVEN_BACK, _G.KEPT, _N.WITH_CLOSER, _T.NOTHING),
    _row(AppointmentAction.OUTCOME, MeetingOutcome.WON, None, _C.KEPT, _G.REVOKED, _N.WON, _T.NOTHING),
    _row(AppointmentAction.OUTCOME, MeetingOutcome.LOST, None, _C.KEPT, _G.REVOKED, _N.NURTURE, _T.NOTHING),
    _row(AppointmentAction.OUTCOME, MeetingOutcome.LATER, None, _C.KEPT, _G.REVOKED, _N.NURTURE, _T.NOTHING),
)

_BY_CASE: Mapping[tuple[AppointmentAction, str], Transition] = MappingProxyType(
    {(row.action, str(row.case)): row for row in TRANSITIONS}
)


def transition_for(act: AppointmentAction, case: str = "") -> Transition:
    """The row of an act; KeyError for a case that the act does not have."""
    return _BY_CASE[act, str(case)]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentState:
    """All of an appointment that decides what may be done with it."""

    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime
    accepted: bool = False
    outcome: MeetingOutcome | None = None


def allowed_actions(appointment: AppointmentState, now: datetime) -> tuple[AppointmentAction, ...]:
    """The actions that are allowed now, in the order of `AppointmentAction`. LAPSE is not listed: only the clock does it."""
    ahead = now < appointment.starts_at
    judging = set() if appointment.accepted else {AppointmentAction.ACCEPT, AppointmentAction.REJECT}
    match appointment.status:
        case AppointmentStatus.REQUESTED:
            late = () if ahead else (AppointmentAction.ATTENDED, AppointmentAction.NO_SHOW)
            early = (
                (AppointmentAction.CONFIRM, AppointmentAction.RESCHEDULE, AppointmentAction.REASSIGN) if ahead else ()
            )
            acts = {*early, AppointmentAction.CANCEL, AppointmentAction.REJECT, *late}
        case AppointmentStatus.CONFIRMED:
            timely = (
                (AppointmentAction.RESCHEDULE, AppointmentAction.REASSIGN)
                if ahead
                else (AppointmentAction.ATTENDED, AppointmentAction.NO_SHOW)
            )
            acts = {*timely, AppointmentAction.CANCEL} | judging
        case AppointmentStatus.ATTENDED if appointment.outcome is None:
            acts = {AppointmentAction.OUTCOME} | judging
        case AppointmentStatus.ATTENDED if appointment.outcome is MeetingOutcome.LATER:
            acts = {AppointmentAction.OUTCOME}
        case _:
            acts = set()
    return tuple(act for act in AppointmentAction if act in acts)

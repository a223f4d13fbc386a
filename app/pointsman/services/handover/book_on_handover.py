"""The end of a hand-over: the lead has its closer, and is booked, or slots are offered.

| what was asked        | what happens                                                                                     |
|-----------------------|--------------------------------------------------------------------------------------------------|
| nothing               | slots are offered                                                                                |
| the earliest slot     | it is booked, inside the window if there is one; when there is none, slots are offered            |
| a slot of one's own   | it is booked; when it cannot be, the whole hand-over is undone, and the refusal has the next slots |
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.booking.availability import Interval
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.errors import Conflict, PointsmanError, RoleProtected, SlotTaken
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.permissions.readings import Reading, may_read
from pointsman.domain.roster.roles import Work, work_name
from pointsman.services.availability.booking_context import BookingContext, load_booking_context
from pointsman.services.availability.participants import SlotRequest
from pointsman.services.booking.book import choose_and_book, requested_interval
from pointsman.services.booking.slots import SlotList, find_slots
from pointsman.services.calendars.readings import RepCalendarReading
from pointsman.services.handover.gate_check import GateAttempt
from pointsman.services.ports import Env, LostRace, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.wording.english import english_error

HANDOVER_TRIGGER = "handed-over"
_UNDONE = "Nothing of this hand-over was recorded."


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoBook:
    """What is to be booked together with the hand-over: the slot at `start`, or the earliest one, or nothing."""

    start: datetime | None = None
    end: datetime | None = None
    earliest: bool = False
    window: Interval | None = None

    @property
    def is_one_slot(self) -> bool:
        return self.start is not None

    @property
    def is_booking_wanted(self) -> bool:
        return self.is_one_slot or self.earliest


NO_AUTO_BOOK = AutoBook()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOutcome:
    """The rep who has the lead, and either the appointment or the slots; `what` tells which."""

    closer: str
    what: Message
    appointment: AppointmentRow | None = None
    slot_list: SlotList | None = None


async def book_or_offer_slots(
    env: Env, tx: Tx, case: GateAttempt, readings: Mapping[str, RepCalendarReading], auto_book: AutoBook
) -> BookingOutcome:
    """Book what is wished, or offer slots; the lead's row is locked. Raises as `book` for a slot of one's own."""
    what = await load_booking_context(env, tx, case.lead, now=case.now)
    booked = None
    if auto_book.start is not None:
        booked = await _book_slot(env, tx, what, readings, auto_book.start, auto_book.end, case)
    elif auto_book.earliest:
        booked = await _book_earliest(env, tx, what, readings, auto_book.window, case)
    if booked is not None:
        return BookingOutcome(closer=booked.rep_key, what=booked_message(booked, case), appointment=booked)
    told: dict[str, Arg] = {"rep": rep_name(what.rep.key), "work": work_name(Work(what.assignment.work))}
    said = say("handing-over.choose-slot", **told)
    if not what.lead.email:
        said = say("handing-over.no-address", **told)
    elif auto_book.earliest:
        said = say("handing-over.none-booked", rep=rep_name(what.rep.key))
    return BookingOutcome(
        closer=what.rep.key,
        what=said,
        slot_list=await find_slots(env, tx, what, readings, sees=case.actor.sees),
    )


def gate_not_passed_error(case: GateAttempt) -> RoleProtected:
    """A slot was to be booked, and the gate says no: the caller reads what is missing, and nothing is written."""
    gate, extra = case.gate, dict[str, Any]()
    # Who said what, and what the account is to the house, is the house's own business.
    whole = may_read(case.actor.kind, Reading.REASONS)
    for name, items in (("missing", gate.missing), ("refused", gate.refused)):
        extra[name] = [{"what": item.what, "how": item.how} | ({"why": item.why} if whole else {}) for item in items]
    extra["send_to"] = gate.send_to.value if gate.send_to else None
    failed = [leaf for leaf in gate.failed_conditions if whole or not leaf.field.startswith("account.")]
    extra["failed"] = [leaf.words for leaf in failed]
    said = "This lead does not pass the gate for closing: see `missing`, `refused` and `failed`."
    return RoleProtected(f"{said} {_UNDONE}", code="gate-not-passed", extra=extra)


def no_closer_error(case: GateAttempt, routed: RoutingResult) -> Conflict:
    """A slot was to be booked, and the rules give the lead to no rep who takes appointments."""
    decision = routed.decision
    extra: dict[str, Any] = {"outcome": decision.outcome.value, "work": decision.work.value if decision.work else None}
    extra["hold_reason"] = decision.hold_reason.value if decision.hold_reason else None
    # Why each closer was left out is the house's own business.
    why = decision.summary if may_read(case.actor.kind, Reading.REASONS) else say("refusal.no-closer")
    said = say("refusal.undone", why=why)
    return english_error(Conflict, said, case.config.roster.reps, code="no-rep-for-slot", extra=extra)


def undone_handover_error(error: PointsmanError, **more: Any) -> PointsmanError:
    """The refusal of a slot, as the whole hand-over's."""
    told = say("refusal.undone", why=error.told) if isinstance(error.told, Message) else None
    extra = {**error.extra, **more}
    return type(error)(f"{error} {_UNDONE}", code=error.code, faults=error.faults, extra=extra, told=told)


async def _book_slot(
    env: Env,
    tx: Tx,
    what: BookingContext,
    readings: Mapping[str, RepCalendarReading],
    start: datetime,
    end: datetime | None,
    case: GateAttempt,
) -> AppointmentRow:
    wanted = requested_interval(what, start, end, path="body.book")
    request = SlotRequest(time=wanted, readings=readings)
    try:
        return await choose_and_book(env, tx, what, request, trigger=HANDOVER_TRIGGER, actor=case.actor)
    except PointsmanError as error:
        offer = await find_slots(env, tx, what, readings, sees=case.actor.sees)
        slots = [{"start": s.start.isoformat(), "end": s.end.isoformat(), "rep": s.rep} for s in offer.slots]
        raise undone_handover_error(error, closer=what.rep.key, slots=slots) from error


async def _book_earliest(
    env: Env,
    tx: Tx,
    what: BookingContext,
    readings: Mapping[str, RepCalendarReading],
    window: Interval | None,
    case: GateAttempt,
) -> AppointmentRow | None:
    """Book the earliest slot inside `window`; None when there is none, or no address to invite."""
    if not what.lead.email:
        return None
    offer = await find_slots(env, tx, what, readings, window=window, limit=1)
    if not offer.slots:
        return None
    request = SlotRequest(time=Interval(offer.slots[0].start, offer.slots[0].end), readings=readings)
    try:
        return await choose_and_book(env, tx, what, request, trigger=HANDOVER_TRIGGER, actor=case.actor)
    except SlotTaken as error:
        raise LostRace("the earliest slot was taken meanwhile: look for the next one") from error


def booked_message(booked: AppointmentRow, case: GateAttempt) -> Message:
    """The rep who has the lead, and the appointment's time on the rep's clocks."""
    rep = case.config.roster.reps.get(booked.rep_key)
    at = to_local_time(booked.starts_at, rep.time_zone) if rep else booked.starts_at
    return say("handing-over.booked", rep=rep_name(booked.rep_key), at=at)

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
from pointsman.domain.booking.lifecycle import By
from pointsman.domain.errors import Conflict, PointsmanError, RoleProtected, SlotTaken
from pointsman.services.availability.booking_context import Bookable, bookable
from pointsman.services.availability.participants import Asking
from pointsman.services.booking.book import book_for, wanted_time
from pointsman.services.booking.slots import SlotsAnswer, answer
from pointsman.services.calendars.readings import Reading
from pointsman.services.handover.gate_check import Case, result_as_json
from pointsman.services.ports import Env, LostRace, Tx
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.routing.route_lead import Routed

TRIGGER = "handed-over"
_UNDONE = "Nothing of this hand-over was recorded."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be booked together with the hand-over: the slot at `start`, or the earliest one, or nothing."""

    start: datetime | None = None
    end: datetime | None = None
    earliest: bool = False
    window: Interval | None = None

    @property
    def of_one_slot(self) -> bool:
        return self.start is not None

    @property
    def books(self) -> bool:
        return self.of_one_slot or self.earliest


NOTHING = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Who has the lead, and either the appointment or the slots; `said` is a sentence."""

    closer: str
    said: str
    appointment: AppointmentRow | None = None
    offer: SlotsAnswer | None = None


async def with_closer(env: Env, tx: Tx, case: Case, readings: Mapping[str, Reading], wish: Wish) -> Ending:
    """Book what is wished, or offer slots; the lead's row is locked. Raises as `book` for a slot of one's own."""
    what = await bookable(env, tx, case.lead, now=case.now)
    booked = None
    if wish.start is not None:
        booked = await _this_slot(env, tx, what, readings, wish.start, wish.end, case)
    elif wish.earliest:
        booked = await _earliest(env, tx, what, readings, wish.window, case)
    if booked is not None:
        return Ending(closer=booked.rep_key, said=_said_of(booked), appointment=booked)
    said = f"{what.rep.name} has this lead for {what.held.work}: choose a slot and POST /v1/appointments."
    if wish.earliest:
        said = f"{what.rep.name} has this lead, but no slot could be booked by itself: choose one."
    return Ending(
        closer=what.rep.key, said=said, offer=await answer(env, tx, what, readings, supplier=case.actor.supplier)
    )


def not_passed(case: Case) -> RoleProtected:
    """A slot was to be booked, and the gate says no: the caller reads what is missing, and nothing is written."""
    found = result_as_json(case.gate)
    extra: dict[str, Any] = {name: found[name] for name in ("missing", "refused", "send_to")}
    extra["failed"] = [leaf["words"] for leaf in found["failed"]]
    said = "This lead does not pass the gate for closing: see `missing`, `refused` and `failed`."
    return RoleProtected(f"{said} {_UNDONE}", code="gate-not-passed", extra=extra)


def nobody_takes_it(case: Case, routed: Routed) -> Conflict:
    """A slot was to be booked, and the rules give the lead to nobody who takes appointments."""
    decision = routed.decision
    extra: dict[str, Any] = {"outcome": decision.outcome.value, "work": decision.work.value if decision.work else None}
    extra["hold_reason"] = decision.hold_reason.value if decision.hold_reason else None
    # Why each closer was left out is the house's own business.
    why = decision.summary if case.actor.supplier is None else "Nobody who takes appointments can have it now."
    return Conflict(f"{why} {_UNDONE}", code="nobody-takes-it", extra=extra)


def undone(error: PointsmanError, **more: Any) -> PointsmanError:
    """The refusal of a slot, as the whole hand-over's."""
    said = f"{error} {_UNDONE}"
    return type(error)(said, code=error.code, faults=error.faults, extra={**error.extra, **more})


async def _this_slot(
    env: Env,
    tx: Tx,
    what: Bookable,
    readings: Mapping[str, Reading],
    start: datetime,
    end: datetime | None,
    case: Case,
) -> AppointmentRow:
    wanted = wanted_time(what, start, end, path="body.book")
    asking = Asking(wanted=wanted, readings=readings)
    try:
        return await book_for(env, tx, what, asking, trigger=TRIGGER, actor=case.actor, by=By.SETTER)
    except PointsmanError as error:
        offer = await answer(env, tx, what, readings, supplier=case.actor.supplier)
        slots = [{"start": s.start.isoformat(), "end": s.end.isoformat(), "rep": s.rep} for s in offer.slots]
        raise undone(error, closer=what.rep.key, slots=slots) from error


async def _earliest(
    env: Env, tx: Tx, what: Bookable, readings: Mapping[str, Reading], window: Interval | None, case: Case
) -> AppointmentRow | None:
    """Book the earliest slot inside `window`; None when there is none, or nobody to invite."""
    if not what.lead.email:
        return None
    offer = await answer(env, tx, what, readings, window=window, limit=1)
    if not offer.slots:
        return None
    asking = Asking(wanted=Interval(offer.slots[0].start, offer.slots[0].end), readings=readings)
    try:
        return await book_for(env, tx, what, asking, trigger=TRIGGER, actor=case.actor, by=By.SETTER)
    except SlotTaken as error:
        raise LostRace("the earliest slot was taken meanwhile: look for the next one") from error


def _said_of(booked: AppointmentRow) -> str:
    return f"{booked.rep_key} has this lead, with an appointment on {booked.starts_at:%Y-%m-%d %H:%M} UTC."

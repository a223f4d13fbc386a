"""Many acts on one appointment at once: one history, in which each act was allowed when it was done."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pointsman.domain.booking.lifecycle import (
    AppointmentAction,
    AppointmentState,
    AppointmentStatus,
    MeetingOutcome,
    allowed_actions,
    transition_for,
)
from pointsman.domain.errors import Conflict, PointsmanError
from pointsman.domain.permissions.sides import ActorRole
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow
from pointsman.services.routing.ledger_audit import verify_all_ledgers
from support.floors.appointment_states import DO, STATES, Seen, appointment_in
from support.floors.booking_floor import SETTER, Floor, open_floor

pytestmark = pytest.mark.anyio

AHEAD = [
    (AppointmentAction.CANCEL, "prospect"),
    (AppointmentAction.CANCEL, "closer"),
    (AppointmentAction.ACCEPT, ""),
    (AppointmentAction.REJECT, "wrong_segment"),
]
PAST = [
    (AppointmentAction.CANCEL, "setter"),
    (AppointmentAction.ATTENDED, ""),
    (AppointmentAction.NO_SHOW, ""),
    (AppointmentAction.REJECT, "not_qualified"),
    (AppointmentAction.OUTCOME, "won"),
]


@pytest.mark.parametrize("seed", range(4))
async def test_acts_at_once_on_one_appointment_make_one_history(database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    async with open_floor(database_url) as floor:
        for state, acts in (("confirmed", AHEAD), ("confirmed, past", PAST)):
            row = await appointment_in(floor, STATES[state])
            chosen = [one(floor, row, key) for key in acts for _ in range(2)]
            if state == "confirmed":
                chosen += [moved(floor, row, timedelta(minutes=15 * step)) for step in (1, 2)]
            chance.shuffle(chosen)
            answers = await asyncio.gather(*(do() for do in chosen), return_exceptions=True)
            faults = [answer for answer in answers if isinstance(answer, BaseException)]
            assert [fault for fault in faults if not isinstance(fault, PointsmanError)] == []
            assert {fault.code for fault in faults if isinstance(fault, Conflict)} <= KNOWN
            await one_history(floor, row)
        assert all(found.agrees for found in await verify_all_ledgers(floor.env))


#: A slot may also be gone, or lie outside what is offered, by the time somebody wants to move there.
KNOWN = {"action-not-allowed", "slot-taken", "slot-not-offered", "holder-changed", "no-closer"}


def one(
    floor: Floor, row: AppointmentRow, key: tuple[AppointmentAction, str]
) -> Callable[[], Awaitable[AppointmentRow]]:
    return lambda: DO[key](floor, row.id)


def moved(floor: Floor, row: AppointmentRow, by: timedelta) -> Callable[[], Awaitable[AppointmentRow]]:
    return lambda: reschedule(floor.env, row.id, row.starts_at + by, by=ActorRole.PROSPECT, reason="x", actor=SETTER)


async def one_history(floor: Floor, row: AppointmentRow) -> None:
    async with floor.env.uow() as tx:
        events = await tx.appointments.history(row.id)
        stored = await tx.appointments.get(row.id)
    assert stored is not None
    assert events[0].act == AppointmentAction.BOOK
    stands = row.state
    for event in events[1:]:
        act = AppointmentAction(event.act)
        assert act in allowed_actions(stands, event.at), (act, stands)
        stands = after(stands, event)
    assert (stands.status, stands.outcome) == (stored.status, stored.outcome)
    seen = await Seen.of(floor, row)
    assert seen.owned == (1 if stored.status in ("requested", "confirmed", "attended") else 0)
    assert seen.turns_back in (0, 1)
    assert len(seen.owed) >= 1
    assert seen.owed.count("drop") <= 1


def after(stands: AppointmentState, event: AppointmentEvent) -> AppointmentState:
    """What the act made of it, by the table."""
    act = AppointmentAction(event.act)
    became = event.detail["after"]
    if act is AppointmentAction.OUTCOME:
        return replace(stands, outcome=MeetingOutcome(became["outcome"]))
    if act is AppointmentAction.ACCEPT:
        return replace(stands, accepted=True)
    case = {
        AppointmentAction.CANCEL: event.by,
        AppointmentAction.REJECT: became.get("reject_code", ""),
        AppointmentAction.RESCHEDULE: "same rep",
    }.get(act, "")
    status = transition_for(act, case).status
    return stands if status is None else replace(stands, status=AppointmentStatus(status))

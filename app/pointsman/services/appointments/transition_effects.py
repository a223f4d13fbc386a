"""Carrying out a row of the table in `domain.appointments`: all that one act brings with it, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pointsman.domain.booking.lifecycle import STANDING, Act, By, Credit, Effect, Gate, Next, Status, Told
from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.errors import Conflict, RoleProtected
from pointsman.domain.leads.facts import Stage
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.appointments.transitions import record
from pointsman.services.deliveries.enqueue import hasten, owe
from pointsman.services.holds.close_lead import to_closed, to_nurture, to_won
from pointsman.services.policies.cache import current
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.ports.routing import AssignmentRow
from pointsman.services.routing.ledger import credit
from pointsman.services.routing.route_lead import TurnBack, route_lead

#: Whoever gives a lead up at this word does not get it back while it waits (db: holds.since_reassigned).
REJECTED = "rejected"
SENT_BACK = "sent-back"

_LEAVES = frozenset({Next.ANOTHER_CLOSER, Next.QUALIFICATION, Next.NURTURE, Next.WON, Next.CLOSED})
_OP = {Told.MOVE: "move", Told.CANCEL: "cancel"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """An act on an appointment: what is changed beside its status, who does it, and why.

    `until` is for the lead that goes to nurture, None for the policy's measure. `calendars` are those of the closers,
    read before the transaction, for a lead that goes to another one.
    """

    act: Act
    effect: Effect
    by: By
    actor: Actor
    reason: str | None
    change: Mapping[str, Any] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None
    calendars: Mapping[str, CalendarState] = field(default_factory=dict)


async def carry_out(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, doing: Doing) -> AppointmentRow:
    """Do what the row of the table says. The lead and then the appointment are locked, and the act is legal.

    Raises RoleProtected "gate-closed" and Conflict "has-appointment"; LostRace.
    """
    now, effect = env.clock(), doing.effect
    status = effect.status or Status(row.status)
    told = _OP.get(effect.told)
    change: dict[str, Any] = {"status": status.value, **doing.change}
    if status is not Status.REQUESTED:
        change["confirm_by"] = None
    if status not in STANDING:
        change["conflict"] = None  # there is nothing left to settle
    after = replace(row, **change, sequence=row.sequence + (told is not None))
    if effect.gate is Gate.ASKED:
        await require_gate(env, tx, row, lead)
    if effect.lead in _LEAVES:
        await _refuse_while_another_stands(tx, lead, row)
    if effect.gate is Gate.REVOKED:
        await tx.gates.revoke(lead.id, row.work, at=now)
    await record(
        env, tx, row, after, doing.act, by=doing.by, actor=doing.actor, reason=doing.reason, detail=doing.detail
    )
    if status in (Status.CANCELLED, Status.REJECTED, Status.NO_SHOW):
        await tx.appointments.release_time(row.id)
    if told is not None and now < row.ends_at:  # what is over stays in the calendars as it was
        await hasten(env, tx, row.id)  # a `book` that waits for its next try would keep the others waiting
        await owe(env, tx, after, told)
    await _move(env, tx, lead, row, doing)
    return after


async def require_gate(env: Env, tx: Tx, row: AppointmentRow, lead: LeadRow) -> None:
    """Raises RoleProtected "gate-closed" unless the lead's gate for this appointment's work is open now."""
    if Work(row.work) not in GATED_WORKS:
        return
    now = env.clock()
    held = await tx.gates.held(lead.id, at=now)
    if held is not None and held.work == row.work and held.by_override:
        return
    if any(found.work == row.work for found in (await tx.decisions.context(lead.id, at=now)).passes):
        return
    raise RoleProtected(
        "This lead's gate has expired or was revoked. Send fresh evidence: POST /v1/leads/{id}/qualifications.",
        code="gate-closed",
    )


async def _refuse_while_another_stands(tx: Tx, lead: LeadRow, row: AppointmentRow) -> None:
    other = await tx.appointments.of_lead(lead.id)
    if other is None or other.id == row.id:
        return
    raise Conflict(
        f"This lead has another appointment, on {other.starts_at:%Y-%m-%d %H:%M} UTC: call that one off, or say what became "
        "of it, before the lead leaves its closer.",
        code="has-appointment",
        extra={"appointment": {"id": str(other.id), "start": other.starts_at.isoformat()}},
    )


async def _move(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, doing: Doing) -> None:
    """The turn and the lead."""
    booked = await tx.decisions.assignment(row.assignment_id)
    back = None
    # A meeting that was held has used the turn up, whatever becomes of a second one.
    used_up = booked is not None and await tx.appointments.held_on(booked.id, besides=row.id)
    if (
        doing.effect.credit is Credit.GIVEN_BACK
        and booked is not None
        and booked.decision_id is not None
        and not used_up
    ):
        back = TurnBack(decision_id=booked.decision_id, reason=_why(doing))
    held = await tx.decisions.active_assignment(lead.id)
    to = doing.effect.lead
    if to in (Next.ANOTHER_CLOSER, Next.QUALIFICATION) and _is_its(lead, row, held):
        await _route(env, tx, lead, row, doing, back)  # takes the turn back, too: both counters are locked at once
        return
    if back is not None:
        await credit(env, tx, back.decision_id, back.reason, actor=doing.actor)
    match to:
        case Next.WITH_CLOSER if lead.stage == Stage.BOOKED and held is not None:
            stage = Stage.CLOSING if Work(held.work) is Work.CLOSING else Stage.WORKING
            await tx.leads.set_stage(lead.id, stage.value, at=env.clock())
        case Next.NURTURE:
            until = doing.until or env.clock() + (await current(env, tx)).policy.policy.nurture.cool_off
            await to_nurture(env, tx, lead, until=until, reason=doing.effect.case, actor=doing.actor)
        case Next.WON:
            await to_won(env, tx, lead, actor=doing.actor)
        case Next.CLOSED:
            await to_closed(env, tx, lead, reason=doing.effect.case, actor=doing.actor)
        case _:
            pass


def _is_its(lead: LeadRow, row: AppointmentRow, held: AssignmentRow | None) -> bool:
    """Whether the lead is still where the appointment was made, so that a rejection moves it."""
    return held.id == row.assignment_id if held is not None else lead.stage == Stage.BOOKED


async def _route(env: Env, tx: Tx, lead: LeadRow, row: AppointmentRow, doing: Doing, back: TurnBack | None) -> None:
    another = doing.effect.lead is Next.ANOTHER_CLOSER
    await route_lead(
        env,
        tx,
        lead,
        purpose=Work(row.work) if another else Work.QUALIFICATION,
        trigger=REJECTED if another else SENT_BACK,
        actor=doing.actor,
        calendars=doing.calendars,
        past_holders=await tx.decisions.past_holders(lead.id) | {row.rep_key} if another else frozenset(),
        turn_back=back,
    )


def _why(doing: Doing) -> str:
    """The line in the ledger."""
    match doing.act:
        case Act.CANCEL:
            return f"appointment cancelled by the {doing.by}"
        case Act.REJECT:
            return f"appointment rejected: {doing.effect.case}"
        case _:
            return "no-show"

"""Hand-over: evidence runs the gate; a pass routes the lead to a closer, anything else says what is missing and why.

| gate       | lead was                        | lead becomes                                                          |
|------------|---------------------------------|-----------------------------------------------------------------------|
| passed     | anywhere but with a closer      | routed to closing: assigned with slots, or held with a reason         |
| passed     | with a closer, gate still open  | unchanged: the answer is the present state (but not once they left)   |
| missing    | with prospecting, qualification | unchanged: the SDR goes on (policy: `on_fail.missing`)                |
| missing    | elsewhere                       | routed to qualification                                               |
| refused    | anywhere                        | nurture, until `nurture.cool_off` is over (policy: `on_fail.refused`) |
| any result | with an appointment             | unchanged: the appointment stands, the evidence is kept               |
| not passed | closing by an override          | unchanged: a human said so                                            |

Whenever the gate is not passed, every earlier pass is revoked: nobody can be booked on it again.

Calendars are read before the transaction; everything else happens in one, or not at all. Who asks for one slot to be
booked gets it together with all of this, or a refusal and nothing (see handover_booking).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.slots import Slot
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.availability.booking_context import BOOKABLE_WORKS
from pointsman.services.booking.book import booking_error, refuse_if_booked
from pointsman.services.booking.slots import SlotList
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING, MAX_AGE_FOR_SLOTS, RepCalendarReading
from pointsman.services.handover.book_on_handover import (
    HANDOVER_TRIGGER,
    NO_AUTO_BOOK,
    AutoBook,
    book_or_offer_slots,
    gate_not_passed_error,
    no_closer_error,
)
from pointsman.services.handover.gate_check import (
    SETTING_WORKS,
    GateAttempt,
    attempt_gate,
    read_possible_calendars,
    record_gate_check,
)
from pointsman.services.holds.close_lead import move_to_nurture
from pointsman.services.holds.drain import excluded_closers
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.route_lead import RoutingResult, route_lead
from pointsman.services.transactions import run_in_transaction

#: Where a lead stands that did not get to somebody who takes appointments.
_STAGES = {
    DecisionOutcome.ASSIGNED: LeadStage.WORKING,
    DecisionOutcome.HELD: LeadStage.HELD,
    DecisionOutcome.NURTURE: LeadStage.NURTURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverResult:
    """The answer to a hand-over. `routed` is None when the lead was not routed again; `what_happens` is a sentence."""

    gate: GateResult
    check_id: UUID
    routing: RoutingResult | None
    closer: str | None
    slot_list: SlotList | None
    appointment: AppointmentRow | None
    setter: str | None
    stage: str
    nurture_until: datetime | None
    what_happens: str

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.slot_list.slots if self.slot_list else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedHandover:
    """A hand-over that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    evidence: Sequence[Evidence]
    setter: str | None
    actor: Actor
    auto_book: AutoBook
    readings: Mapping[str, RepCalendarReading]


async def hand_over(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: AutoBook = NO_AUTO_BOOK,
    before_commit: Callable[[Tx, HandoverResult], Awaitable[None]] | None = None,
) -> HandoverResult:
    """Record evidence, run the gate for closing, and do what follows; book what is wished.

    `setter` None is whoever holds the lead for prospecting or qualification. `within` runs at the end of the same
    transaction: what it writes stands or falls with the hand-over. Raises NotFound, Invalid, Conflict "no-policy"; with
    a slot that must be booked also RoleProtected "gate-not-passed", Conflict "no-rep-for-slot", and what `book` raises.
    """
    handing = await prepare_handover(env, lead_id, evidence=evidence, setter=setter, actor=actor, auto_book=auto_book)

    async def work(tx: Tx) -> HandoverResult:
        handed = await hand_over_in_tx(env, tx, handing)
        if before_commit is not None:
            await before_commit(tx, handed)
        return handed

    try:
        return await run_in_transaction(env, work)
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused


class _DryRunDone(Exception):  # not an error: the way out of a transaction that is not to be committed
    def __init__(self, handed: HandoverResult) -> None:
        super().__init__()
        self.result = handed


async def dry_run_handover(env: Env, handing: PreparedHandover) -> HandoverResult:
    """What the hand-over would do now, by doing it and undoing all of it. Raises as `hand_over`."""

    async def work(tx: Tx) -> HandoverResult:
        raise _DryRunDone(await hand_over_in_tx(env, tx, handing))

    try:
        return await run_in_transaction(env, work)
    except _DryRunDone as tried:
        return tried.result
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused


async def prepare_handover(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: AutoBook = NO_AUTO_BOOK,
) -> PreparedHandover:
    """Read the calendars of everybody whom a pass could bring this lead to; nothing is written."""
    async with env.uow() as tx:
        case = await attempt_gate(env, tx, lead_id, evidence, setter, actor, lock=False)
    readings: Mapping[str, RepCalendarReading] = {}
    if case.gate.passed:
        readings = await read_possible_calendars(
            env, case, MAX_AGE_FOR_BOOKING if auto_book.is_booking_wanted else MAX_AGE_FOR_SLOTS
        )
    return PreparedHandover(
        lead_id=lead_id, evidence=evidence, setter=setter, actor=actor, auto_book=auto_book, readings=readings
    )


async def hand_over_in_tx(env: Env, tx: Tx, handing: PreparedHandover) -> HandoverResult:
    """The hand-over, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    given = handing
    case = await attempt_gate(env, tx, given.lead_id, given.evidence, given.setter, given.actor, lock=True)
    if given.auto_book.is_one_slot:
        if not case.gate.passed:
            raise gate_not_passed_error(case)
        await refuse_if_booked(env, tx, given.lead_id)
    await tx.gates.add_evidence(given.lead_id, case.new_evidence, at=case.now)
    if case.gate.passed:
        return await _passed(env, tx, case, given.readings, given.auto_book)
    return await refuse_gate_in_tx(env, tx, case)


async def _passed(
    env: Env, tx: Tx, case: GateAttempt, readings: Mapping[str, RepCalendarReading], wish: AutoBook
) -> HandoverResult:
    booked = await tx.appointments.active_for_lead(case.lead.id)
    if booked is not None:
        check_id = await record_gate_check(env, tx, case)
        said = f"{booked.rep_key} has this lead, with an appointment on {booked.starts_at:%Y-%m-%d %H:%M} UTC."
        return _answer(case, check_id, stage=case.lead.stage, what=said, closer=booked.rep_key, appointment=booked)
    present = await _open_gate_check(env, tx, case)
    routed = None
    if present is None:
        present = await record_gate_check(env, tx, case)
        routed = await route_lead(
            env,
            tx,
            case.lead,
            purpose=Work.CLOSING,
            trigger=HANDOVER_TRIGGER,
            actor=case.actor,
            gate_check_id=present,
            calendars={rep: reading.state for rep, reading in readings.items()},
            past_holders=await excluded_closers(tx, case.lead),
        )
        if routed.decision.outcome is not DecisionOutcome.ASSIGNED or routed.decision.work not in BOOKABLE_WORKS:
            if wish.is_one_slot:
                raise no_closer_error(case, routed)
            stage = _STAGES[routed.decision.outcome]  # assigned: a rule fell back to work that takes no appointments
            return _answer(case, present, stage=stage.value, what=routed.decision.summary, routed=routed)
    ending = await book_or_offer_slots(env, tx, case, readings, wish)
    return _answer(
        case,
        present,
        stage=(LeadStage.BOOKED if ending.appointment else LeadStage.CLOSING).value,
        what=ending.summary,
        routed=routed,
        closer=ending.closer,
        offer=ending.slot_list,
        appointment=ending.appointment,
    )


async def _open_gate_check(env: Env, tx: Tx, case: GateAttempt) -> UUID | None:
    """The check by which somebody holds this lead for closing already; a fresh one where an override says so."""
    held = case.assignment
    if held is None or held.work != Work.CLOSING:
        return None
    rep = case.config.roster.reps.get(held.rep_key)
    if rep is None or not rep.active:  # whoever has left is booked no more: the lead needs another closer
        return None
    if held.has_override:
        return await record_gate_check(env, tx, case)
    return held.gate_check.id if held.gate_check is not None and held.gate_check.is_open_at(case.now) else None


async def refuse_gate_in_tx(env: Env, tx: Tx, case: GateAttempt) -> HandoverResult:
    """The gate stays shut, or shuts again: on record, and the lead goes where the table above says."""
    check_id = await record_gate_check(env, tx, case)
    held = case.assignment
    await tx.gates.revoke_passes(
        case.lead.id, Work.CLOSING, at=case.now
    )  # also of a lead that waits, or has an appointment
    if await tx.appointments.active_for_lead(case.lead.id) is not None:
        said = "The lead has an appointment, which stands. Cancel it if the new evidence speaks against it."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    if held is not None and held.has_override:
        said = f"The lead stays with {held.rep_name} for {held.work}: an override says so."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    if case.gate.send_to is Work.NURTURE:
        return await _to_nurture(env, tx, case, check_id)
    if held is not None and Work(held.work) in SETTING_WORKS:
        said = f"The lead stays with {held.rep_name} for {held.work}."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    routed = await route_lead(env, tx, case.lead, purpose=Work.QUALIFICATION, trigger="gate-failed", actor=case.actor)
    stage = _STAGES[routed.decision.outcome]
    return _answer(case, check_id, stage=stage.value, what=routed.decision.summary, routed=routed)


async def _to_nurture(env: Env, tx: Tx, case: GateAttempt, check_id: UUID) -> HandoverResult:
    until = case.now + case.config.policy.policy.nurture.cool_off
    await move_to_nurture(
        env,
        tx,
        case.lead,
        until=until,
        reason="gate-refused",
        actor=case.actor,
        detail={"gate_check": str(check_id)},
    )
    said = f"The lead goes to nurture until {until:%Y-%m-%d}; with new evidence it may come back before."
    return _answer(case, check_id, stage=LeadStage.NURTURE.value, what=said, nurture_until=until)


def _answer(
    case: GateAttempt,
    check_id: UUID,
    *,
    stage: str,
    what: str,
    routed: RoutingResult | None = None,
    closer: str | None = None,
    offer: SlotList | None = None,
    appointment: AppointmentRow | None = None,
    nurture_until: datetime | None = None,
) -> HandoverResult:
    return HandoverResult(
        gate=case.gate,
        check_id=check_id,
        routing=routed,
        closer=closer,
        slot_list=offer,
        appointment=appointment,
        setter=case.setter.key if case.setter else None,
        stage=stage,
        nurture_until=nurture_until,
        what_happens=what,
    )

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
from pointsman.domain.leads.facts import Stage
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.availability.booking_context import BOOKABLE
from pointsman.services.booking.book import in_words, refuse_second
from pointsman.services.booking.slots import SlotsAnswer
from pointsman.services.calendars.readings import FOR_BOOKING, FOR_SLOTS, Reading
from pointsman.services.handover.book_on_handover import (
    NOTHING,
    TRIGGER,
    Wish,
    nobody_takes_it,
    not_passed,
    with_closer,
)
from pointsman.services.handover.gate_check import SETTING, Case, open_case, read_closers, record_check
from pointsman.services.holds.close_lead import to_nurture
from pointsman.services.holds.drain import relieved_of_closing
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.routing.route_lead import Routed, route_lead
from pointsman.services.transactions import in_transaction

#: Where a lead stands that did not get to somebody who takes appointments.
_STAGES = {
    DecisionOutcome.ASSIGNED: Stage.WORKING,
    DecisionOutcome.HELD: Stage.HELD,
    DecisionOutcome.NURTURE: Stage.NURTURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The answer to a hand-over. `routed` is None when the lead was not routed again; `what_happens` is a sentence."""

    gate: GateResult
    check_id: UUID
    routed: Routed | None
    closer: str | None
    offer: SlotsAnswer | None
    appointment: AppointmentRow | None
    setter: str | None
    stage: str
    nurture_until: datetime | None
    what_happens: str

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.offer.slots if self.offer else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """A hand-over that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    evidence: Sequence[Evidence]
    setter: str | None
    actor: Actor
    wish: Wish
    readings: Mapping[str, Reading]


async def hand_over(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    wish: Wish = NOTHING,
    within: Callable[[Tx, HandedOver], Awaitable[None]] | None = None,
) -> HandedOver:
    """Record evidence, run the gate for closing, and do what follows; book what is wished.

    `setter` None is whoever holds the lead for prospecting or qualification. `within` runs at the end of the same
    transaction: what it writes stands or falls with the hand-over. Raises NotFound, Invalid, Conflict "no-policy"; with
    a slot that must be booked also RoleProtected "gate-not-passed", Conflict "nobody-takes-it", and what `book` raises.
    """
    handing = await prepare_handover(env, lead_id, evidence=evidence, setter=setter, actor=actor, wish=wish)

    async def work(tx: Tx) -> HandedOver:
        handed = await hand_over_in(env, tx, handing)
        if within is not None:
            await within(tx, handed)
        return handed

    try:
        return await in_transaction(env, work)
    except Refused as refused:
        raise in_words(refused) from refused


class _Tried(Exception):  # not an error: the way out of a transaction that is not to be committed
    def __init__(self, handed: HandedOver) -> None:
        super().__init__()
        self.handed = handed


async def try_handover(env: Env, handing: Handing) -> HandedOver:
    """What the hand-over would do now, by doing it and undoing all of it. Raises as `hand_over`."""

    async def work(tx: Tx) -> HandedOver:
        raise _Tried(await hand_over_in(env, tx, handing))

    try:
        return await in_transaction(env, work)
    except _Tried as tried:
        return tried.handed
    except Refused as refused:
        raise in_words(refused) from refused


async def prepare_handover(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    wish: Wish = NOTHING,
) -> Handing:
    """Read the calendars of everybody whom a pass could bring this lead to; nothing is written."""
    async with env.uow() as tx:
        case = await open_case(env, tx, lead_id, evidence, setter, actor, lock=False)
    readings: Mapping[str, Reading] = {}
    if case.gate.passed:
        readings = await read_closers(env, case, FOR_BOOKING if wish.books else FOR_SLOTS)
    return Handing(lead_id=lead_id, evidence=evidence, setter=setter, actor=actor, wish=wish, readings=readings)


async def hand_over_in(env: Env, tx: Tx, handing: Handing) -> HandedOver:
    """The hand-over, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    given = handing
    case = await open_case(env, tx, given.lead_id, given.evidence, given.setter, given.actor, lock=True)
    if given.wish.of_one_slot:
        if not case.gate.passed:
            raise not_passed(case)
        await refuse_second(env, tx, given.lead_id)
    await tx.gates.add_evidence(given.lead_id, case.new, at=case.now)
    if case.gate.passed:
        return await _passed(env, tx, case, given.readings, given.wish)
    return await refuse_in(env, tx, case)


async def _passed(env: Env, tx: Tx, case: Case, readings: Mapping[str, Reading], wish: Wish) -> HandedOver:
    booked = await tx.appointments.of_lead(case.lead.id)
    if booked is not None:
        check_id = await record_check(env, tx, case)
        said = f"{booked.rep_key} has this lead, with an appointment on {booked.starts_at:%Y-%m-%d %H:%M} UTC."
        return _answer(case, check_id, stage=case.lead.stage, what=said, closer=booked.rep_key, appointment=booked)
    present = await _present_check(env, tx, case)
    routed = None
    if present is None:
        present = await record_check(env, tx, case)
        routed = await route_lead(
            env,
            tx,
            case.lead,
            purpose=Work.CLOSING,
            trigger=TRIGGER,
            actor=case.actor,
            gate_check_id=present,
            calendars={rep: reading.state for rep, reading in readings.items()},
            past_holders=await relieved_of_closing(tx, case.lead),
        )
        if routed.decision.outcome is not DecisionOutcome.ASSIGNED or routed.decision.work not in BOOKABLE:
            if wish.of_one_slot:
                raise nobody_takes_it(case, routed)
            stage = _STAGES[routed.decision.outcome]  # assigned: a rule fell back to work that takes no appointments
            return _answer(case, present, stage=stage.value, what=routed.decision.summary, routed=routed)
    ending = await with_closer(env, tx, case, readings, wish)
    return _answer(
        case,
        present,
        stage=(Stage.BOOKED if ending.appointment else Stage.CLOSING).value,
        what=ending.said,
        routed=routed,
        closer=ending.closer,
        offer=ending.offer,
        appointment=ending.appointment,
    )


async def _present_check(env: Env, tx: Tx, case: Case) -> UUID | None:
    """The check by which somebody holds this lead for closing already; a fresh one where an override says so."""
    held = case.held
    if held is None or held.work != Work.CLOSING:
        return None
    rep = case.known.roster.reps.get(held.rep_key)
    if rep is None or not rep.active:  # whoever has left is booked no more: the lead needs another closer
        return None
    if held.by_override:
        return await record_check(env, tx, case)
    return held.check.id if held.check is not None and held.check.open_at(case.now) else None


async def refuse_in(env: Env, tx: Tx, case: Case) -> HandedOver:
    """The gate stays shut, or shuts again: on record, and the lead goes where the table above says."""
    check_id = await record_check(env, tx, case)
    held = case.held
    await tx.gates.revoke(case.lead.id, Work.CLOSING, at=case.now)  # also of a lead that waits, or has an appointment
    if await tx.appointments.of_lead(case.lead.id) is not None:
        said = "The lead has an appointment, which stands. Cancel it if the new evidence speaks against it."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    if held is not None and held.by_override:
        said = f"The lead stays with {held.rep_name} for {held.work}: an override says so."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    if case.gate.send_to is Work.NURTURE:
        return await _to_nurture(env, tx, case, check_id)
    if held is not None and Work(held.work) in SETTING:
        said = f"The lead stays with {held.rep_name} for {held.work}."
        return _answer(case, check_id, stage=case.lead.stage, what=said)
    routed = await route_lead(env, tx, case.lead, purpose=Work.QUALIFICATION, trigger="gate-failed", actor=case.actor)
    stage = _STAGES[routed.decision.outcome]
    return _answer(case, check_id, stage=stage.value, what=routed.decision.summary, routed=routed)


async def _to_nurture(env: Env, tx: Tx, case: Case, check_id: UUID) -> HandedOver:
    until = case.now + case.known.policy.policy.nurture.cool_off
    await to_nurture(
        env,
        tx,
        case.lead,
        until=until,
        reason="gate-refused",
        actor=case.actor,
        detail={"gate_check": str(check_id)},
    )
    said = f"The lead goes to nurture until {until:%Y-%m-%d}; with new evidence it may come back before."
    return _answer(case, check_id, stage=Stage.NURTURE.value, what=said, nurture_until=until)


def _answer(
    case: Case,
    check_id: UUID,
    *,
    stage: str,
    what: str,
    routed: Routed | None = None,
    closer: str | None = None,
    offer: SlotsAnswer | None = None,
    appointment: AppointmentRow | None = None,
    nurture_until: datetime | None = None,
) -> HandedOver:
    return HandedOver(
        gate=case.gate,
        check_id=check_id,
        routed=routed,
        closer=closer,
        offer=offer,
        appointment=appointment,
        setter=case.setter.key if case.setter else None,
        stage=stage,
        nurture_until=nurture_until,
        what_happens=what,
    )

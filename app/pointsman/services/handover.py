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

Calendars are read before the transaction; everything else happens in one, or not at all.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.availability import Interval
from pointsman.domain.decisions import DecisionOutcome
from pointsman.domain.gate import GateResult
from pointsman.domain.leads import Stage
from pointsman.domain.qualification import Evidence
from pointsman.domain.roles import Work
from pointsman.domain.slots import Slot
from pointsman.services.bookable import BOOKABLE, Bookable, bookable, offered, taken
from pointsman.services.booking import in_words, place
from pointsman.services.calendars import FOR_BOOKING, FOR_SLOTS, NOT_CONNECTED, Reading
from pointsman.services.gate_case import SETTING, Case, open_case, read_closers, record_check
from pointsman.services.holds import OVERDUE, relieved_of_closing
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.routing import Routed, route_lead
from pointsman.services.slots import SlotsAnswer, answer
from pointsman.services.transactions import in_transaction

TRIGGER = "handed-over"

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
    auto_book: bool
    window: Interval | None
    readings: Mapping[str, Reading]


async def hand_over(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: bool = False,
    window: Interval | None = None,
    within: Callable[[Tx, HandedOver], Awaitable[None]] | None = None,
) -> HandedOver:
    """Record evidence, run the gate for closing, and do what follows.

    `setter` None is whoever holds the lead for prospecting or qualification. `auto_book` also books the earliest slot
    inside `window`. `within` runs at the end of the same transaction: what it writes stands or falls with the hand-over.
    Raises NotFound, Invalid, Conflict "no-policy".
    """
    handing = await prepare_handover(
        env, lead_id, evidence=evidence, setter=setter, actor=actor, auto_book=auto_book, window=window
    )

    async def work(tx: Tx) -> HandedOver:
        handed = await hand_over_in(env, tx, handing)
        if within is not None:
            await within(tx, handed)
        return handed

    try:
        return await in_transaction(env, work)
    except Refused as refused:
        raise in_words(refused) from refused


async def prepare_handover(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: bool = False,
    window: Interval | None = None,
) -> Handing:
    """Read the calendars of everybody whom a pass could bring this lead to; nothing is written."""
    async with env.uow() as tx:
        case = await open_case(env, tx, lead_id, evidence, setter, actor, lock=False)
    readings: Mapping[str, Reading] = {}
    if case.gate.passed:
        readings = await read_closers(env, case, FOR_BOOKING if auto_book else FOR_SLOTS)
    return Handing(
        lead_id=lead_id,
        evidence=evidence,
        setter=setter,
        actor=actor,
        auto_book=auto_book,
        window=window,
        readings=readings,
    )


async def hand_over_in(env: Env, tx: Tx, handing: Handing) -> HandedOver:
    """The hand-over, inside the caller's transaction; what the database refuses is put into words by `in_words`."""
    given = handing
    case = await open_case(env, tx, given.lead_id, given.evidence, given.setter, given.actor, lock=True)
    await tx.gates.add_evidence(given.lead_id, case.new, at=case.now)
    if case.gate.passed:
        return await _passed(env, tx, case, given.readings, auto_book=given.auto_book, window=given.window)
    return await refuse_in(env, tx, case)


async def _passed(
    env: Env, tx: Tx, case: Case, readings: Mapping[str, Reading], *, auto_book: bool, window: Interval | None
) -> HandedOver:
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
            stage = _STAGES[routed.decision.outcome]  # assigned: a rule fell back to work that takes no appointments
            return _answer(case, present, stage=stage.value, what=routed.decision.summary, routed=routed)
    return await _with_closer(env, tx, case, present, routed, readings, auto_book=auto_book, window=window)


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


async def _with_closer(
    env: Env,
    tx: Tx,
    case: Case,
    check_id: UUID,
    routed: Routed | None,
    readings: Mapping[str, Reading],
    *,
    auto_book: bool,
    window: Interval | None,
) -> HandedOver:
    """The lead has its closer: book, or offer slots."""
    what = await bookable(env, tx, case.lead, now=case.now)
    reading = readings.get(what.rep.key, Reading(state=NOT_CONNECTED))
    said = f"{what.rep.name} has this lead for {what.held.work}"
    booked = await _earliest(env, tx, what, reading, window, case) if auto_book else None
    if booked is not None:
        said = f"{what.rep.name} has this lead, with an appointment on {booked.starts_at:%Y-%m-%d %H:%M} UTC."
        return _answer(
            case, check_id, stage=Stage.BOOKED.value, what=said, routed=routed, closer=what.rep.key, appointment=booked
        )
    said = f"{what.rep.name} has this lead for {what.held.work}: choose a slot and POST /v1/appointments."
    if auto_book:
        said = f"{what.rep.name} has this lead, but no slot could be booked by itself: choose one."
    offer = await answer(env, tx, what, reading)
    stage = Stage.CLOSING.value
    return _answer(case, check_id, stage=stage, what=said, routed=routed, closer=what.rep.key, offer=offer)


async def _earliest(
    env: Env, tx: Tx, what: Bookable, reading: Reading, window: Interval | None, case: Case
) -> AppointmentRow | None:
    """Book the earliest slot inside `window`; None when there is none, or nobody to invite."""
    if not reading.state.readable or not what.lead.email:
        return None
    await tx.appointments.lock_reps([what.rep.id])
    reach = reading.known_in(window or what.reach(case.now))
    if reach is None:
        return None
    found = offered(what, reading.busy, await taken(tx, what, reach), reach, case.now, limit=1)
    if not found:
        return None
    return await place(env, tx, what, Interval(found[0].start, found[0].end), reading, actor=case.actor)


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
    await tx.gates.retire(case.lead.id, at=case.now, reason="gate-refused")
    await tx.alerts.resolve(at=case.now, code=OVERDUE, subject=f"lead:{case.lead.id}")
    await tx.leads.set_stage(
        case.lead.id, Stage.NURTURE.value, at=case.now, nurture_until=until, nurture_reason="gate-refused"
    )
    await tx.audit.add(
        id=env.new_id(),
        at=case.now,
        actor=case.actor.name,
        action="lead.nurture",
        subject=f"lead:{case.lead.id}",
        before={"rep": case.held.rep_key, "work": case.held.work} if case.held else {"stage": case.lead.stage},
        after={"stage": Stage.NURTURE.value, "until": until.isoformat(), "gate_check": str(check_id)},
        reason="gate-refused",
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

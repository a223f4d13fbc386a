"""Hand-over: evidence runs the gate; a pass routes the lead to a closer, anything else says what is missing and why.

| gate       | lead was                        | lead becomes                                                          |
|------------|---------------------------------|-----------------------------------------------------------------------|
| passed     | anywhere but with a closer      | routed to closing: assigned with slots, or held with a reason         |
| passed     | with a closer, gate still open  | unchanged: the answer is the present state (but not once they left)   |
| missing    | with prospecting, qualification | unchanged: the SDR goes on (policy: `on_fail.missing`)                |
| missing    | in nurture, in its cool-off     | unchanged: the cool-off holds                                         |
| missing    | elsewhere                       | routed to qualification                                               |
| refused    | anywhere                        | nurture, until `nurture.cool_off` is over (policy: `on_fail.refused`) |
| any result | with an appointment             | unchanged: the appointment stands, the evidence is kept               |
| not passed | closing by an override          | unchanged: a human said so                                            |

Whenever the gate is not passed, every earlier pass is revoked: no appointment can rest on it again.

Calendars are read before the transaction; everything else happens in one, or not at all. A caller who asks for a slot
gets it together with all of this, or a refusal and no change (see book_on_handover).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.availability.booking_context import BOOKABLE_WORKS
from pointsman.services.booking.book import booking_error, refuse_if_booked
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.calendars.readings import MAX_AGE_FOR_BOOKING, MAX_AGE_FOR_SLOTS, RepCalendarReading
from pointsman.services.deliveries.records.lead_record import owe_lead_record
from pointsman.services.handover.book_on_handover import (
    HANDOVER_TRIGGER,
    NO_AUTO_BOOK,
    AutoBook,
    book_or_offer_slots,
    booked_message,
    gate_not_passed_error,
    no_closer_error,
)
from pointsman.services.handover.gate_check import (
    GateAttempt,
    attempt_gate,
    read_possible_calendars,
    record_gate_check,
)
from pointsman.services.handover.handover_result import STAGE_AFTER, HandoverResult, handover_result
from pointsman.services.handover.refuse_gate import refuse_gate_in_tx
from pointsman.services.handover.unwritten import with_nothing_written
from pointsman.services.holds.retry import excluded_closers
from pointsman.services.ports import Actor, ConstraintRefused, Env, Tx
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest
from pointsman.services.transactions import Rollback, run_in_transaction, run_on_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedHandover:
    """A hand-over that is ready to be written: what was asked, and the calendars that were read for it."""

    lead_id: UUID
    evidence: Sequence[Evidence]
    setter: str | None
    actor: Actor
    auto_book: AutoBook
    readings: Mapping[str, RepCalendarReading]
    calendars: Mapping[str, CalendarState]  # those of `readings`, and all that were read besides


async def hand_over(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: AutoBook = NO_AUTO_BOOK,
    before_commit: Callable[[Tx, HandoverResult], Awaitable[bool]] | None = None,
) -> HandoverResult:
    """Record evidence, run the gate for closing, do what follows, and book what `auto_book` says.

    `setter` None is the rep who holds the lead for prospecting or qualification. `before_commit` runs at the end of the
    same transaction: what it writes stands or falls with the hand-over, and False undoes both. Raises NotFound, Invalid,
    Conflict "no-policy"; with a slot that must be booked also RoleProtected "gate-not-passed", Conflict "no-rep-for-slot",
    and what `book` raises.
    """

    async def attempt(calendars: Mapping[str, CalendarState]) -> HandoverResult:
        prepared = await prepare_handover(
            env, lead_id, evidence=evidence, setter=setter, actor=actor, auto_book=auto_book, calendars=calendars
        )

        async def work(tx: Tx) -> HandoverResult | Rollback[HandoverResult]:
            handed = await hand_over_in_tx(env, tx, prepared)
            may_stand = before_commit is None or await before_commit(tx, handed)
            return handed if may_stand else Rollback(handed)

        return await run_in_transaction(env, work)

    try:
        return await with_closer_calendars(env, attempt)
    except ConstraintRefused as refused:
        raise booking_error(refused) from refused


async def dry_run_handover(env: Env, prepared: PreparedHandover) -> HandoverResult:
    """What the hand-over would do now, on a snapshot: no row is locked and none is written. Raises as `hand_over_in_tx`.

    What the database alone would refuse is not seen.
    """

    async def work(tx: Tx) -> HandoverResult:
        return await hand_over_in_tx(env, with_nothing_written(tx), prepared)

    return await run_on_snapshot(env, work)


async def prepare_handover(
    env: Env,
    lead_id: UUID,
    *,
    evidence: Sequence[Evidence],
    setter: str | None,
    actor: Actor,
    auto_book: AutoBook = NO_AUTO_BOOK,
    calendars: Mapping[str, CalendarState] = MappingProxyType({}),
) -> PreparedHandover:
    """Read the calendars of every rep that a passed gate could bring this lead to; nothing is written. Forbidden.

    `calendars` have been read already: a lead may be sent to others than was foreseen when they were.
    """
    actor.require(Operation.HANDOVER)
    async with env.uow() as tx:
        case = await attempt_gate(env, tx, lead_id, evidence, setter, actor, lock=False)
    readings: Mapping[str, RepCalendarReading] = {}
    if case.gate.passed:
        readings = await read_possible_calendars(
            env, case, MAX_AGE_FOR_BOOKING if auto_book.is_booking_wanted else MAX_AGE_FOR_SLOTS
        )
    return PreparedHandover(
        lead_id=lead_id,
        evidence=evidence,
        setter=setter,
        actor=actor,
        auto_book=auto_book,
        readings=readings,
        calendars={**calendars, **{rep: reading.state for rep, reading in readings.items()}},
    )


async def hand_over_in_tx(env: Env, tx: Tx, prepared: PreparedHandover) -> HandoverResult:
    """The hand-over, inside the caller's transaction; what the database refuses is put into words by `booking_error`.

    Raises CalendarsUnread where the lead would go to closers whose calendars were not read when it was prepared.
    """
    case = await attempt_gate(env, tx, prepared.lead_id, prepared.evidence, prepared.setter, prepared.actor, lock=True)
    if prepared.auto_book.is_one_slot:
        if not case.gate.passed:
            raise gate_not_passed_error(case)
        await refuse_if_booked(env, tx, prepared.lead_id)
    await tx.gates.add_evidence(prepared.lead_id, case.new_evidence, at=case.now)
    await owe_lead_record(env, tx, prepared.lead_id)
    if case.gate.passed:
        return await _passed(env, tx, case, prepared)
    return await refuse_gate_in_tx(env, tx, case, prepared.calendars)


async def _passed(env: Env, tx: Tx, case: GateAttempt, prepared: PreparedHandover) -> HandoverResult:
    booked = await tx.appointments.active_for_lead(case.lead.id)
    if booked is not None:
        check_id = await record_gate_check(env, tx, case)
        said = booked_message(booked, case)
        return handover_result(
            case, check_id, stage=case.lead.stage, what=said, closer=booked.rep_key, appointment=booked
        )
    present = await _open_gate_check(env, tx, case)
    routed = None
    if present is None:
        present = await record_gate_check(env, tx, case)
        request = RoutingRequest(
            lead=case.lead,
            purpose=Work.CLOSING,
            trigger=HANDOVER_TRIGGER,
            actor=case.actor,
            gate_check_id=present,
            calendars=prepared.calendars,
            past_holders=await excluded_closers(tx, case.lead),
        )
        routed = await route_lead(env, tx, request)
        if routed.decision.outcome is not DecisionOutcome.ASSIGNED or routed.decision.work not in BOOKABLE_WORKS:
            if prepared.auto_book.is_one_slot:
                raise no_closer_error(case, routed)
            stage = STAGE_AFTER[
                routed.decision.outcome
            ]  # assigned: a rule fell back to work that takes no appointments
            return handover_result(case, present, stage=stage.value, what=routed.decision.summary, routed=routed)
    ending = await book_or_offer_slots(env, tx, case, prepared.readings, prepared.auto_book)
    return handover_result(
        case,
        present,
        stage=(LeadStage.BOOKED if ending.appointment else LeadStage.CLOSING).value,
        what=ending.what,
        routed=routed,
        closer=ending.closer,
        offer=ending.slot_list,
        appointment=ending.appointment,
    )


async def _open_gate_check(env: Env, tx: Tx, case: GateAttempt) -> UUID | None:
    """The check by which a rep has this lead for closing already; a fresh one where an override says so."""
    current = case.assignment
    if current is None or current.work != Work.CLOSING:
        return None
    rep = case.config.roster.reps.get(current.rep_key)
    if rep is None or not rep.active:  # a rep who has left is not booked any more: the lead needs another closer
        return None
    if current.has_override:
        return await record_gate_check(env, tx, case)
    return current.gate_check.id if current.gate_check is not None and current.gate_check.is_open_at(case.now) else None

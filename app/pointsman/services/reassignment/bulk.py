"""Moving many leads at once: a rep is ill, or a human chose a list. Each lead moves in a transaction of its own.

A call that stops in the middle leaves no lead half moved, and the same call again moves only the rest.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, Fault, Invalid, PointsmanError
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.days_off import DaysOff, dates_as_span, days_as_dates
from pointsman.domain.roster.reps import Rep, TimeOff
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.roster.working_hours import away_until
from pointsman.domain.routing.decision import Decision, DecisionOutcome
from pointsman.services.calendars.closer_calendars import read_closer_calendars, with_closer_calendars
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.roster import RepAssignment
from pointsman.services.reassignment.appointment_transfer import AppointmentTransfer, prepare_transfer
from pointsman.services.reassignment.by_rules import reassign_in_tx
from pointsman.services.reassignment.left_words import left_words
from pointsman.services.reassignment.pacing import brief_turns
from pointsman.services.reassignment.pending_moves import PendingMoves
from pointsman.services.reassignment.preview import ReassignmentPreview
from pointsman.services.roster.absent_holder_alerts import update_absent_holder_alerts
from pointsman.services.roster.change_roster import add_time_off
from pointsman.services.roster.change_roster import get_rep as rep_of
from pointsman.services.roster.names import appointment_words
from pointsman.services.roster.roster_input import TimeOffInput
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.english import english_error

#: One call takes no longer than this; the next one goes on where it stopped.
BUDGET = timedelta(seconds=15)

_Position = tuple[datetime, UUID]
_MoveLead = Callable[[UUID, str | None, "AppointmentTransfer | None"], "Awaitable[LeadResult]"]


class BulkOutcome(StrEnum):
    """What became of one lead."""

    REASSIGNED = "reassigned"
    HELD = "held"
    NURTURE = "nurture"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadResult:
    """What became of one lead, and why; `code` says why it was left where it is."""

    lead_id: UUID
    outcome: BulkOutcome
    sentence: Message
    work: str | None = None
    rep: str | None = None
    decision_id: UUID | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What one call did; `next_position` is where the next one goes on. `remaining` counts what the rep still holds."""

    results: tuple[LeadResult, ...]
    next_position: _Position | None = None
    remaining: int | None = None
    note: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRequest:
    """What to move, and how; an end enters time off from now on, so that nothing new comes meanwhile.

    The end is `away_until`, or the end of the last of `away_days` in the rep's zone.
    """

    reason: str
    away_until: datetime | None = None
    away_days: DaysOff | None = None
    works: frozenset[Work] | None = None
    dry_run: bool = False
    after_position: _Position | None = None
    limit: int = 50


async def reassign_rep(env: Env, key: str, asked: BulkRequest, *, actor: Actor) -> BulkResult:
    """Everything that a rep holds goes to others by the rules, the oldest first, and appointments go along.

    With `away_until`, a lead whose appointment begins after that is left: the rep is back by then. NotFound, Invalid.
    """
    rep, asked = await _enter_absence(env, key, asked, actor)
    works = None if asked.works is None else sorted(work.value for work in asked.works)
    async with env.uow() as tx:
        found = await tx.roster.leads_of(key, works=works, after=asked.after_position, limit=asked.limit + 1)
    batch = found[: asked.limit]
    results = await _move_leads(env, [(row.lead_id, key) for row in batch], asked, actor, closing=_gated(batch))
    async with env.uow() as tx:
        left = (await tx.roster.count_open_leads([key])).get(key, 0)
    more = len(found) > len(results)
    return BulkResult(
        results=results,
        next_position=(batch[len(results) - 1].assigned_at, batch[len(results) - 1].assignment_id)
        if more and results
        else None,
        remaining=left,
        note=_note(rep, env.clock()),
    )


async def reassign_leads(env: Env, leads: Sequence[UUID], asked: BulkRequest, *, actor: Actor) -> BulkResult:
    """These leads go to others by the rules, in the order given, whichever rep holds each."""
    chosen = list(dict.fromkeys(leads))
    closing = False
    async with env.uow() as tx:
        for lead_id in chosen:
            current = await tx.decisions.current_assignment(lead_id)
            closing = closing or (current is not None and current.work in GATED_WORKS)
    results = await _move_leads(env, [(lead_id, None) for lead_id in chosen], asked, actor, closing=closing)
    late = say("moving.no-time")
    return BulkResult(results=results, note=late if len(results) < len(chosen) else None)


async def _enter_absence(env: Env, key: str, asked: BulkRequest, actor: Actor) -> tuple[Rep, BulkRequest]:
    """The rep once the absence that was asked for is entered, not twice; and the request with the instant of its end."""
    rep, _ = await rep_of(env, key)
    now = env.clock()
    days = days_as_dates(asked.away_days, rep.time_zone, now) if asked.away_days else None
    if asked.away_days is not None:
        asked = replace(asked, away_until=dates_as_span(*days, rep.time_zone).end if days else now)
    if asked.away_until is None:
        return rep, asked
    if asked.away_until <= now:
        message = "the time off must end in the future"
        path = "body.last_day" if asked.away_days else "body.until"
        raise Invalid(
            message,
            faults=[Fault(path=path, code="in-the-past", message=message, told=say("refusal.absence-in-the-past"))],
            told=say("refusal.absence-in-the-past"),
        )
    back = away_until(rep, now)
    if asked.dry_run or (back is not None and back >= asked.away_until):
        return rep, asked
    span = TimeOff(start=now, end=asked.away_until)
    absence = TimeOffInput(span=span, last_day=days[1] if days else None, reason=asked.reason)
    await add_time_off(env, key, absence, actor=actor)
    return (await rep_of(env, key))[0], asked


async def _move_leads(
    env: Env, leads: Sequence[tuple[UUID, str | None]], asked: BulkRequest, actor: Actor, *, closing: bool
) -> tuple[LeadResult, ...]:
    """One after another, as far as the budget goes."""
    calendars = await read_closer_calendars(env) if closing else None

    if asked.dry_run:
        return await _dry_run(env, leads, asked, calendars)

    async def one(lead_id: UUID, holder: str | None, transfer: AppointmentTransfer | None) -> LeadResult:
        async def attempt(read: Mapping[str, CalendarState]) -> LeadResult:
            async def work(tx: Tx) -> LeadResult:
                await _leave_later(tx, lead_id, holder, asked.away_until)
                return await _move_lead(env, tx, lead_id, holder, asked.reason, actor, read, transfer)

            return await run_in_transaction(env, work)

        return await with_closer_calendars(env, attempt, known=calendars or {})

    started = env.clock()
    results: list[LeadResult] = []
    for lead_id, holder in leads:
        results.append(await _move_in_own_tx(env, lead_id, holder, one))
        if env.clock() - started > BUDGET:
            break
    if any(result.outcome is not BulkOutcome.UNCHANGED for result in results):
        await run_in_transaction(env, lambda tx: update_absent_holder_alerts(env, tx))
    return tuple(results)


async def _leave_later(tx: Tx, lead_id: UUID, holder: str | None, until: datetime | None) -> None:
    """Conflict for a lead whose appointment its rep, who is back by then, can hold."""
    meeting = await tx.appointments.active_for_lead(lead_id) if until is not None else None
    if meeting is not None and until is not None and meeting.starts_at >= until and meeting.rep_key == holder:
        told, reps = await appointment_words(tx, meeting)
        raise english_error(Conflict, say("refusal.back-in-time", **told), reps, code="holder-back-in-time")


async def _move_in_own_tx(env: Env, lead_id: UUID, holder: str | None, one: _MoveLead) -> LeadResult:
    """What becomes of the lead, in a transaction of its own; one that cannot be moved stays, with the reason."""
    try:
        transfer = await prepare_transfer(env, lead_id)
        return await one(lead_id, holder, transfer)
    except PointsmanError as error:
        return _left_result(lead_id, error)


async def _dry_run(
    env: Env,
    leads: Sequence[tuple[UUID, str | None]],
    asked: BulkRequest,
    calendars: Mapping[str, CalendarState] | None,
) -> tuple[LeadResult, ...]:
    """What would become of each lead, on a snapshot: each sees the turns of those before it, and nothing is locked."""
    async with env.uow() as tx:
        with_appointment = await tx.appointments.leads_with_standing([lead_id for lead_id, _ in leads])
    started = env.clock()
    transfers: dict[UUID, AppointmentTransfer | PointsmanError | None] = {}
    for position, (lead_id, _) in enumerate(leads):  # without pauses: it is calendars that are waited for
        if lead_id not in with_appointment:
            continue
        if transfers and env.clock() - started > BUDGET / 2:
            leads = leads[:position]
            break
        try:
            transfers[lead_id] = await prepare_transfer(env, lead_id)
        except PointsmanError as error:
            transfers[lead_id] = error
    results: list[LeadResult] = []
    async with env.uow.snapshot() as tx:
        preview = ReassignmentPreview(env, tx, await load_routing_config(env, tx), calendars, PendingMoves())
        async for lead_id, holder in brief_turns(leads):
            try:
                await _leave_later(tx, lead_id, holder, asked.away_until)
                transfer = transfers.get(lead_id)
                if isinstance(transfer, PointsmanError):
                    raise transfer
                decision = await preview.move(lead_id, holder=holder, transfer=transfer)
                results.append(_moved_result(lead_id, decision, None, transfer))
            except PointsmanError as error:
                results.append(_left_result(lead_id, error))
            if env.clock() - started > BUDGET:
                break
    return tuple(results)


async def _move_lead(
    env: Env,
    tx: Tx,
    lead_id: UUID,
    holder: str | None,
    reason: str,
    actor: Actor,
    calendars: Mapping[str, CalendarState],
    transfer: AppointmentTransfer | None,
) -> LeadResult:
    _, routed = await reassign_in_tx(
        env, tx, lead_id, reason=reason, actor=actor, calendars=calendars, holder=holder, transfer=transfer
    )
    return _moved_result(lead_id, routed.decision, routed.decision_id, transfer)


def _moved_result(
    lead_id: UUID, decision: Decision, decision_id: UUID | None, transfer: AppointmentTransfer | None
) -> LeadResult:
    outcome = {
        DecisionOutcome.ASSIGNED: BulkOutcome.REASSIGNED,
        DecisionOutcome.HELD: BulkOutcome.HELD,
        DecisionOutcome.NURTURE: BulkOutcome.NURTURE,
    }[decision.outcome]
    return LeadResult(
        lead_id=lead_id,
        outcome=outcome,
        sentence=say("moving.with-appointment", what=decision.summary) if transfer is not None else decision.summary,
        work=decision.work.value if decision.work else None,
        rep=decision.rep,
        decision_id=decision_id,
    )


def _left_result(lead_id: UUID, error: PointsmanError) -> LeadResult:
    return LeadResult(lead_id=lead_id, outcome=BulkOutcome.UNCHANGED, sentence=left_words(error), code=error.code)


def _gated(assignments: Sequence[RepAssignment]) -> bool:
    return any(row.work in GATED_WORKS for row in assignments)


def _note(rep: Rep, now: datetime) -> Message | None:
    if not rep.active or away_until(rep, now) is not None:
        return None
    return say("moving.still-gets", rep=rep_name(rep.key))

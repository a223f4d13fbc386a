"""Moving many leads at once: somebody is ill, or somebody chose a list. Each lead moves in a transaction of its own.

Whatever stops in the middle leaves nothing half done, and the same call again moves only what is left.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pointsman.domain.distribution.eligibility import CalendarState
from pointsman.domain.errors import Conflict, Fault, Invalid, PointsmanError
from pointsman.domain.roster.reps import Rep, TimeOff
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.roster.working_hours import away_until
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.calendars.closer_calendars import closers_calendars
from pointsman.services.ports import Actor, Env, Refused, Tx
from pointsman.services.ports.roster import HeldSince
from pointsman.services.reassignment.appointment_handoff import Takeover, prepare_takeover
from pointsman.services.reassignment.by_rules import reassign_in
from pointsman.services.roster.absent_holder_alerts import review_holders
from pointsman.services.roster.change_roster import add_time_off
from pointsman.services.roster.change_roster import rep as rep_of
from pointsman.services.roster.roster_input import Absence
from pointsman.services.transactions import in_transaction

#: One call takes no longer than this; the next one goes on where it stopped.
BUDGET = timedelta(seconds=15)
#: Nobody is routed while a whole list is only tried.
BUDGET_AS_IF = timedelta(seconds=2)

_Position = tuple[datetime, UUID]
_One = Callable[[Tx, UUID, str | None, "Takeover | None"], "Awaitable[Fate]"]


class Outcome(StrEnum):
    """What became of one lead."""

    REASSIGNED = "reassigned"
    HELD = "held"
    NURTURE = "nurture"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one lead, and why; `code` says why it was left where it is."""

    lead_id: UUID
    outcome: Outcome
    sentence: str
    work: str | None = None
    rep: str | None = None
    decision_id: UUID | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What one call did; `next` is where the next one goes on. `remaining` counts what the rep still holds."""

    fates: tuple[Fate, ...]
    next: _Position | None = None
    remaining: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants moved, and how; `until` enters time off, so that nothing new comes meanwhile."""

    reason: str
    until: datetime | None = None
    works: frozenset[Work] | None = None
    dry_run: bool = False
    after: _Position | None = None
    limit: int = 50


async def reassign_rep(env: Env, key: str, asked: Asked, *, actor: Actor) -> Moved:
    """Everything that a rep holds goes to others by the rules, the oldest first, and appointments go along.

    With `until`, a lead whose appointment begins after that is left: the rep is back by then. NotFound, Invalid.
    """
    rep = await _away(env, key, asked, actor)
    works = None if asked.works is None else sorted(work.value for work in asked.works)
    async with env.uow() as tx:
        held = await tx.roster.leads_of(key, works=works, after=asked.after, limit=asked.limit + 1)
    here = held[: asked.limit]
    fates = await _move(env, [(row.lead_id, key) for row in here], asked, actor, closing=_gated(here))
    async with env.uow() as tx:
        left = (await tx.roster.open_leads([key])).get(key, 0)
    more = len(held) > len(fates)
    return Moved(
        fates=fates,
        next=(here[len(fates) - 1].assigned_at, here[len(fates) - 1].assignment_id) if more and fates else None,
        remaining=left,
        note=_note(rep, env.clock()),
    )


async def reassign_leads(env: Env, leads: Sequence[UUID], asked: Asked, *, actor: Actor) -> Moved:
    """These leads go to others by the rules, whoever holds them, in the order given."""
    chosen = list(dict.fromkeys(leads))
    closing = False
    async with env.uow() as tx:
        for lead_id in chosen:
            held = await tx.decisions.active_assignment(lead_id)
            closing = closing or (held is not None and held.work in GATED_WORKS)
    fates = await _move(env, [(lead_id, None) for lead_id in chosen], asked, actor, closing=closing)
    late = "There was no time for the rest: ask again with the leads that are not in the answer."
    return Moved(fates=fates, note=late if len(fates) < len(chosen) else None)


async def _away(env: Env, key: str, asked: Asked, actor: Actor) -> Rep:
    """The rep, as they are once the absence that was asked for is entered; not entered twice."""
    rep, _ = await rep_of(env, key)
    now = env.clock()
    if asked.until is None:
        return rep
    if asked.until <= now:
        message = "the time off must end in the future"
        raise Invalid(message, faults=[Fault(path="until", code="in-the-past", message=message)])
    back = away_until(rep, now)
    if asked.dry_run or (back is not None and back >= asked.until):
        return rep
    span = TimeOff(start=now, end=asked.until)
    await add_time_off(env, key, Absence(span=span, reason=asked.reason), actor=actor)
    return (await rep_of(env, key))[0]


async def _move(
    env: Env, leads: Sequence[tuple[UUID, str | None]], asked: Asked, actor: Actor, *, closing: bool
) -> tuple[Fate, ...]:
    """One after another, as far as the budget goes."""
    calendars = await closers_calendars(env) if closing else None

    async def one(tx: Tx, lead_id: UUID, holder: str | None, takeover: Takeover | None) -> Fate:
        await _leave_later(tx, lead_id, holder, asked.until)
        return await _one(env, tx, lead_id, holder, asked.reason, actor, calendars, takeover)

    if asked.dry_run:
        return await _as_if(env, leads, one)
    started = env.clock()
    fates: list[Fate] = []
    for lead_id, holder in leads:
        fates.append(await _settled(env, lead_id, holder, one))
        if env.clock() - started > BUDGET:
            break
    if any(fate.outcome is not Outcome.LEFT for fate in fates):
        await in_transaction(env, lambda tx: review_holders(env, tx))
    return tuple(fates)


async def _leave_later(tx: Tx, lead_id: UUID, holder: str | None, until: datetime | None) -> None:
    """Conflict for a lead whose appointment its rep, who is back by then, can hold."""
    meeting = await tx.appointments.of_lead(lead_id) if until is not None else None
    if meeting is not None and until is not None and meeting.starts_at >= until and meeting.rep_key == holder:
        raise Conflict(
            f"Its appointment is on {meeting.starts_at:%Y-%m-%d %H:%M} UTC, when {holder} is back.", code="back-by-then"
        )


async def _settled(env: Env, lead_id: UUID, holder: str | None, one: _One) -> Fate:
    """The lead's fate in a transaction of its own; who cannot be moved is left, with the reason."""
    try:
        takeover = await prepare_takeover(env, lead_id)
        return await in_transaction(env, lambda tx: one(tx, lead_id, holder, takeover))
    except PointsmanError as error:
        return _left(lead_id, error)


async def _as_if(env: Env, leads: Sequence[tuple[UUID, str | None]], one: _One) -> tuple[Fate, ...]:
    """The fates in one transaction that is taken back: each lead's turn is seen by the next, and nothing is written."""
    takeovers: dict[UUID, Takeover | PointsmanError | None] = {}
    for lead_id, _ in leads:
        try:
            takeovers[lead_id] = await prepare_takeover(env, lead_id)
        except PointsmanError as error:
            takeovers[lead_id] = error

    async def work(tx: Tx) -> None:
        await _lock_all(tx, [lead_id for lead_id, _ in leads])
        started = env.clock()
        fates: list[Fate] = []
        for lead_id, holder in leads:
            try:
                takeover = takeovers[lead_id]
                if isinstance(takeover, PointsmanError):
                    raise takeover
                fates.append(replace(await one(tx, lead_id, holder, takeover), decision_id=None))
            except PointsmanError as error:
                fates.append(_left(lead_id, error))
                if isinstance(error.__cause__, Refused):  # the database goes on with this transaction no more
                    break
            if env.clock() - started > BUDGET_AS_IF:
                break
        raise _TakenBackError(tuple(fates))

    try:
        await in_transaction(env, work)
    except _TakenBackError as back:
        return back.fates
    raise AssertionError("unreachable: the work always raises")


async def _lock_all(tx: Tx, leads: Sequence[UUID]) -> None:
    """The leads, then the counters: locked as one after another needs them, they would cross with whoever routes."""
    for lead_id in sorted(leads):
        with contextlib.suppress(PointsmanError):  # its fate will say so
            await tx.leads.get(lead_id, lock=True)
    await tx.ledgers.lock(await tx.ledgers.counters())


class _TakenBackError(Exception):
    def __init__(self, fates: tuple[Fate, ...]) -> None:
        super().__init__()
        self.fates = fates


async def _one(
    env: Env,
    tx: Tx,
    lead_id: UUID,
    holder: str | None,
    reason: str,
    actor: Actor,
    calendars: Mapping[str, CalendarState] | None,
    takeover: Takeover | None,
) -> Fate:
    _, routed = await reassign_in(
        env, tx, lead_id, reason=reason, actor=actor, calendars=calendars, holder=holder, takeover=takeover
    )
    decision = routed.decision
    outcome = {
        DecisionOutcome.ASSIGNED: Outcome.REASSIGNED,
        DecisionOutcome.HELD: Outcome.HELD,
        DecisionOutcome.NURTURE: Outcome.NURTURE,
    }[decision.outcome]
    return Fate(
        lead_id=lead_id,
        outcome=outcome,
        sentence=decision.summary,
        work=decision.work.value if decision.work else None,
        rep=decision.rep,
        decision_id=routed.decision_id,
    )


def _left(lead_id: UUID, error: PointsmanError) -> Fate:
    return Fate(lead_id=lead_id, outcome=Outcome.LEFT, sentence=str(error), code=error.code)


def _gated(held: Sequence[HeldSince]) -> bool:
    return any(row.work in GATED_WORKS for row in held)


def _note(rep: Rep, now: datetime) -> str | None:
    if not rep.active or away_until(rep, now) is not None:
        return None
    return f"{rep.name} still gets new leads: give `until`, add time off, or deactivate the rep."

"""Leads that wait: tried again in order of arrival, each in a transaction of its own; one that waits too long raises an alert.

One lead is tried at a time, however many workers drain: a later lead is not tried before an earlier one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.calendars.closer_calendars import read_closer_calendars
from pointsman.services.ports import WORKER, Actor, DatabaseUnavailable, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.holds import HoldCount, HoldFilter, HoldRow
from pointsman.services.roster.absent_holder_alerts import update_absent_holder_alerts
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import NOT_READ, RoutingRequest, RoutingResult
from pointsman.services.transactions import run_in_transaction

#: One run takes no longer than this; the next one goes on where it stopped.
DRAIN_TIME_BUDGET = timedelta(seconds=20)
#: A moment that comes sooner than this is waited for, so that the drain runs at that moment and not some time later.
DUE_LOOKAHEAD = timedelta(seconds=1)

_ALL_HOLDS = HoldFilter()
_Position = tuple[datetime, UUID]


@dataclass(slots=True)
class _DrainCursor:
    """After which hold this process's next run goes on; None at the head."""

    position: _Position | None = None


async def drain_holds(env: Env, *, limit: int = 100) -> int:
    """Try the waiting leads again, `limit` at a time, and announce those that wait too long; how many moved on.

    Nothing is written for a lead that waits on for the same reason and the same things to happen.
    """
    cursor = env.cache.of(_DrainCursor)
    after, cursor.position = cursor.position, None  # a run that fails begins again at the head
    moved, cursor.position = await _drain(env, _ALL_HOLDS, after=after, limit=limit)
    return moved


async def drain_due_holds(env: Env, *, limit: int = 100) -> int:
    """Try the leads of every pool in which a known moment of release has come, or comes within a second; how many moved on.

    All leads that wait in such a pool are tried in order of arrival, so that a known moment lets none overtake.
    """
    async with env.uow.autocommit() as tx:
        due = await tx.holds.next_due()
    if due is None or due - env.clock() > DUE_LOOKAHEAD:
        return 0
    await asyncio.sleep(max(0.0, (due - env.clock()).total_seconds()))
    async with env.uow.autocommit() as tx:
        pools = await tx.holds.due_pools(at=env.clock())
    moved, _ = await _drain(env, HoldFilter(pools=pools), after=None, limit=limit)
    return moved


async def retry_hold(env: Env, hold_id: UUID, *, actor: Actor) -> RoutingResult:
    """Try one waiting lead now. NotFound; Conflict when it waits no longer or is being worked on."""
    async with env.uow() as tx:
        hold = await tx.holds.get(hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.released_at is not None:
        raise Conflict(f"This lead waits no longer: {hold.release}.", code="hold-released")
    calendars = await read_closer_calendars(env) if _may_close(hold) else NOT_READ
    routed = await _retry(env, hold_id, trigger="retry", actor=actor, calendars=calendars)
    if routed is None:
        raise Conflict("Another request is working on this lead. Try again in a second.", code="lead-busy")
    return routed


async def hold_page(env: Env, which: HoldFilter, *, after: _Position | None, limit: int) -> Sequence[HoldRow]:
    """Open holds in order of arrival."""
    async with env.uow() as tx:
        return await tx.holds.page(which, after=after, limit=limit)


async def hold_counts(env: Env) -> tuple[datetime, Sequence[HoldCount]]:
    """When they were counted, and the open holds by reason, work and pool."""
    now = env.clock()
    async with env.uow() as tx:
        return now, await tx.holds.counts(at=now)


async def _drain(env: Env, which: HoldFilter, *, after: _Position | None, limit: int) -> tuple[int, _Position | None]:
    """How many moved on, and where the budget ended, if it did."""
    started, moved, place, stopped = env.clock(), 0, after, False
    failed: Exception | None = None
    calendars: Mapping[str, CalendarState] | None = None
    while not stopped:
        async with env.uow() as tx:
            page = await tx.holds.page(which, after=place, limit=limit)
        if calendars is None and any(_may_close(hold) for hold in page):
            calendars = await read_closer_calendars(env)
        for hold in page:
            try:
                routed = await _retry(env, hold.id, trigger="drain", actor=WORKER, calendars=calendars or {})
                moved += routed is not None and routed.decision.outcome is not DecisionOutcome.HELD
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # one lead that cannot be moved keeps no other one waiting
                failed = failed or error
                await _clear_next_try(env, hold)
            place = (hold.held_at, hold.id)
            stopped = env.clock() - started > DRAIN_TIME_BUDGET
            if stopped:
                break
        if len(page) < limit:
            break
    await _alert_overdue(env)
    if failed is not None:
        raise failed  # so that the caller reports it
    return moved, place if stopped else None


async def _retry(
    env: Env, hold_id: UUID, *, trigger: str, actor: Actor, calendars: Mapping[str, CalendarState]
) -> RoutingResult | None:
    async def work(tx: Tx) -> RoutingResult | None:
        await tx.holds.lock_drain()
        hold = await tx.holds.lock_if_lead_free(hold_id)
        if hold is None:
            return None
        lead = await tx.leads.get(hold.lead_id, lock=True)
        assert lead is not None
        purpose, past = await retry_constraints(env, tx, hold)
        request = RoutingRequest(
            lead=lead, purpose=purpose, trigger=trigger, actor=actor, calendars=calendars, past_holders=past
        )
        return await route_lead(env, tx, request)

    return await run_in_transaction(env, work)


async def retry_constraints(env: Env, tx: Tx, hold: HoldRow) -> tuple[Work | None, frozenset[str]]:
    """What a waiting lead is tried again for (None: by all rules), and who may not get it back."""
    purpose = await _purpose(env, tx, hold)
    # A rep who gave up closing this lead may qualify it anew, once its pass has run out.
    same = purpose is None or purpose == hold.work
    return purpose, await excluded_holders(tx, hold.lead_id) if same else frozenset()


async def excluded_holders(tx: Tx, lead_id: UUID) -> frozenset[str]:
    """The reps who may not get a held lead back: all past holders, when it waits to be reassigned."""
    return (
        await tx.decisions.past_holders(lead_id)
        if await tx.holds.is_waiting_since_reassignment(lead_id)
        else frozenset()
    )


async def excluded_closers(tx: Tx, lead: LeadRow) -> frozenset[str]:
    """The closers who may not get a lead back that waits for another one, also when it is handed over again."""
    hold = await tx.holds.open_for(lead.id) if lead.stage == LeadStage.HELD else None
    return await excluded_holders(tx, lead.id) if hold is not None and hold.work in GATED_WORKS else frozenset()


async def _purpose(env: Env, tx: Tx, hold: HoldRow) -> Work | None:
    """What the lead was to be routed for; one whose pass of the gate has run out goes back to qualification."""
    decision = await tx.decisions.get(hold.decision_id)
    asked = decision.inputs.get("purpose") if decision else None
    if asked is None:
        return None
    purpose = Work(asked)
    if purpose in GATED_WORKS:
        context = await tx.decisions.routing_context(hold.lead_id, at=env.clock())
        allowed = {p.work for p in context.gate_passes} | {o.work for o in context.overrides}
        if purpose.value not in allowed:
            return Work.QUALIFICATION
    return purpose


def _may_close(hold: HoldRow) -> bool:
    return hold.work is None or hold.work in GATED_WORKS


async def _clear_next_try(env: Env, hold: HoldRow) -> None:
    """A lead that cannot be moved is left to the next full drain, and not tried every second."""
    async with env.uow.autocommit() as tx:
        await tx.holds.clear_past_try(hold.id, at=env.clock())


async def _alert_overdue(env: Env) -> None:
    now = env.clock()

    async def work(tx: Tx) -> None:
        await update_absent_holder_alerts(env, tx)
        for hold in await tx.holds.overdue(at=now, limit=100):
            waited = _hours(now - hold.held_at)
            message = (
                f"waits since {hold.held_at:%Y-%m-%d %H:%M} UTC ({waited}) for {hold.work or 'a rule'}: {hold.reason}"
            )
            if hold.releases:
                message = f"{message}. What would release it: {hold.releases[0]['sentence']}"
            await tx.alerts.put(
                id=env.new_id(), at=now, code=AlertCode.HOLD_OVERDUE, subject=f"lead:{hold.lead_id}", message=message
            )

    await run_in_transaction(env, work)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"

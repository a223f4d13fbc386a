"""Leads that wait: tried again in order of arrival, each in a transaction of its own; who waits too long is announced."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.eligibility import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.roles import GATED_WORKS, Work
from pointsman.services.closers import closers_calendars
from pointsman.services.ports import Actor, Env, Tx, Unreachable
from pointsman.services.ports.routing import HoldRow
from pointsman.services.routing import Routed, route_lead
from pointsman.services.transactions import in_transaction

WORKER = Actor(name="worker")
OVERDUE = "hold-overdue"

#: One run takes no longer than this; the next one goes on where it stopped.
BUDGET = timedelta(seconds=20)

_PLACE = "holds.place"
_Position = tuple[datetime, UUID]


async def drain_holds(env: Env, *, limit: int = 100) -> int:
    """Try the waiting leads again, `limit` at a time, and announce those that wait too long; how many moved on.

    Nothing is written for a lead that waits on for the same reason.
    """
    started, moved = env.clock(), 0
    failed: Exception | None = None
    calendars: Mapping[str, CalendarState] | None = None
    place: _Position | None = env.cache.pop(_PLACE, None)
    while True:
        async with env.uow() as tx:
            page = await tx.holds.page(supplier=None, after=place, limit=limit)
        if calendars is None and any(_may_close(hold) for hold in page):
            calendars = await closers_calendars(env)
        for hold in page:
            try:
                routed = await _again(env, hold.id, trigger="drain", actor=WORKER, calendars=calendars or {})
                moved += routed is not None and routed.changed
            except Unreachable:
                raise
            except Exception as error:  # noqa: BLE001  # one lead that cannot be moved keeps no other one waiting
                failed = failed or error
            place = (hold.held_at, hold.id)
            if env.clock() - started > BUDGET:
                env.cache[_PLACE] = place
                break
        if len(page) < limit or _PLACE in env.cache:
            break
    await _announce(env)
    if failed is not None:
        raise failed  # so that whoever runs this says so
    return moved


async def retry_hold(env: Env, hold_id: UUID, *, actor: Actor) -> Routed:
    """Try one waiting lead now. NotFound; Conflict when it waits no longer or is being worked on."""
    async with env.uow() as tx:
        hold = await tx.holds.get(hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.released_at is not None:
        raise Conflict(f"This lead waits no longer: {hold.release}.", code="hold-released")
    calendars = await closers_calendars(env) if _may_close(hold) else {}
    routed = await _again(env, hold_id, trigger="retry", actor=actor, calendars=calendars)
    if routed is None:
        raise Conflict("Somebody is working on this lead right now. Try again in a second.", code="lead-busy")
    return routed


async def hold_page(env: Env, *, supplier: str | None, after: _Position | None, limit: int) -> Sequence[HoldRow]:
    """Open holds in order of arrival."""
    async with env.uow() as tx:
        return await tx.holds.page(supplier=supplier, after=after, limit=limit)


async def _again(
    env: Env, hold_id: UUID, *, trigger: str, actor: Actor, calendars: Mapping[str, CalendarState]
) -> Routed | None:
    async def work(tx: Tx) -> Routed | None:
        hold = await tx.holds.lead_free(hold_id)
        if hold is None:
            return None
        lead = await tx.leads.get(hold.lead_id, lock=True)
        assert lead is not None
        purpose = await _purpose(env, tx, hold)
        # Who is relieved of closing may qualify the lead anew, once its pass has run out.
        same = purpose is None or purpose == hold.work
        past = await relieved_of(tx, hold.lead_id) if same else frozenset()
        return await route_lead(
            env, tx, lead, purpose=purpose, trigger=trigger, actor=actor, calendars=calendars, past_holders=past
        )

    return await in_transaction(env, work)


async def relieved_of(tx: Tx, lead_id: UUID) -> frozenset[str]:
    """Who may not get a waiting lead back: everybody who held it, when it waits because it was to be reassigned."""
    hold = await tx.holds.open_for(lead_id)
    decision = await tx.decisions.get(hold.decision_id) if hold else None
    if decision is None or not decision.inputs.get("past_holders"):
        return frozenset()
    return await tx.decisions.past_holders(lead_id)


async def _purpose(env: Env, tx: Tx, hold: HoldRow) -> Work | None:
    """What the lead was to be routed for; one whose pass of the gate has run out goes back to qualification."""
    decision = await tx.decisions.get(hold.decision_id)
    asked = decision.inputs.get("purpose") if decision else None
    if asked is None:
        return None
    purpose = Work(asked)
    if purpose in GATED_WORKS:
        context = await tx.decisions.context(hold.lead_id, at=env.clock())
        allowed = {p.work for p in context.passes} | {o.work for o in context.overrides}
        if purpose.value not in allowed:
            return Work.QUALIFICATION
    return purpose


def _may_close(hold: HoldRow) -> bool:
    return hold.work is None or hold.work in GATED_WORKS


async def _announce(env: Env) -> None:
    now = env.clock()

    async def work(tx: Tx) -> None:
        for hold in await tx.holds.overdue(at=now, limit=100):
            waited = _hours(now - hold.held_at)
            message = (
                f"waits since {hold.held_at:%Y-%m-%d %H:%M} UTC ({waited}) for {hold.work or 'a rule'}: {hold.reason}"
            )
            await tx.alerts.put(id=env.new_id(), at=now, code=OVERDUE, subject=f"lead:{hold.lead_id}", message=message)

    await in_transaction(env, work)


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"

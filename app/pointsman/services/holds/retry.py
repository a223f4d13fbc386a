"""One waiting lead tried again: for what, who may not get it back, and in a transaction of its own."""

from collections.abc import Mapping
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import RoutingContext
from pointsman.services.ports.routing.holds import HoldRow, RetryConstraints
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, RoutingResult
from pointsman.services.transactions import run_in_transaction


async def retry_waiting_lead(
    env: Env, hold_id: UUID, *, trigger: str, actor: Actor, calendars: Mapping[str, CalendarState]
) -> RoutingResult | None:
    """Route the lead of an open hold; None when it waits no longer, or another transaction works on it.

    Raises as `route_lead`.
    """

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
    asked = (await tx.holds.retry_constraints([hold.id]))[hold.id]
    if asked.purpose is None or Work(asked.purpose) not in GATED_WORKS:
        return constraints_at(hold, asked, RoutingContext(versions=await tx.policies.live_versions()))
    return constraints_at(hold, asked, await tx.decisions.routing_context(hold.lead_id, at=env.clock()))


def constraints_at(
    hold: HoldRow, asked: RetryConstraints, context: RoutingContext
) -> tuple[Work | None, frozenset[str]]:
    """`retry_constraints`, from what is known; a lead whose pass of the gate has run out goes back to qualification."""
    purpose = Work(asked.purpose) if asked.purpose is not None else None
    if purpose in GATED_WORKS:
        allowed = {p.work for p in context.gate_passes} | {o.work for o in context.overrides}
        if purpose not in allowed:
            purpose = Work.QUALIFICATION
    # A rep who gave up closing this lead may qualify it anew, once its pass has run out.
    same = purpose is None or purpose == hold.work
    return purpose, asked.excluded if same else frozenset()


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


def may_close(hold: HoldRow) -> bool:
    """Whether the lead may go to a closer, for which calendars are read."""
    return hold.work is None or hold.work in GATED_WORKS

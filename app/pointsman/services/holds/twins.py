"""Waiting leads that must get the same answer, found without a lock: a drain tries the first of them."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.waiting_twins import twin_key
from pointsman.services.holds.retry import constraints_at
from pointsman.services.policies.cache import load_routing_config_at
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.routing.decisions import RoutingContext
from pointsman.services.ports.routing.holds import HoldRow
from pointsman.services.routing.lead_inputs import awaited_gated_work, gate_passes, plan_for_lead, routing_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """`key` is one for all that wait on unchanged when one of them does; None for a lead that has to be tried itself.

    `frees_rep`: another rep has the lead, and room for another one when it moves on.
    """

    key: Hashable | None
    frees_rep: bool


_ALONE = Twins(key=None, frees_rep=True)


async def find_twins(env: Env, tx: Tx, holds: Sequence[HoldRow]) -> Mapping[UUID, Twins]:
    """By hold, in four statements for all of them: leads as they are now, decided as `route_lead` would, up to the reps."""
    if not holds:
        return {}
    now = env.clock()
    lead_ids = [hold.lead_id for hold in holds]
    leads = await tx.leads.get_many(lead_ids)
    contexts = await tx.decisions.routing_contexts(lead_ids, at=now)
    constraints = await tx.holds.retry_constraints([hold.id for hold in holds])
    config = await load_routing_config_at(env, tx, contexts[lead_ids[0]].versions)
    found: dict[UUID, Twins] = {}
    for hold in holds:
        lead, context, asked = leads.get(hold.lead_id), contexts[hold.lead_id], constraints.get(hold.id)
        if lead is None or asked is None or context.hold is None or context.hold.id != hold.id:
            found[hold.id] = _ALONE
            continue
        purpose, past_holders = constraints_at(hold, asked, context)
        passes = gate_passes(context)
        overrides = frozenset((row.rep, Work(row.work)) for row in context.overrides)
        plan = plan_for_lead(
            config.policy,
            routing_facts(lead, context, config.policy, now),
            purpose=purpose or awaited_gated_work(context, passes),
            passes=passes,
            overrides=overrides,
            now=now,
        )
        ending = context.current_assignment.id if context.current_assignment else None
        key = twin_key(plan, config.roster, past_holders=past_holders, overrides=overrides, ending_assignment=ending)
        # What is kept with the hold belongs to it: only where it is the same is nothing to be written.
        whole = None if key is None else (key, *_as_kept(hold, context))
        found[hold.id] = Twins(key=whole, frees_rep=ending is not None)
    return found


def _as_kept(hold: HoldRow, context: RoutingContext) -> tuple[Hashable, ...]:
    assert context.hold is not None
    releases = tuple((r["code"], r["rep"], r["pool"], r["at"], tuple(r["needs"])) for r in context.hold.releases)
    return hold.work, hold.pool, hold.reason, releases, context.hold.next_try_at

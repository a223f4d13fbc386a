"""What is kept with a hold: when the wait breaks its promise, and what would end it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.dates.local_time import local_date
from pointsman.domain.gate.evaluation import GateResult, evaluate_gate
from pointsman.domain.leads.facts import Facts
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.domain.routing.decide import RoutingInputs
from pointsman.domain.routing.decision import Decision, DecisionOutcome, HoldReason
from pointsman.domain.routing.hold_releases import HoldRelease, find_releases, next_release_at, same_releases
from pointsman.services.policies.cache import RoutingConfig
from pointsman.services.ports import Tx
from pointsman.services.ports.routing.decisions import RoutingContext
from pointsman.services.ports.routing.holds import HoldRow


def overdue_at(decision: Decision, policy: CompiledPolicy) -> datetime | None:
    """When an alert says that this lead still waits: its rule's word, else the policy's; None if it does not."""
    if decision.outcome is not DecisionOutcome.HELD:
        return None
    rule = next((rule for rule in policy.policy.rules if rule.name == decision.rule), None)
    own = rule.alert_after if rule else None
    return decision.now + (policy.policy.holds.alert_after if own is None else own)


def find_hold_releases(
    decision: Decision, policy: CompiledPolicy, inputs: RoutingInputs, facts: Facts, context: RoutingContext
) -> tuple[HoldRelease, ...]:
    """All that would release the lead, as of this decision; nothing unless it waits."""
    if decision.outcome is not DecisionOutcome.HELD:
        return ()
    return find_releases(decision, policy.policy, inputs, _gate(decision, policy, facts, context))


def is_unchanged_hold(hold: HoldRow | None, decision: Decision, found: tuple[HoldRelease, ...]) -> bool:
    """Whether the lead waits as before, for the same reason and for the same things to happen."""
    return (
        hold is not None
        and decision.outcome is DecisionOutcome.HELD
        and (hold.work, hold.pool, hold.reason) == (decision.work, decision.pool, decision.hold_reason)
        and same_releases(hold.releases, found)
    )


async def save_hold_releases(tx: Tx, lead_id: UUID, found: tuple[HoldRelease, ...]) -> None:
    """Keep with the lead's open hold what would release it."""
    stored: list[Mapping[str, Any]] = [release.as_json() for release in found]
    await tx.holds.set_releases(lead_id, stored, next_try_at=next_release_at(found))


async def retry_capped_holds(tx: Tx, known: RoutingConfig, rep: str, *, at: datetime) -> None:
    """A lead of `rep` is closed or with others: if that leaves room under a cap, the leads that wait for it are tried at once."""
    roster, policy = known.roster, known.policy.policy
    found = roster.reps.get(rep)
    if found is None:
        return
    supplier, step = policy.suppliers.get(found.supplier), None
    if supplier is not None:
        step = supplier.capacity_on(local_date(at, supplier.time_zone))
    # What one rep hands on, any other of the supplier may get.
    together = step is not None and step.open_load is not None
    caps = (found.caps, *found.caps.categories.values())
    if not together and all(cap.open_load is None for cap in caps):
        return
    reps = {r.key for r in roster.reps.values() if r.supplier == found.supplier} if together else {rep}
    pools = [name for name, pool in policy.pools.items() if any(member.rep in reps for member in pool.members)]
    if pools:
        await tx.holds.make_due(pools, at=at)


def _gate(decision: Decision, policy: CompiledPolicy, facts: Facts, context: RoutingContext) -> GateResult | None:
    gate = policy.policy.gates.get(decision.work) if decision.work else None
    if gate is None or decision.hold_reason is not HoldReason.GATE_CLOSED:
        return None
    return evaluate_gate(
        gate,
        context.evidence,
        facts,
        decision.now,
        sources=policy.policy.evidence,
        definitions=policy.definitions,
    )

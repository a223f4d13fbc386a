"""Which waiting leads must get the same answer: when one of them waits on unchanged, so do the others."""

from collections.abc import Collection, Hashable
from uuid import UUID

from pointsman.domain.policy.document import DistributionMethod
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import Work
from pointsman.domain.routing.decision import HoldReason
from pointsman.domain.routing.plan import RoutingPlan


def twin_key(
    plan: RoutingPlan,
    roster: Roster,
    *,
    past_holders: Collection[str],
    overrides: Collection[tuple[str, Work]],
    ending_assignment: UUID | None,
) -> Hashable | None:
    """Two leads with one key are held, and for the same things to happen, whenever one of them is.

    That is at one moment, with one roster, the same ledgers, loads and calendars. None for a lead that has no twin.

    The key has all that `check_eligibility` and `find_releases` look at beside these: the routes with the state of their gates,
    the facts that a pool asks of a lead and its reps, who held the lead and who is excepted.
    """
    policy = plan.compiled.policy
    if plan.hold_reason is HoldReason.GATE_CLOSED:
        return None  # what would release it lies in its evidence
    if any(policy.pools[name].method is DistributionMethod.OWNER for name in plan.pools):
        return None  # its owners decide
    routes = tuple(
        (route.work, route.pool, route.category, route.gate is None or route.gate.is_open_at(plan.now))
        for route in plan.routes
    )
    asked = {field for name in plan.pools for field in plan.compiled.eligibility_fields[name]}
    if any(_is_barred_anywhere(plan, roster, name) for name in plan.pools):
        asked.add("company.domain")
    facts = tuple((field, plan.facts.get(field)) for field in sorted(asked))
    return (
        plan.hold_reason,
        plan.hold_work,
        routes,
        facts,
        frozenset(past_holders),
        frozenset(overrides),
        ending_assignment,  # its rep has room for this lead already
    )


def _is_barred_anywhere(plan: RoutingPlan, roster: Roster, pool: str) -> bool:
    """Whether a company's domain can keep a member of the pool from a lead."""
    policy = plan.compiled.policy
    for member in policy.pools[pool].members:
        rep = roster.reps.get(member.rep)
        rules = policy.suppliers.get(rep.supplier) if rep else None
        if rep is not None and (rep.barred_domains or (rules and rules.barred_domains)):
            return True
    return False

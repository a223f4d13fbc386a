"""Outsourced partners in a pool: accounts they must not touch, their share of the turns, and how much they can take."""

from collections.abc import Collection, Mapping
from datetime import datetime

from pointsman.domain.dates.local_time import local_date
from pointsman.domain.distribution.caps import RepLoad, reached_supplier_limit
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Arg, Message, rep_name, say, supplier_name
from pointsman.domain.policy.document import Pool, SupplierRules
from pointsman.domain.roster.reps import Rep


def barred_reason(rep: Rep, rules: SupplierRules | None, facts: Facts) -> Message | None:
    """The sentence that bars `rep` from the lead's company, by its domain or one above it; None if nothing does."""
    domain = facts.get("company.domain")
    if not isinstance(domain, str) or not (rep.barred_domains or (rules and rules.barred_domains)):
        return None
    labels = domain.lower().rstrip(".").split(".")
    named = [".".join(labels[i:]) for i in range(len(labels))]
    for barred in (rep.barred_domains, rules.barred_domain_set if rules else ()):
        found = _first(named, barred)
        if found is not None:
            told: dict[str, Arg] = {"rep": rep_name(rep.key), "supplier": supplier_name(rep.supplier), "domain": domain}
            if found != named[0]:
                return say("eligibility.barred-under", **told, above=found)
            return say("eligibility.barred", **told)
    return None


def _first(named: Collection[str], barred: Collection[str]) -> str | None:
    return next((name for name in named if name in barred), None)


def no_share_reason(rep: Rep, pool: Pool, pool_name: str) -> Message | None:
    """The sentence for a rep whose supplier has no share of the pool's turns; None in a pool without shares."""
    if not pool.shares or pool.shares.get(rep.supplier):
        return None
    supplier = supplier_name(rep.supplier)
    return say("eligibility.no-share", rep=rep_name(rep.key), supplier=supplier, pool=pool_name)


def over_capacity_reason(
    rep: Rep, rules: SupplierRules | None, loads: Mapping[str, RepLoad], now: datetime
) -> Message | None:
    """The sentence for a rep whose supplier has received all that it can take by the step in force today."""
    step = rules.capacity_on(local_date(now, rules.time_zone)) if rules else None
    full = reached_supplier_limit(step, loads.get(rep.supplier, RepLoad())) if step else None
    if full is None:
        return None
    return say("eligibility.supplier-full", rep=rep_name(rep.key), supplier=supplier_name(rep.supplier), used=full)

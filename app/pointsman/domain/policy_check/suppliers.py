"""Outsourced partners: do they exist, can they ever take anything, and do the shares meet the members?"""

from collections.abc import Iterator

from pointsman.domain.policy.document import CapacityStep, Policy, Pool
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Roster
from pointsman.domain.text.suggestions import did_you_mean


def check_suppliers(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    """Suppliers without reps, capacities that are always zero, shares without members."""
    known = {rep.supplier for rep in roster.reps.values()} if roster is not None else None
    for name, rules in policy.suppliers.items():
        path = f"suppliers.{name}"
        if known is not None and name not in known:
            message = f"no rep on the roster works for '{name}', so this has no effect; {_hint(name, known)}"
            yield warning(path, "unknown-supplier", message)
        if rules.capacity and all(_nothing(step) for step in rules.capacity):
            message = f"{name} can take nothing at any time: raise a step, or take its reps out of the pools"
            yield warning(f"{path}.capacity", "capacity-always-zero", message)
    if roster is not None and known is not None:
        for name, pool in policy.pools.items():
            if pool.shares:
                yield from _shares(f"pools.{name}", pool, roster, known)


def _nothing(step: CapacityStep) -> bool:
    return 0 in (step.per_day, step.per_week, step.open_load)


def _shares(path: str, pool: Pool, roster: Roster, known: set[str]) -> Iterator[Finding]:
    present = {rep.supplier for member in pool.members if (rep := roster.reps.get(member.rep)) is not None}
    for supplier, share in pool.shares.items():
        where = f"{path}.shares.{supplier}"
        if supplier not in known:
            yield error(where, "unknown-supplier", f"no rep works for '{supplier}'; {_hint(supplier, known)}")
        elif share and supplier not in present:
            message = (
                f"{supplier} has {share} % and no member in this pool, so the others share it: add one of its reps"
            )
            yield warning(where, "share-without-member", message)
    for i, member in enumerate(pool.members):
        rep = roster.reps.get(member.rep)
        if rep is not None and not pool.shares.get(rep.supplier):
            message = f"{rep.key}'s supplier {rep.supplier} has no share of this pool, so {rep.key} gets nothing"
            yield warning(f"{path}.members[{i}]", "member-without-share", f"{message}: give it a share, or remove them")


def _hint(name: str, known: set[str]) -> str:
    return did_you_mean(name, known) or "set the supplier of its reps"

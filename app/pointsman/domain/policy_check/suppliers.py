"""Outsourced partners: do they exist, can they ever take anything, and do the shares meet the members?"""

from collections.abc import Iterator

from pointsman.domain.messages.message import Message, rep_name, say, supplier_name
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import CapacityStep, Policy, Pool
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Roster


def check_suppliers(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    """Suppliers without reps, capacities that are always zero, shares without members."""
    known = {rep.supplier for rep in roster.reps.values()} if roster is not None else None
    for name, rules in policy.suppliers.items():
        path = f"suppliers.{name}"
        if known is not None and name not in known:
            message = say("finding.supplier-without-effect", name=name, hint=_hint(name, known))
            yield warning(path, "unknown-supplier", message)
        if rules.capacity and all(_nothing(step) for step in rules.capacity):
            message = say("finding.capacity-always-zero", supplier=supplier_name(name))
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
            message = say("finding.unknown-supplier", name=supplier, hint=_hint(supplier, known))
            yield error(where, "unknown-supplier", message)
        elif share and supplier not in present:
            message = say("finding.share-without-member", supplier=supplier_name(supplier), share=share)
            yield warning(where, "share-without-member", message)
    for i, member in enumerate(pool.members):
        rep = roster.reps.get(member.rep)
        if rep is not None and not pool.shares.get(rep.supplier):
            employer = supplier_name(rep.supplier)
            message = say("finding.member-without-share", rep=rep_name(rep.key), supplier=employer)
            yield warning(f"{path}.members[{i}]", "member-without-share", message)


def _hint(name: str, known: set[str]) -> Message:
    return suggestion(name, known) or say("finding.set-supplier")

"""Does what a pool says of its distribution fit its method and its work, and can it do what it seems to?"""

from collections.abc import Iterator, Mapping

from pointsman.domain.leads.facts import FieldType
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.roster.reps import Roster
from pointsman.domain.roster.roles import Work
from pointsman.domain.text.suggestions import did_you_mean

#: Works whose leads get an appointment, and so a slot to be sooner or later.
BOOKED_WORKS = frozenset({Work.CLOSING, Work.SOLUTION_DESIGN, Work.CUSTOMER_SERVICE})


def check_distribution(policy: Policy, roster: Roster | None, fields: Mapping[str, FieldType]) -> Iterator[Finding]:
    """Methods, rankings, ramp-ups and shared ledgers that do not do what they seem to."""
    yield from _shared_ledgers(policy)
    for name, pool in policy.pools.items():
        path = f"pools.{name}"
        yield from _method(path, pool, policy)
        yield from _ramp_up(path, pool, roster)
        for i, match in enumerate(pool.match):
            if match.lead not in fields:
                yield _unknown_field(f"{path}.match[{i}].lead", match.lead, fields)
        for i, prefer in enumerate(pool.ranking.prefer):
            where = f"{path}.ranking.prefer[{i}]"
            if prefer.lead not in fields:
                yield _unknown_field(f"{where}.lead", prefer.lead, fields)
            if roster is not None and not any(_has(roster, member.rep, prefer.rep) for member in pool.members):
                message = f"no member has {prefer.rep}, so this preference changes nothing: add them, or remove it"
                yield warning(f"{where}.rep", "preference-without-effect", message)
    names = policy.matching.names
    if names is not None and names.suggest_at > names.link_at:
        message = (
            f"names that are linked from {names.link_at} on are never suggested from {names.suggest_at} on: swap them"
        )
        yield error("matching.names.suggest_at", "thresholds-crossed", message)


def _shared_ledgers(policy: Policy) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, pool in policy.pools.items():
        ledger = pool.ledger_of(name)
        other = first.setdefault(ledger, name)
        if other == name:
            continue
        path = f"pools.{name if pool.ledger else other}.ledger"
        theirs = policy.pools[other]
        if theirs.work is not pool.work:
            message = (
                f"pools {other} ({theirs.work}) and {name} ({pool.work}) share a ledger, so a turn of one work would be "
                "paid with one of another: name another ledger"
            )
            yield error(path, "ledger-mixes-work", message)
        elif theirs.method is not pool.method:
            message = (
                f"pools {other} ({theirs.method}) and {name} ({pool.method}) share a ledger though they choose in "
                "different ways: give both the same method, or name another ledger"
            )
            yield warning(path, "ledger-mixes-methods", message)


def _method(path: str, pool: Pool, policy: Policy) -> Iterator[Finding]:
    if pool.method is DistributionMethod.SOONEST and pool.work not in BOOKED_WORKS:
        message = f"{pool.work} is not booked into calendars, so no rep has a soonest slot: choose fair or least_loaded"
        yield error(f"{path}.method", "method-misfit", message)
    if pool.method is DistributionMethod.OWNER and not policy.ownership.order:
        message = "only owners get leads here, but ownership.order is empty: name contact, account or parent there"
        yield error(f"{path}.method", "owner-without-order", message)
    if "ranking" in pool.model_fields_set and pool.method is not DistributionMethod.RANKED:
        message = f"{pool.method} does not look at a ranking: write 'method: ranked', or remove it"
        yield warning(f"{path}.ranking", "ranking-without-effect", message)


def _ramp_up(path: str, pool: Pool, roster: Roster | None) -> Iterator[Finding]:
    if not pool.ramp_up:
        return
    if pool.ramp_up[-1].percent < 100:
        message = f"newcomers stay at {pool.ramp_up[-1].percent} % for ever: add a step with percent 100"
        yield warning(f"{path}.ramp_up", "ramp-never-full", message)
    for i, member in enumerate(pool.members):
        rep = roster.reps.get(member.rep) if roster is not None else None
        if rep is not None and rep.started_on is None:
            message = f"nobody knows when {rep.key} started, so the ramp-up leaves them at 100 %: set started_on"
            yield warning(f"{path}.members[{i}]", "ramp-without-start", message)


def _unknown_field(path: str, name: str, fields: Mapping[str, FieldType]) -> Finding:
    hint = did_you_mean(name, fields) or "declare the organisation's own under 'fields'"
    return error(path, "unknown-field", f"there is no field '{name}'; {hint}")


def _has(roster: Roster, key: str, skill: str) -> bool:
    rep = roster.reps.get(key)
    return rep is not None and bool(rep.skills.get(skill))

"""Can the people in a pool do what the pool is for?"""

from collections.abc import Iterator

from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.staffing import check_staffed_hours
from pointsman.domain.roster.reps import Rep, Roster
from pointsman.domain.text.suggestions import did_you_mean


def check_pools(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    """Empty pools, pools that nothing uses, and, with a roster, members who may not or cannot do the work."""
    used = _used(policy)
    for name, pool in policy.pools.items():
        path = f"pools.{name}"
        if name not in used:
            yield warning(
                path, "unused-pool", "no rule and no companion_pools of a used pool name this pool: use it or remove it"
            )
        if not pool.members:
            yield error(f"{path}.members", "pool-empty", "the pool has no members, so its leads would wait: add one")
        elif roster is not None:
            yield from _members(path, pool, roster)


def _used(policy: Policy) -> set[str]:
    """The pools that a rule leads to, and those that send a rep along to their appointments."""
    led_to = {name for rule in policy.rules for name in (rule.pool, rule.fallback_pool) if name is not None}
    along = {name for led in led_to if led in policy.pools for name in policy.pools[led].booking.companion_pools}
    return led_to | along


def _members(path: str, pool: Pool, roster: Roster) -> Iterator[Finding]:
    able: list[Rep] = []
    for i, member in enumerate(pool.members):
        where = f"{path}.members[{i}]"
        rep = roster.reps.get(member.rep)
        if rep is None:
            hint = did_you_mean(member.rep, roster.reps) or "add the rep first"
            yield error(where, "unknown-rep", f"no rep '{member.rep}' is on the roster; {hint}")
        elif not rep.role.allows(pool.work):
            message = f"{rep.key}'s role {rep.role.name} does not include {pool.work}: remove {rep.key} from this pool"
            yield error(where, "role-forbids", message)
        elif not rep.active:
            yield warning(where, "inactive-rep", f"{rep.key} is not active and gets nothing: remove {rep.key}")
        elif not (member.weight or rep.weight):
            yield warning(where, "weight-zero", f"{rep.key} has weight 0 and gets nothing: set a weight")
        else:
            able.append(rep)
            yield from _skills(where, pool, rep)
            if pool.immediate and not rep.working_hours:
                message = f"the pool hands out work at once, but {rep.key} has no working hours: set them"
                yield warning(where, "no-working-hours", message)
    if not able:
        message = f"none of the members can get {pool.work}, so every lead of this pool would wait: add one who can"
        yield error(f"{path}.members", "nobody-eligible", message)
    else:
        yield from check_staffed_hours(
            path, pool, [rep for rep in able if not pool.shares or pool.shares.get(rep.supplier)]
        )


def _skills(where: str, pool: Pool, rep: Rep) -> Iterator[Finding]:
    for match in pool.match:
        if not rep.skills.get(match.rep):
            message = f"{rep.key} has no {match.rep}, so gets only leads whose {match.lead} is not known: add them"
            yield warning(where, "no-skill", message)

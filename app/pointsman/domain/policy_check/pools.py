"""Can the people in a pool do what the pool is for?"""

from collections.abc import Iterator

from pointsman.domain.distribution.idle_settings import missing_skills
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import Policy, Pool
from pointsman.domain.policy_check.findings import Finding, error, warning
from pointsman.domain.policy_check.staffing import check_staffed_hours
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.reps import Rep, Roster


def check_pools(policy: Policy, roster: Roster | None) -> Iterator[Finding]:
    """Empty pools, pools that nothing uses, and, with a roster, members who may not or cannot do the work."""
    used = _used(policy)
    for name, pool in policy.pools.items():
        path = f"pools.{name}"
        if name not in used:
            yield warning(path, "unused-pool", say("finding.unused-pool"))
        if not pool.members:
            yield error(f"{path}.members", "pool-empty", say("finding.pool-empty"))
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
            hint = suggestion(member.rep, roster.reps) or say("finding.add-rep")
            yield error(where, "unknown-rep", say("finding.unknown-rep", key=member.rep, hint=hint))
        elif not rep.role.allows(pool.work):
            work = WORKS[pool.work]
            message = say("finding.role-forbids", rep=rep_name(rep.key), role=rep.role.name, work=work)
            yield error(where, "role-forbids", message)
        elif not rep.active:
            yield warning(where, "inactive-rep", say("finding.inactive-rep", rep=rep_name(rep.key)))
        elif not (member.weight or rep.weight):
            yield warning(where, "weight-zero", say("finding.weight-zero", rep=rep_name(rep.key)))
        else:
            able.append(rep)
            for _, message in missing_skills(rep, pool):
                yield warning(where, "no-skill", message)
            if (pool.immediate or pool.books_ahead) and not rep.working_hours and not rep.day_changes:
                key = "finding.no-working-hours" if pool.immediate else "finding.no-hours-to-book"
                yield warning(where, "no-working-hours", say(key, rep=rep_name(rep.key)))
    if not able:
        yield error(f"{path}.members", "nobody-eligible", say("finding.nobody-eligible", work=WORKS[pool.work]))
    else:
        yield from check_staffed_hours(
            path, pool, [rep for rep in able if not pool.shares or pool.shares.get(rep.supplier)]
        )

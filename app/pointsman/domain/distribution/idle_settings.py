"""Settings of a rep that change nothing as policy and rep stand, so that an admin who made them waits in vain."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict

from pointsman.domain.errors import Fault
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.policy.references import names_in
from pointsman.domain.roster.rep_facts import REP_PREFIX
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.text.formatting import join_with_and
from pointsman.domain.text.suggestions import did_you_mean

_SETTINGS = frozenset({"key", "weight", "tier", "caps", "skills", "started_on", "working_hours"})
_PERIODS = ("per_hour", "per_day", "per_week")  # each of these lies in the next one
_APPOINTMENTS = ("appointments_per_day", "appointments_per_week")


def idle_settings(rep: Rep, policy: Policy | None, given: AbstractSet[str]) -> Iterator[Fault]:
    """What of `given` (names of a rep's settings) has no effect, and why; `path` is the setting ("caps.per_day").

    `key` among them stands for a rep who is put on the roster. Without a live policy only what contradicts itself is found.
    """
    if "caps" in given:
        yield from _unreachable_caps(rep.caps, "caps")
        for category, caps in rep.caps.categories.items():
            yield from _unreachable_caps(caps, f"caps.categories.{category}")
            yield from _above_the_whole(category, caps, rep.caps)
    if policy is None:
        return
    pools = {name: pool for name, pool in policy.pools.items() if any(m.rep == rep.key for m in pool.members)}
    if not pools:
        if rep.active and _SETTINGS.intersection(given):
            message = (
                f"{rep.key} is in no pool of the live policy, and gets nothing by its rules: list {rep.key} in a pool"
            )
            yield Fault(path="key", code="in-no-pool", message=message)
        return
    checks = {
        "weight": _weight(rep, pools),
        "tier": _tier(rep, policy, pools),
        "started_on": _start(rep, pools),
        "skills": _skills(rep, pools),
        "caps": _categories(rep, policy),
        "working_hours": _hours(rep, pools),
    }
    for name, found in checks.items():
        if name in given:
            yield from found


def _weight(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Fault]:
    own = {name: m.weight for name, pool in pools.items() for m in pool.members if m.rep == rep.key and m.weight}
    if not own:
        return
    where = ", ".join(f"{name} ({weight})" for name, weight in own.items())
    rest = [name for name in pools if name not in own]
    left = f"; it counts in {_named(rest)}" if rest else ", so that it counts nowhere"
    message = f"the policy gives {rep.key} a weight of its own in {where}, which comes before this one{left}"
    yield Fault(path="weight", code="weight-of-the-pool", message=message)


def _tier(rep: Rep, policy: Policy, pools: Mapping[str, Pool]) -> Iterator[Fault]:
    ranked = any(pool.method is DistributionMethod.RANKED and pool.ranking.prefer for pool in pools.values())
    asked = any("rep.tier" in _asked(pool) for pool in pools.values())
    if rep.tier != 1 and not ranked and not asked and policy.ownership.tie != "best_tier":
        message = f"tiers count in ranked pools with a preference, and {rep.key} is in none ({_named(pools)})"
        yield Fault(path="tier", code="no-ranked-pool", message=message)


def _start(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Fault]:
    if rep.started_on is not None and not any(
        pool.ramp_up or "rep.started_on" in _asked(pool) for pool in pools.values()
    ):
        message = f"the start date counts where a pool has a ramp_up, and none of {_named(pools)} has one"
        yield Fault(path="started_on", code="no-ramp-up", message=message)


def _skills(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Fault]:
    asked = {match.rep for pool in pools.values() for match in pool.match}
    asked |= {prefer.rep for pool in pools.values() for prefer in pool.ranking.prefer}
    asked |= {name.removeprefix(REP_PREFIX) for pool in pools.values() for name in _asked(pool)}
    for skill in rep.skills:
        if skill not in asked:
            hint = did_you_mean(skill, asked) or "name it in `match` or `requires`"
            message = f"no pool of {rep.key}'s asks for the skill list '{skill}' ({_named(pools)}); {hint}"
            yield Fault(path=f"skills.{skill}", code="skill-not-asked", message=message)


def _hours(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Fault]:
    waiting = [name for name, pool in pools.items() if pool.books_ahead or pool.immediate]
    if waiting and not rep.working_hours and not rep.day_changes:
        message = f"without working hours {rep.key} gets nothing from {_named(waiting)}"
        yield Fault(path="working_hours", code="no-working-hours", message=message)


def _categories(rep: Rep, policy: Policy) -> Iterator[Fault]:
    known = {rule.category for rule in policy.rules if rule.category is not None}
    for category in rep.caps.categories:
        if category not in known:
            hint = did_you_mean(category, known) or f"write 'category: {category}' into the rules it is for"
            message = f"no rule of the live policy gives the category '{category}', so this cap never counts; {hint}"
            yield Fault(path=f"caps.categories.{category}", code="unknown-category", message=message)


def _unreachable_caps(caps: Caps, path: str) -> Iterator[Fault]:
    for names in (_PERIODS, _APPOINTMENTS):
        least: tuple[str, int] | None = None
        for name in reversed(names):
            limit = getattr(caps, name)
            if limit is None:
                continue
            if least is not None and limit > least[1]:
                message = f"{name} {limit} is never reached, since {least[0]} allows {least[1]}"
                yield Fault(path=f"{path}.{name}", code="never-reached", message=message)
            else:
                least = (name, limit)


def _above_the_whole(category: str, caps: Caps, whole: Caps) -> Iterator[Fault]:
    for name, limit in asdict(caps).items():
        most = getattr(whole, name)
        if name != "categories" and limit is not None and most is not None and limit > most:
            message = f"{limit} of the category {category} is never reached, since {name} of all leads allows {most}"
            yield Fault(path=f"caps.categories.{category}.{name}", code="never-reached", message=message)


def _asked(pool: Pool) -> set[str]:
    return set(names_in(pool.requires)) if pool.requires is not None else set()


def _named(names: Collection[str]) -> str:
    listed = [*names]
    return join_with_and(listed if len(listed) <= 5 else [*listed[:5], "others"])

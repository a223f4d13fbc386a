"""Settings of a rep that change nothing as policy and rep stand, so that an admin who made them waits in vain."""

from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass

from pointsman.domain.messages.message import Arg, Message, Named, first_of, rep_name, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.policy.document import DistributionMethod, Policy, Pool
from pointsman.domain.policy.references import names_in
from pointsman.domain.roster.rep_facts import REP_PREFIX
from pointsman.domain.roster.reps import Caps, Rep
from pointsman.domain.roster.roles import Work

_SETTINGS = frozenset({"key", "weight", "tier", "caps", "skills", "started_on", "working_hours"})
_MOST = 5  # names in one hint
_PERIODS = ("per_hour", "per_day", "per_week")  # each of these lies in the next one
_APPOINTMENTS = ("appointments_per_day", "appointments_per_week")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One setting without effect: where it is, a stable code, and why."""

    path: str
    code: str
    message: Message


def idle_settings(rep: Rep, policy: Policy | None, given: AbstractSet[str]) -> Iterator[Hint]:
    """What of `given` (names of a rep's settings) has no effect, and why; `path` is the setting ("caps.per_day").

    `key` among them stands for a rep who is put on the roster. Without a live policy only what contradicts itself is found,
    and a closer without working hours. Missing hours, and missing skills that a pool matches, are told of with every change:
    none were given, so none of `given` says so.
    """
    if "caps" in given:
        yield from _unreachable_caps(rep.caps, "caps")
        for category, caps in rep.caps.categories.items():
            yield from _unreachable_caps(caps, f"caps.categories.{category}")
            yield from _above_the_whole(category, caps, rep.caps)
    everywhere = {} if policy is None else policy.pools
    pools = {name: pool for name, pool in everywhere.items() if any(m.rep == rep.key for m in pool.members)}
    yield from _hours(rep, pools)
    if policy is None:
        return
    if not pools:
        if rep.active and _SETTINGS.intersection(given):
            yield Hint(path="key", code="in-no-pool", message=say("hint.in-no-pool", rep=_name(rep)))
        return
    if rep.active:
        yield from _unskilled(rep, pools)
    checks = {
        "weight": _weight(rep, pools),
        "tier": _tier(rep, policy, pools),
        "started_on": _start(rep, pools),
        "skills": _skills(rep, pools),
        "caps": _categories(rep, policy),
    }
    for name, found in checks.items():
        if name in given:
            yield from found


def deserted_pools(rep: Rep, policy: Policy | None, reps: Mapping[str, Rep]) -> Iterator[Hint]:
    """Pools that an inactive rep, or one of weight 0, leaves without any member to give leads to: all of them wait."""
    pools = {} if policy is None else policy.pools
    left = [
        name
        for name, pool in pools.items()
        if any(member.rep == rep.key for member in pool.members)
        and not any(
            one.active and (member.weight or one.weight) for member in pool.members if (one := reps.get(member.rep))
        )
    ]
    if left:
        message = say("hint.nobody-left", rep=_name(rep), pools=_named(left))
        yield Hint(path="weight" if rep.active else "active", code="nobody-left", message=message)


def _weight(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    own = {name: m.weight for name, pool in pools.items() for m in pool.members if m.rep == rep.key and m.weight}
    if not own:
        return
    where = first_of([say("hint.pool-weight", pool=name, weight=weight) for name, weight in own.items()], _MOST)
    rest = [name for name in pools if name not in own]
    if rest:
        message = say("hint.weight-of-some-pools", rep=_name(rep), pools=where, others=_named(rest))
    else:
        message = say("hint.weight-of-all-pools", rep=_name(rep), pools=where)
    yield Hint(path="weight", code="weight-of-the-pool", message=message)


def _tier(rep: Rep, policy: Policy, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    ranked = any(pool.method is DistributionMethod.RANKED and pool.ranking.prefer for pool in pools.values())
    asked = any("rep.tier" in _asked(pool) for pool in pools.values())
    if rep.tier != 1 and not ranked and not asked and policy.ownership.tie != "best_tier":
        message = say("hint.no-ranked-pool", rep=_name(rep), pools=_named(pools))
        yield Hint(path="tier", code="no-ranked-pool", message=message)


def _start(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    if rep.started_on is not None and not any(
        pool.ramp_up or "rep.started_on" in _asked(pool) for pool in pools.values()
    ):
        yield Hint(path="started_on", code="no-ramp-up", message=say("hint.no-ramp-up", pools=_named(pools)))


def _skills(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    asked = {match.rep for pool in pools.values() for match in pool.match}
    asked |= {prefer.rep for pool in pools.values() for prefer in pool.ranking.prefer}
    asked |= {name.removeprefix(REP_PREFIX) for pool in pools.values() for name in _asked(pool)}
    for skill in rep.skills:
        if skill not in asked:
            hint = suggestion(skill, asked) or say("hint.ask-for-skill")
            message = say("hint.skill-not-asked", rep=_name(rep), skill=skill, pools=_named(pools), hint=hint)
            yield Hint(path=f"skills.{skill}", code="skill-not-asked", message=message)


def missing_skills(rep: Rep, pool: Pool) -> Iterator[tuple[str, Message]]:
    """Each skill that the pool matches with a lead's field and of which the rep has nothing, and what the rep misses so."""
    for match in pool.match:
        if not rep.skills.get(match.rep):
            yield match.rep, say("finding.no-skill", rep=_name(rep), skill=match.rep, field=match.lead)


def _unskilled(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    """Once for each skill, however many pools match it."""
    found = {skill: message for pool in pools.values() for skill, message in missing_skills(rep, pool)}
    for skill, message in found.items():
        yield Hint(path=f"skills.{skill}", code="no-skill", message=message)


def _hours(rep: Rep, pools: Mapping[str, Pool]) -> Iterator[Hint]:
    """A rep who is never at work, where that keeps leads or appointments away."""
    if rep.working_hours or rep.day_changes or not rep.active:
        return
    immediate = [name for name, pool in pools.items() if pool.immediate]
    booked = [name for name, pool in pools.items() if pool.books_ahead]
    if immediate:
        message = say("hint.no-working-hours", rep=_name(rep), pools=_named(immediate))
    elif booked:
        message = say("hint.no-hours-to-book-of-pools", rep=_name(rep), pools=_named(booked))
    elif Work.CLOSING in rep.role.works and not pools:
        message = say("hint.no-hours-to-book", rep=_name(rep))
    else:
        return
    yield Hint(path="working_hours", code="no-working-hours", message=message)


def _categories(rep: Rep, policy: Policy) -> Iterator[Hint]:
    known = {rule.category for rule in policy.rules if rule.category is not None}
    for category in rep.caps.categories:
        if category not in known:
            hint = suggestion(category, known) or say("finding.write-category", category=category)
            message = say("hint.unknown-category", category=category, hint=hint)
            yield Hint(path=f"caps.categories.{category}", code="unknown-category", message=message)


def _unreachable_caps(caps: Caps, path: str) -> Iterator[Hint]:
    for names in (_PERIODS, _APPOINTMENTS):
        least: tuple[str, int] | None = None
        for name in reversed(names):
            limit = getattr(caps, name)
            if limit is None:
                continue
            if least is not None and limit > least[1]:
                message = say("hint.cap-never-reached", cap=name, limit=limit, other=least[0], most=least[1])
                yield Hint(path=f"{path}.{name}", code="never-reached", message=message)
            else:
                least = (name, limit)


def _above_the_whole(category: str, caps: Caps, whole: Caps) -> Iterator[Hint]:
    for name, limit in asdict(caps).items():
        most = getattr(whole, name)
        if name != "categories" and limit is not None and most is not None and limit > most:
            message = say("hint.category-never-reached", limit=limit, category=category, cap=name, most=most)
            yield Hint(path=f"caps.categories.{category}.{name}", code="never-reached", message=message)


def _asked(pool: Pool) -> set[str]:
    return set(names_in(pool.requires)) if pool.requires is not None else set()


def _named(names: Collection[str]) -> Arg:
    return first_of([say("suggestion.name", name=name) for name in names], _MOST)


def _name(rep: Rep) -> Named:
    return rep_name(rep.key)

"""Eligibility: which reps of a pool may get this work for this lead now. Each other rep is dropped with a code and a sentence."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.distribution.candidate import Candidate, DropReason, EligibilityContext
from pointsman.domain.distribution.caps import RepLoad, reached_cap
from pointsman.domain.distribution.supplier_checks import barred_reason, no_share_reason, over_capacity_reason
from pointsman.domain.distribution.weights import base_weight, ramp_state, turn_weights
from pointsman.domain.leads.facts import NEVER_QUOTED, Facts, listed_values
from pointsman.domain.messages.facts import fact_value
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.policy.document import DistributionMethod, Member, Pool
from pointsman.domain.roster.rep_facts import rep_facts
from pointsman.domain.roster.reps import Caps, Rep, Roster
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.roster.working_days import special_day_reason
from pointsman.domain.roster.working_hours import away_until, is_at_work, next_work_start

_BY_CAP = {
    "per_hour": DropReason.CAP_HOUR,
    "per_day": DropReason.CAP_DAY,
    "per_week": DropReason.CAP_WEEK,
    "open_load": DropReason.CAP_OPEN,
}


def check_eligibility(
    pool_name: str, pool: Pool, roster: Roster, task: EligibilityContext
) -> tuple[dict[str, Candidate], dict[str, int]]:
    """The members who are dropped, each as a candidate, and the eligible ones with the weights of this turn."""
    dropped: dict[str, Candidate] = {}
    base: dict[str, int] = {}
    percents: dict[str, int] = {}
    clocks, not_by_method = _Clocks(task.now), _not_by_method(pool, task)
    for member in pool.members:
        rep = roster.reps.get(member.rep)
        drop = _drop(rep, member, pool_name, pool, task, clocks, not_by_method)
        if drop is None and rep is not None:
            base[rep.key] = base_weight(member, rep)
            percents[rep.key] = ramp_state(pool, rep, task.now).percent
        elif drop is not None:
            code, why = drop
            dropped[member.rep] = Candidate(rep=member.rep, pool=pool_name, eligible=False, code=code.value, why=why)
    return dropped, turn_weights(pool, roster, base, percents)


class _Clocks(dict[str, datetime]):
    """The moment of decision on the wall clocks of each time zone, read once for all reps who live by it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __missing__(self, zone: str) -> datetime:
        self[zone] = local = to_local_time(self._now, zone)
        return local


def _drop(
    rep: Rep | None,
    member: Member,
    pool_name: str,
    pool: Pool,
    task: EligibilityContext,
    clocks: _Clocks,
    not_by_method: Callable[[Rep], tuple[DropReason, Message] | None],
) -> tuple[DropReason, Message] | None:
    if rep is None:
        return DropReason.UNKNOWN_REP, say("eligibility.unknown-rep", rep=rep_name(member.rep))
    return (
        _not_active(rep, member)
        or _not_allowed(rep, task)
        or _not_skilled(rep, pool, task.facts)
        or _not_as_required(rep, pool_name, task)
        or _kept_from_supplier(rep, pool_name, pool, task)
        or _not_ramped_up(rep, pool, task.now)
        or _not_available(rep, pool, task, clocks)
        or _at_a_cap(rep, rep.caps, task.loads.get(rep.key))
        or _at_a_cap_of_category(rep, task)
        or _past_holder(rep, task)
        or _unreadable(rep, task)
        or _not_free(rep, task)
        or not_by_method(rep)
    )


@lru_cache(maxsize=4_096)  # a large pool drops hundreds so, the same ones each time
def _inactive(rep: str) -> tuple[DropReason, Message]:
    return DropReason.INACTIVE, say("eligibility.inactive", rep=rep_name(rep))


def _not_active(rep: Rep, member: Member) -> tuple[DropReason, Message] | None:
    if not rep.active:
        return _inactive(rep.key)
    if base_weight(member, rep) < 1:
        return DropReason.INACTIVE, say("eligibility.no-weight", rep=rep_name(rep.key))
    return None


def _not_allowed(rep: Rep, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    if (rep.key, task.work) in task.overrides:
        return None
    if not rep.role.allows(task.work):
        role = rep.role.name
        return DropReason.ROLE, say("eligibility.role", rep=rep_name(rep.key), role=role, work=work_name(task.work))
    if not task.gate_open:
        return DropReason.GATE, say("eligibility.gate", work=work_name(task.work))
    return None


def _not_skilled(rep: Rep, pool: Pool, facts: Facts) -> tuple[DropReason, Message] | None:
    for match in pool.match:
        value = facts.get(match.lead)
        if value is None:  # an unknown value drops no rep
            continue
        has = rep.skills.get(match.rep, frozenset())
        if has.isdisjoint(listed_values(value)):
            shown: Arg = tuple(sorted(has)) or say("eligibility.no-skills")
            told: dict[str, Arg] = {"rep": rep_name(rep.key), "skill": match.rep, "field": match.lead, "has": shown}
            if match.lead in NEVER_QUOTED:
                return DropReason.SKILLS, say("eligibility.no-skill-unquoted", **told)
            return DropReason.SKILLS, say("eligibility.no-skill", **told, value=fact_value(value))
    return None


def _not_as_required(rep: Rep, pool_name: str, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    """What the pool requires has to be true of lead and rep together: unknown is not enough."""
    if task.requires is None:
        return None
    outcome = task.requires({**task.facts, **rep_facts(rep)})
    if outcome is True:
        return None
    told: dict[str, Arg] = {"rep": rep_name(rep.key), "pool": pool_name}
    why = say("eligibility.unmet", **told) if outcome is False else say("eligibility.not-known-to-meet", **told)
    return DropReason.REQUIRES, why


def _kept_from_supplier(
    rep: Rep, pool_name: str, pool: Pool, task: EligibilityContext
) -> tuple[DropReason, Message] | None:
    rules = task.suppliers.get(rep.supplier)
    if rules is None and not rep.barred_domains and not pool.shares:
        return None
    if sentence := barred_reason(rep, rules, task.facts) or no_share_reason(rep, pool, pool_name):
        return DropReason.SUPPLIER, sentence
    if sentence := over_capacity_reason(rep, rules, task.supplier_loads, task.now):
        return DropReason.SUPPLIER_CAPACITY, sentence
    return None


def _not_ramped_up(rep: Rep, pool: Pool, now: datetime) -> tuple[DropReason, Message] | None:
    found = ramp_state(pool, rep, now)
    if found.percent:
        return None
    told: dict[str, Arg] = {"rep": rep_name(rep.key), "day": rep.started_on}
    if found.rises_at is None:
        return DropReason.RAMP_UP, say("eligibility.ramp-up-without-turns", **told)
    begins = to_local_time(found.rises_at, pool.time_zone)
    return DropReason.RAMP_UP, say("eligibility.ramp-up", **told, at=begins)


def _not_available(
    rep: Rep, pool: Pool, task: EligibilityContext, clocks: _Clocks
) -> tuple[DropReason, Message] | None:
    """Away now; for appointments, which lie ahead, away for as long as they can be offered, or not free when it is asked."""
    if task.obstacles is not None:
        return None
    back = away_until(rep, task.now)
    if back is not None and (not pool.books_ahead or back >= task.now + pool.booking.horizon):
        return DropReason.TIME_OFF, say("eligibility.away", rep=rep_name(rep.key), until=back)
    if pool.immediate and not is_at_work(rep, clocks[rep.time_zone]):
        why = special_day_reason(rep, clocks[rep.time_zone].date())
        reasons = (*((why,) if why else ()), _next_start(rep, task.now))
        return DropReason.OUTSIDE_HOURS, say("eligibility.not-at-work", rep=rep_name(rep.key), reasons=reasons)
    return None


def _next_start(rep: Rep, now: datetime) -> Message:
    start = next_work_start(rep, now)
    if start is not None:
        return say("eligibility.starts", at=to_local_time(start, rep.time_zone))
    return say("eligibility.no-hours-ahead") if rep.working_hours else say("eligibility.no-hours-set")


def _at_a_cap(rep: Rep, caps: Caps, load: RepLoad | None) -> tuple[DropReason, Message] | None:
    found = reached_cap(caps, load or RepLoad())
    return (_BY_CAP[found[0]], say("eligibility.at-cap", rep=rep_name(rep.key), used=found[1])) if found else None


def _at_a_cap_of_category(rep: Rep, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    caps = rep.caps.categories.get(task.category or "")
    found = reached_cap(caps, task.category_loads.get(rep.key, RepLoad())) if caps else None
    if found is None:
        return None
    told = say("eligibility.at-cap-of-category", rep=rep_name(rep.key), category=task.category, used=found[1])
    return DropReason.CAP_CATEGORY, told


def _past_holder(rep: Rep, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    if rep.key in task.past_holders:
        return DropReason.PAST_HOLDER, say("eligibility.past-holder", rep=rep_name(rep.key))
    return None


def _unreadable(rep: Rep, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    if task.work is not Work.CLOSING:
        return None
    state = task.calendars.get(rep.key)
    if state is not None and state.readable:
        return None
    if state is None and task.obstacles is not None and rep.key in task.obstacles:
        return None  # who is not asked about a time need not be read: what is in the way says so
    # Unread is never stored: services/routing/route_lead.py has it read first.
    unsaid = say("eligibility.calendar-unexplained") if state else say("eligibility.calendar-not-read")
    why = (state.reason if state else None) or unsaid
    return DropReason.CALENDAR, say("eligibility.calendar-unreadable", rep=rep_name(rep.key), why=why)


def _not_free(rep: Rep, task: EligibilityContext) -> tuple[DropReason, Message] | None:
    if task.obstacles is None or (why := task.obstacles.get(rep.key)) is None:
        return None
    return DropReason.NOT_FREE, say("eligibility.not-free", rep=rep_name(rep.key), why=why)


def _not_by_method(pool: Pool, task: EligibilityContext) -> Callable[[Rep], tuple[DropReason, Message] | None]:
    """What the pool's method asks of each rep, last of all."""
    match pool.method:  # without `case _`: the type checker names a method that is not looked at
        case DistributionMethod.SOONEST:
            ahead = pool.booking.horizon
            return lambda rep: (
                (DropReason.NO_SLOT, say("eligibility.no-slot", rep=rep_name(rep.key), ahead=ahead))
                if rep.key not in task.earliest_starts
                else None
            )
        case DistributionMethod.OWNER:
            return lambda rep: (
                (DropReason.NOT_OWNER, say("eligibility.not-owner", rep=rep_name(rep.key)))
                if rep.key not in task.owners
                else None
            )
        case DistributionMethod.FAIR | DistributionMethod.LEAST_LOADED | DistributionMethod.RANKED:
            return lambda _: None

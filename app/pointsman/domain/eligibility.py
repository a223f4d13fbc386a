"""Who of a pool may get this work for this lead now; everybody else is dropped with a code and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pointsman.domain.leads import Facts
from pointsman.domain.policy_document import Member, Pool
from pointsman.domain.reps import Rep, Roster
from pointsman.domain.roles import Work
from pointsman.domain.wording import listing, show
from pointsman.domain.working_hours import at_work, away_until, next_start


class Drop(StrEnum):
    """Why somebody is not eligible, in the order in which we look."""

    UNKNOWN_REP = "unknown-rep"
    INACTIVE = "inactive"
    ROLE = "role"
    GATE = "gate"
    SKILLS = "skills"
    REQUIRES = "requires"
    SUPPLIER = "supplier"
    SUPPLIER_CAPACITY = "supplier-capacity"
    RAMP_UP = "ramp-up"
    TIME_OFF = "time-off"
    OUTSIDE_HOURS = "outside-working-hours"
    CAP_HOUR = "cap-hour"
    CAP_DAY = "cap-day"
    CAP_WEEK = "cap-week"
    CAP_OPEN = "open-load"
    CAP_CATEGORY = "cap-category"
    PAST_HOLDER = "past-holder"
    CALENDAR = "calendar-unreadable"
    NO_SLOT = "no-slot"  # soonest: nothing can be booked before the horizon
    NOT_OWNER = "not-the-owner"  # method owner


@dataclass(frozen=True, slots=True, kw_only=True)
class RepLoad:
    """What a rep has: open now, and received in the pool's current hour, day and week."""

    open: int = 0
    hour: int = 0
    day: int = 0
    week: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarState:
    """Whether a rep's busy times can be read; a rep without a state counts as unreadable."""

    readable: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One member of a pool that was looked at: `code` is None for the eligible."""

    rep: str
    pool: str
    eligible: bool
    code: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be given away: the work, to which lead, when, and who may not or may by exception get it."""

    work: Work
    facts: Facts
    now: datetime
    gate_open: bool
    loads: Mapping[str, RepLoad] = field(default_factory=dict)
    calendars: Mapping[str, CalendarState] = field(default_factory=dict)
    past_holders: frozenset[str] = frozenset()
    overrides: frozenset[tuple[str, Work]] = frozenset()

    def by_override(self, rep: Rep) -> bool:
        """Whether `rep` may get this work only because a human said so."""
        return (rep.key, self.work) in self.overrides and not (rep.role.allows(self.work) and self.gate_open)


def examine(pool_name: str, pool: Pool, roster: Roster, task: Task) -> tuple[tuple[Candidate, ...], dict[str, int]]:
    """Every member as a candidate, and the eligible ones with their weights."""
    candidates: list[Candidate] = []
    eligible: dict[str, int] = {}
    for member in pool.members:
        rep = roster.reps.get(member.rep)
        drop = _drop(rep, member, pool, task)
        if drop is None and rep is not None:
            eligible[rep.key] = member.weight or rep.weight
            sentence = f"{rep.name} may take it{' by an override' if task.by_override(rep) else ''}"
            candidates.append(Candidate(rep=rep.key, pool=pool_name, eligible=True, code=None, sentence=sentence))
        elif drop is not None:
            code, sentence = drop
            candidates.append(
                Candidate(rep=member.rep, pool=pool_name, eligible=False, code=code.value, sentence=sentence)
            )
    return tuple(candidates), eligible


def _drop(rep: Rep | None, member: Member, pool: Pool, task: Task) -> tuple[Drop, str] | None:
    if rep is None:
        return Drop.UNKNOWN_REP, f"no rep '{member.rep}' is on the roster"
    return (
        _not_active(rep, member)
        or _not_allowed(rep, task)
        or _not_skilled(rep, pool, task.facts)
        or _barred(rep, task.facts)
        or _not_here(rep, pool, task)
        or _at_a_cap(rep, task.loads.get(rep.key))
        or _had_it(rep, task)
        or _unreadable(rep, task)
    )


def _not_active(rep: Rep, member: Member) -> tuple[Drop, str] | None:
    if not rep.active:
        return Drop.INACTIVE, f"{rep.name} is not active"
    if (member.weight or rep.weight) < 1:
        return Drop.INACTIVE, f"{rep.name} has weight 0 and takes no turns"
    return None


def _not_allowed(rep: Rep, task: Task) -> tuple[Drop, str] | None:
    if (rep.key, task.work) in task.overrides:
        return None
    if not rep.role.allows(task.work):
        return Drop.ROLE, f"{rep.name}'s role {rep.role.name} does not include {task.work}"
    if not task.gate_open:
        return Drop.GATE, f"the gate for {task.work} is not open for this lead"
    return None


def _not_skilled(rep: Rep, pool: Pool, facts: Facts) -> tuple[Drop, str] | None:
    for match in pool.match:
        value = facts.get(match.lead)
        if value is None:  # unknown drops nobody
            continue
        wanted = value if isinstance(value, tuple) else (str(value),)
        has = rep.skills.get(match.rep, frozenset())
        if has.isdisjoint(wanted):
            shown = listing(sorted(has)) or "none"
            return Drop.SKILLS, f"{rep.name} has no {match.rep} for {match.lead} {show(value)} (has {shown})"
    return None


def _barred(rep: Rep, facts: Facts) -> tuple[Drop, str] | None:
    domain = facts.get("company.domain")
    if domain in rep.barred_domains:
        return Drop.SUPPLIER, f"{rep.name} ({rep.supplier}) is barred from {domain}"
    return None


def _not_here(rep: Rep, pool: Pool, task: Task) -> tuple[Drop, str] | None:
    """Away now; for appointments, which lie ahead, away for as long as they can be offered."""
    back = away_until(rep, task.now)
    ahead = task.work is Work.CLOSING and not pool.immediate
    if back is not None and (not ahead or back >= task.now + pool.booking.horizon):
        return Drop.TIME_OFF, f"{rep.name} is away until {back:%Y-%m-%d %H:%M %Z}"
    if pool.immediate and not at_work(rep, task.now):
        start = next_start(rep, task.now)
        then = f"starts {start:%a %H:%M} ({rep.time_zone})" if start else "has no working hours set"
        return Drop.OUTSIDE_HOURS, f"{rep.name} is not at work now: {then}"
    return None


def _at_a_cap(rep: Rep, load: RepLoad | None) -> tuple[Drop, str] | None:
    if load is None:
        return None
    caps = rep.caps
    for code, cap, count, words in (
        (Drop.CAP_HOUR, caps.per_hour, load.hour, "this hour"),
        (Drop.CAP_DAY, caps.per_day, load.day, "today"),
        (Drop.CAP_WEEK, caps.per_week, load.week, "this week"),
        (Drop.CAP_OPEN, caps.open_load, load.open, "open"),
    ):
        if cap is not None and count >= cap:
            return code, f"{rep.name} has reached the cap: {count} of {cap} {words}"
    return None


def _had_it(rep: Rep, task: Task) -> tuple[Drop, str] | None:
    if rep.key in task.past_holders:
        return Drop.PAST_HOLDER, f"{rep.name} held this lead before"
    return None


def _unreadable(rep: Rep, task: Task) -> tuple[Drop, str] | None:
    if task.work is not Work.CLOSING:
        return None
    state = task.calendars.get(rep.key)
    if state is not None and state.readable:
        return None
    reason = state.reason if state and state.reason else "it was not read for this decision"
    return Drop.CALENDAR, f"{rep.name}'s calendar cannot be read: {reason}"

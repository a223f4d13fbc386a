"""Candidates: reps who may be chosen, reps who are dropped and why, and what that is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pointsman.domain.conditions.evaluator import Predicate
from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.document import SupplierRules
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work


class DropReason(StrEnum):
    """Why a rep is not eligible, in the order in which we look."""

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
    NOT_FREE = "not-free"  # an appointment's time is asked for, and it is not free
    NO_SLOT = "no-slot"  # method soonest: nothing can be booked before the horizon
    NOT_OWNER = "not-the-owner"  # method owner


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarState:
    """Whether a rep's busy times can be read; a rep without a state counts as unreadable.

    `read_at` is when the oldest of the rep's calendars was read: to be told, and nothing is decided by it.
    """

    readable: bool
    reason: Message | None = None
    read_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One member of a pool that was looked at: `code` is None for the eligible.

    `why` tells why the rep is not eligible, or why another one was chosen; None for the chosen one. Many share one.
    """

    rep: str
    pool: str
    eligible: bool
    code: str | None
    why: Message | None
    by_override: bool = False

    @property
    def sentence(self) -> Message:
        """All that is told of the rep."""
        if self.why is not None and not self.eligible:
            return self.why
        name = rep_name(self.rep)
        may = say("routing.may-by-override", rep=name) if self.by_override else say("routing.may", rep=name)
        return may if self.why is None else say("routing.may-but", may=may, why=self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityContext:
    """What is to be given away: the work, to which lead, when, and who may not or may by exception get it."""

    work: Work
    facts: Facts
    now: datetime
    gate_open: bool
    loads: Mapping[str, RepLoad] = field(default_factory=dict)
    calendars: Mapping[str, CalendarState] = field(default_factory=dict)
    past_holders: frozenset[str] = frozenset()
    overrides: frozenset[tuple[str, Work]] = frozenset()
    requires: Predicate | None = None  # the pool's, compiled
    category: str | None = None
    category_loads: Mapping[str, RepLoad] = field(default_factory=dict)  # of that category, by rep
    suppliers: Mapping[str, SupplierRules] = field(default_factory=dict)
    supplier_loads: Mapping[str, RepLoad] = field(default_factory=dict)
    earliest_starts: Mapping[str, datetime] = field(default_factory=dict)  # first bookable slot in this pool, by rep
    owners: frozenset[str] = frozenset()
    obstacles: Mapping[str, Message] | None = (
        None  # what is in the way of the time asked for, by rep; None: none is asked for
    )

    def needs_override(self, rep: Rep) -> bool:
        """Whether `rep` may get this work only because a human said so."""
        return (rep.key, self.work) in self.overrides and not (rep.role.allows(self.work) and self.gate_open)

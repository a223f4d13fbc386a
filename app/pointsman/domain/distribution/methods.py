"""A pool's distribution methods: which eligible rep comes next, which are passed over, and which skip is used.

Every method books the turn in the credit ledger, over all eligible reps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import Owner, PoolState, RoutingInputs
from pointsman.domain.distribution.ledger import break_tie, next_due
from pointsman.domain.leads.facts import Facts, listed_values
from pointsman.domain.policy.document import DistributionMethod, Pool
from pointsman.domain.policy.pools import OfferMode, SkillPreference
from pointsman.domain.roster.reps import Rep


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The eligible of one pool (rep to weight), and all that a method may compare them by."""

    name: str
    pool: Pool
    eligible: Mapping[str, int]
    facts: Facts
    inputs: RoutingInputs
    _points: dict[str, int] = field(default_factory=dict, compare=False, repr=False)  # counted once for each rep

    @property
    def pool_state(self) -> PoolState:
        return self.inputs.pool_state(self.name)

    def rep(self, key: str) -> Rep:
        return self.inputs.roster.reps[key]

    def open_leads(self, rep: str) -> int:
        """Open leads, as `least_loaded` counts them."""
        return self.inputs.loads.get(rep, RepLoad()).open

    def earliest_start(self, rep: str) -> datetime:
        """The rep's first bookable slot, for `soonest`."""
        return self.inputs.earliest_starts[self.name][rep]

    @property
    def is_balanced(self) -> bool:
        """Whether the time of an appointment is asked for in a pool that shares its appointments out evenly."""
        return self.inputs.requested_time is not None and self.pool.booking.offer is OfferMode.BALANCED

    def appointments(self, rep: str) -> int:
        """Those that lie around the time that is asked for, as `balanced` counts them."""
        return self.inputs.requested_time.appointments.get(rep, 0) if self.inputs.requested_time else 0

    def preferences(self, rep: str) -> Iterator[tuple[SkillPreference, frozenset[str]]]:
        """Each preference that holds of this lead and the rep, with the values that both have."""
        skills = self.rep(rep).skills
        for prefer in self.pool.ranking.prefer:
            shared = skills.get(prefer.rep, frozenset()).intersection(listed_values(self.facts.get(prefer.lead)))
            if shared:
                yield prefer, shared

    def points(self, rep: str) -> int:
        """The sum of points of the preferences that hold; 0 where none does."""
        if rep not in self._points:
            self._points[rep] = sum(prefer.points for prefer, _ in self.preferences(rep))
        return self._points[rep]

    def rank(self, rep: str) -> Fraction:
        """Points by tier: of those preferred, tier 1 with the most points is the highest; 0 is not preferred."""
        return Fraction(self.points(rep), max(self.rep(rep).tier, 1))

    def is_far_ahead(self, rep: str) -> bool:
        """Whether the rep has had as many turns more than their share as `ranked` allows."""
        ledger = self.pool_state.ledger
        return ledger.balances.get(rep, 0) <= -self.pool.ranking.max_turns_ahead * ledger.denominator

    def is_far_behind(self, rep: str) -> bool:
        """Whether the rep has had as many turns less than their share as `ranked` allows, and so comes first."""
        ledger = self.pool_state.ledger
        return ledger.balances.get(rep, 0) >= self.pool.ranking.max_turns_behind * ledger.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The rep who comes next. `owner` is set when it is the lead's owner, who comes before the method."""

    rep: str
    tied: tuple[str, ...] = ()  # who was level with the chosen one, until `tie_break` settled it
    tie_break: str | None = None
    owner: Owner | None = None
    skipped: tuple[str, ...] = ()  # would have been next without a skip, which is used up now
    passed_over: tuple[str, ...] = ()  # `ranked`: preferred no less, but too many turns ahead
    keeps_skip: bool = False  # the chosen one was to be skipped, but must have it all the same


def choose_rep(selection: Selection) -> Choice:
    """Choose an eligible owner, else the first by the method who is not to be skipped.

    A skip never holds a lead: where all eligible reps have a skip, the first has it and no skip is used up.
    """
    skips = selection.pool_state.pending_skips
    for owner in selection.inputs.owners:
        if owner.rep in selection.eligible:
            return Choice(rep=owner.rep, owner=owner, keeps_skip=owner.rep in skips)
    left, skipped = dict(selection.eligible), list[str]()
    all_skipped = skips.issuperset(left)
    while True:
        level = _level(selection, left)
        rep, tie_break = break_tie(level, selection.pool_state.waiting_since, selection.inputs.seed)
        if rep not in skips or all_skipped:
            break
        skipped.append(rep)
        del left[rep]
    return Choice(
        rep=rep,
        tied=tuple(other for other in level if other != rep),
        tie_break=tie_break,
        skipped=tuple(skipped),
        passed_over=_passed_over(selection, left, rep),
        keeps_skip=all_skipped,
    )


def _level(selection: Selection, left: Mapping[str, int]) -> list[str]:
    """The reps of `left` that the method puts first; several only where waiting time and chance must decide."""
    first = left
    if selection.is_balanced:
        first = _smallest(left, {rep: Fraction(selection.appointments(rep), weight) for rep, weight in left.items()})
    else:
        match selection.pool.method:  # without `case _`: the type checker names a method that is not asked
            case DistributionMethod.LEAST_LOADED:
                loads = {rep: Fraction(selection.open_leads(rep), weight) for rep, weight in left.items()}
                return list(_smallest(left, loads))
            case DistributionMethod.SOONEST:
                first = _smallest(left, {rep: selection.earliest_start(rep) for rep in left})
            case DistributionMethod.RANKED:
                close = {rep: weight for rep, weight in left.items() if not selection.is_far_ahead(rep)}
                behind = {rep: weight for rep, weight in left.items() if selection.is_far_behind(rep)}
                first = behind or _smallest(close, {rep: -selection.rank(rep) for rep in close}) or left
            case DistributionMethod.FAIR | DistributionMethod.OWNER:
                pass  # the ledger alone
    return next_due(selection.pool_state.ledger, first)


def _smallest(left: Mapping[str, int], by_rep: Mapping[str, Any]) -> Mapping[str, int]:
    """Those of `left` who have the smallest value."""
    smallest = min(by_rep.values(), default=None)
    return {rep: weight for rep, weight in left.items() if by_rep[rep] == smallest}


def _passed_over(selection: Selection, left: Mapping[str, int], chosen: str) -> tuple[str, ...]:
    match selection.pool.method:  # without `case _`, as above
        case DistributionMethod.RANKED:
            if selection.is_balanced or selection.is_far_ahead(chosen) or selection.is_far_behind(chosen):
                return ()
            rank, ahead = selection.rank(chosen), [rep for rep in left if selection.is_far_ahead(rep)]
            return tuple(rep for rep in ahead if selection.rank(rep) >= rank and selection.points(rep))
        case (
            DistributionMethod.FAIR | DistributionMethod.LEAST_LOADED
            | DistributionMethod.SOONEST | DistributionMethod.OWNER
        ):  # fmt: skip
            return ()

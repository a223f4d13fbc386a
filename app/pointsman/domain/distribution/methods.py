"""A pool's methods: who of the eligible comes next, whom that passes over, and whose turn is skipped as asked.

Whatever chose, the turn is booked in the credit ledger over all who were eligible.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.distribution.inputs import Owner, PoolState, World
from pointsman.domain.distribution.ledger import due_first, settle
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.document import Method, Pool
from pointsman.domain.policy.pools import Offer
from pointsman.domain.roster.reps import Rep


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The eligible of one pool (rep to weight), and all that a method may compare them by."""

    name: str
    pool: Pool
    eligible: Mapping[str, int]
    facts: Facts
    world: World

    @property
    def state(self) -> PoolState:
        return self.world.state_of(self.name)

    def rep(self, key: str) -> Rep:
        return self.world.roster.reps[key]

    def load(self, rep: str) -> int:
        """Open leads, as `least_loaded` counts them."""
        return self.world.loads.get(rep, RepLoad()).open

    def slot(self, rep: str) -> datetime:
        """The rep's first bookable slot, for `soonest`."""
        return self.world.earliest[self.name][rep]

    @property
    def balanced(self) -> bool:
        """Whether the time of an appointment is asked for in a pool that shares its appointments out evenly."""
        return self.world.asked is not None and self.pool.booking.offer is Offer.BALANCED

    def appointments(self, rep: str) -> int:
        """Those that lie around the time that is asked for, as `balanced` counts them."""
        return self.world.asked.appointments.get(rep, 0) if self.world.asked else 0

    def fit(self, rep: str) -> int:
        """1, and the points of each preference that holds: the rep's list contains the lead's value."""
        points = 1
        for prefer in self.pool.ranking.prefer:
            value = self.facts.get(prefer.lead)
            wanted = value if isinstance(value, tuple) else () if value is None else (str(value),)
            if not self.rep(rep).skills.get(prefer.rep, frozenset()).isdisjoint(wanted):
                points += prefer.points
        return points

    def rank(self, rep: str) -> Fraction:
        """Fit by tier: tier 1 with the most points is the highest."""
        return Fraction(self.fit(rep), max(self.rep(rep).tier, 1))

    def far_ahead(self, rep: str) -> bool:
        """Whether the rep has had as many turns more than their share as `ranked` allows."""
        ledger = self.state.ledger
        return ledger.balances.get(rep, 0) <= -self.pool.ranking.lead_by * ledger.denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Who comes next. `owner` is set when it is the lead's own rep, whatever the method says."""

    rep: str
    level: tuple[str, ...] = ()  # who was level with the chosen one, until `tie_break` settled it
    tie_break: str | None = None
    owner: Owner | None = None
    skipped: tuple[str, ...] = ()  # would have been next, but for a skip: now used up
    ahead: tuple[str, ...] = ()  # `ranked`: rank no lower, but too many turns ahead
    skip_stays: bool = False  # the chosen one was to be skipped, but must have it all the same


def pick(contest: Contest) -> Pick:
    """An eligible owner, else whom the method puts first and who is not to be skipped.

    A skip never holds a lead: where all who are eligible are to be skipped, the first has it and no skip is used up.
    """
    skips = contest.state.skips
    for owner in contest.world.owners:
        if owner.rep in contest.eligible:
            return Pick(rep=owner.rep, owner=owner, skip_stays=owner.rep in skips)
    left, skipped = dict(contest.eligible), list[str]()
    all_skipped = skips.issuperset(left)
    while True:
        level = _level(contest, left)
        rep, tie_break = settle(level, contest.state.waiting_since, contest.world.seed)
        if rep not in skips or all_skipped:
            break
        skipped.append(rep)
        del left[rep]
    return Pick(
        rep=rep,
        level=tuple(other for other in level if other != rep),
        tie_break=tie_break,
        skipped=tuple(skipped),
        ahead=_passed_over(contest, left, rep),
        skip_stays=all_skipped,
    )


def _level(contest: Contest, left: Mapping[str, int]) -> list[str]:
    """Those of `left` whom the method puts first; several only where waiting and chance have to settle it."""
    if contest.balanced:
        counts = {rep: Fraction(contest.appointments(rep), weight) for rep, weight in left.items()}
        fewest = min(counts.values())
        return due_first(contest.state.ledger, {r: w for r, w in left.items() if counts[r] == fewest})
    match contest.pool.method:
        case Method.LEAST_LOADED:
            loads = {rep: Fraction(contest.load(rep), weight) for rep, weight in left.items()}
            least = min(loads.values())
            return [rep for rep, load in loads.items() if load == least]
        case Method.SOONEST:
            first = min(contest.slot(rep) for rep in left)
            return due_first(contest.state.ledger, {r: w for r, w in left.items() if contest.slot(r) == first})
        case Method.RANKED:
            close = {rep: weight for rep, weight in left.items() if not contest.far_ahead(rep)}
            if not close:
                return due_first(contest.state.ledger, left)
            ranks = {rep: contest.rank(rep) for rep in close}
            best = max(ranks.values())
            return due_first(contest.state.ledger, {r: w for r, w in close.items() if ranks[r] == best})
        case _:
            return due_first(contest.state.ledger, left)


def _passed_over(contest: Contest, left: Mapping[str, int], chosen: str) -> tuple[str, ...]:
    if contest.pool.method is not Method.RANKED or contest.balanced or contest.far_ahead(chosen):
        return ()
    rank = contest.rank(chosen)
    return tuple(rep for rep in left if contest.far_ahead(rep) and contest.rank(rep) >= rank)

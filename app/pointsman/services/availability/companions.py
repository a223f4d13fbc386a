"""Companions of an appointment: one rep of each pool that the leading pool names, all free then, or none at all."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.bookable_check import Obstacle
from pointsman.domain.distribution.candidate import DropReason, EligibilityContext
from pointsman.domain.distribution.eligibility import check_eligibility
from pointsman.domain.distribution.weights import base_weight
from pointsman.domain.leads.facts import Facts
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.pools import Pool
from pointsman.domain.roster.reps import Rep
from pointsman.services.policies.cache import RoutingConfig
from pointsman.services.ports.booking.appointments import AppointmentRow, Companion

#: The appointments that begin so long before or after count when they are to be shared out evenly.
COUNTED_AROUND_TIME = timedelta(days=14)

#: What keeps a rep from coming along at any time: all other reasons depend on the hour.
TIME_INDEPENDENT_DROPS = frozenset(
    {
        DropReason.UNKNOWN_REP,
        DropReason.INACTIVE,
        DropReason.ROLE,
        DropReason.GATE,
        DropReason.SKILLS,
        DropReason.REQUIRES,
        DropReason.SUPPLIER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionPool:
    """A pool that sends one companion, and the reps that it can send, with their weights."""

    name: str
    pool: Pool
    weights: Mapping[str, int]
    dropped: Mapping[str, Message]  # why the others cannot come at any time


def companion_pools(
    known: RoutingConfig, names: Sequence[str], facts: Facts, window: Interval
) -> tuple[CompanionPool, ...]:
    """The pools that send a companion, with the members who may be one. A pool that is gone sends none."""
    return tuple(_companion_pool(known, name, facts, window) for name in names if name in known.policy.policy.pools)


def missing_pools(known: RoutingConfig, names: Sequence[str]) -> tuple[str, ...]:
    """Pools that the live policy has no more."""
    return tuple(name for name in names if name not in known.policy.policy.pools)


def counting_window(wanted: Interval) -> Interval:
    """In which time appointments are counted for sharing them out."""
    return Interval(wanted.start - COUNTED_AROUND_TIME, wanted.end + COUNTED_AROUND_TIME)


def choose_companions(
    bands: Sequence[CompanionPool],
    leader: str,
    reps: Mapping[str, Rep],
    in_the_way: Callable[[str], Obstacle | None],
    counts: Mapping[UUID, int],
    *,
    before: AppointmentRow | None = None,
) -> tuple[Companion, ...] | None:
    """One free rep of each pool, each only once and not the leader; None when that cannot be.

    A companion of `before` stays when free. Else the rep with the fewest appointments for the weight comes, then by key.
    """
    orders = []
    for band in bands:
        free = [key for key in band.weights if key != leader and in_the_way(key) is None]
        orders.append(sorted(free, key=_order(band, reps, counts, _previous_companions(band, before))))
    # Of n bands the first n of each are enough: at most n - 1 of them are taken by, or needed for, the other bands.
    found = next(_distinct_choices([order[: len(orders)] for order in orders]), None)
    if found is None:
        return None
    return tuple(
        Companion(
            rep_id=reps[key].id,
            rep_key=key,
            work=band.pool.work.value,
            pool=band.name,
            reason=_reason(band, reps[key], order, counts, stays=key in _previous_companions(band, before)).as_json(),
        )
        for band, key, order in zip(bands, found, orders, strict=True)
    )


def _companion_pool(known: RoutingConfig, name: str, facts: Facts, window: Interval) -> CompanionPool:
    pool = known.policy.policy.pools[name]
    task = EligibilityContext(
        work=pool.work,
        facts=facts,
        now=window.start,
        gate_open=True,  # the work of companions has no gate: the check of the policy sees to that
        requires=known.policy.requires.get(name),
        suppliers=known.policy.policy.suppliers,
        obstacles={},
    )
    dropped, _ = check_eligibility(name, pool, known.roster, task)
    lasting = {key: found.sentence for key, found in dropped.items() if found.code in TIME_INDEPENDENT_DROPS}
    weights = {m.rep: base_weight(m, known.roster.reps[m.rep]) for m in pool.members if m.rep not in lasting}
    return CompanionPool(name=name, pool=pool, weights=weights, dropped=lasting)


def _previous_companions(band: CompanionPool, before: AppointmentRow | None) -> frozenset[str]:
    if before is None:
        return frozenset()
    return frozenset(companion.rep_key for companion in before.companions if companion.pool == band.name)


def _order(
    band: CompanionPool, reps: Mapping[str, Rep], counts: Mapping[UUID, int], stays: Collection[str]
) -> Callable[[str], tuple[bool, Fraction, str]]:
    return lambda key: (key not in stays, Fraction(counts.get(reps[key].id, 0), band.weights[key]), key)


def _distinct_choices(orders: Sequence[Sequence[str]], taken: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """One of each, each only once, the best first."""
    if not orders:
        yield taken
        return
    for key in orders[0]:
        if key not in taken:
            yield from _distinct_choices(orders[1:], (*taken, key))


def _reason(band: CompanionPool, rep: Rep, free: Sequence[str], counts: Mapping[UUID, int], *, stays: bool) -> Message:
    name = rep_name(rep.key)
    if stays:
        return say("companion.came-before", rep=name)
    if len(free) == 1:
        return say("companion.only-one", rep=name, pool=band.name)
    count, weight = counts.get(rep.id, 0), band.weights[rep.key] if len(set(band.weights.values())) > 1 else None
    has = say("companion.has", rep=name, count=count)
    if weight is not None:
        has = say("companion.has-by-weight", rep=name, count=count, weight=weight)
    if free[0] == rep.key:
        return say("companion.fewest", has=has, free=len(free))
    return say("companion.next", has=has)

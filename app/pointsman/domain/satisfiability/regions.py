"""Sets of values that one field may have: the algebra beneath the check for hidden and contradictory rules.

Exact, never approximate: what cannot be said exactly is None, and the caller gives up on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pointsman.domain.conditions.evaluator import kind_of


class End(NamedTuple):
    """One end of a span; `open` leaves the value itself out."""

    at: Any
    open: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """Values of one kind: a finite set (`only`), or everything between two ends except a few (`but`)."""

    only: frozenset[object] | None = None
    low: End | None = None
    high: End | None = None
    but: frozenset[object] = frozenset()

    def __contains__(self, value: Any) -> bool:
        if self.only is not None:
            return value in self.only
        if self.low is not None and (value < self.low.at or (self.low.open and value == self.low.at)):
            return False
        if self.high is not None and (value > self.high.at or (self.high.open and value == self.high.at)):
            return False
        return value not in self.but

    @property
    def empty(self) -> bool:
        if self.only is not None:
            return not self.only
        if self.low is None or self.high is None or self.low.at < self.high.at:
            return False  # values lie densely: a few holes never use up a span
        return self.low.at > self.high.at or self.low.open or self.high.open or self.low.at in self.but

    def meet(self, other: "Values") -> "Values":
        """What lies in both."""
        if self.only is not None:
            return self if other is _EVERY else Values(only=frozenset(v for v in self.only if v in other))
        if other.only is not None:
            return other.meet(self)
        low = (
            self.low
            if other.low is None or (self.low is not None and _starts_later(self.low, other.low))
            else other.low
        )
        high = (
            self.high
            if other.high is None or (self.high is not None and _stops_sooner(self.high, other.high))
            else other.high
        )
        return Values(low=low, high=high, but=self.but | other.but)

    def covers(self, other: "Values") -> bool:
        """Whether all of `other` lies here."""
        if other.only is not None:
            if self.only is not None:
                return other.only <= self.only
            return all(value in self for value in other.only)
        if self.only is not None:
            return other.empty
        if self.low is not None and (other.low is None or _starts_later(self.low, other.low)):
            return False
        if self.high is not None and (other.high is None or _stops_sooner(self.high, other.high)):
            return False
        return all(hole not in other for hole in self.but)

    def minus(self, other: "Values") -> "Values | None":
        """What lies here and not in `other`; None when that is no single set of this form."""
        if self.only is not None:
            return Values(only=frozenset(v for v in self.only if v not in other))
        if other.only is not None:
            return Values(low=self.low, high=self.high, but=self.but | other.only)
        return self._minus_span(other)

    def _minus_span(self, other: "Values") -> "Values | None":
        if other.but:
            unbounded = other.low is None and other.high is None
            return Values(only=frozenset(v for v in other.but if v in self)) if unbounded else None
        if self.meet(other).empty:
            return self
        below = other.low is not None and (self.low is None or _starts_later(other.low, self.low))
        above = other.high is not None and (self.high is None or _stops_sooner(other.high, self.high))
        if below and above:
            return None
        if below and other.low is not None:
            return Values(low=self.low, high=End(other.low.at, open=not other.low.open), but=self.but)
        if above and other.high is not None:
            return Values(low=End(other.high.at, open=not other.high.open), high=self.high, but=self.but)
        return _NONE

    def join(self, other: "Values") -> "Values | None":
        """What lies in either; None when that is no single set of this form."""
        if self.only is not None and other.only is not None:
            return Values(only=self.only | other.only)
        if self.only is not None:
            return other.join(self)
        if other.only is not None:
            if self.low is self.high is None:
                return Values(but=self.but - other.only)
            return self if self.covers(other) else None
        if _apart(self, other) or _apart(other, self):
            return None
        low = None if self.low is None or other.low is None else _other(self.low, other.low, _starts_later)
        high = None if self.high is None or other.high is None else _other(self.high, other.high, _stops_sooner)
        holes = frozenset(hole for hole in self.but | other.but if hole not in self and hole not in other)
        return Values(low=low, high=high, but=holes)


_EVERY = Values()
_NONE = Values(only=frozenset())
_TRUTHS = Values(only=frozenset({True, False}))


def _starts_later(one: End, other: End) -> bool:
    return bool(one.at > other.at) or (one.at == other.at and one.open and not other.open)


def _stops_sooner(one: End, other: End) -> bool:
    return bool(one.at < other.at) or (one.at == other.at and one.open and not other.open)


def _other(one: End, other: End, tighter: Any) -> End:
    return other if tighter(one, other) else one


def _apart(first: Values, second: Values) -> bool:
    """Whether a value lies between the end of `first` and the start of `second`."""
    if first.high is None or second.low is None:
        return False
    return bool(first.high.at < second.low.at) or (
        first.high.at == second.low.at and first.high.open and second.low.open
    )


@dataclass(frozen=True, slots=True)
class Region:
    """What a field may be: absent, or a value of one of these kinds."""

    absent: bool
    kinds: Mapping[type, Values]

    @property
    def empty(self) -> bool:
        return not self.absent and all(values.empty for values in self.kinds.values())

    @property
    def everything(self) -> bool:
        return self.absent and self.present

    @property
    def present(self) -> bool:
        """Whether every value is in it."""
        return all(self.kinds.get(kind, _NONE).covers(_full(kind)) for kind in KINDS)

    @property
    def finite(self) -> frozenset[object] | None:
        """The texts or numbers it is limited to, if it is limited to one kind of them."""
        if self.absent or len(self.kinds) != 1:
            return None
        kind, values = next(iter(self.kinds.items()))
        return None if kind is bool else values.only

    def meet(self, other: "Region") -> "Region":
        kinds = {}
        for kind, values in self.kinds.items():
            theirs = other.kinds.get(kind)
            if theirs is not None and not (both := values.meet(theirs)).empty:
                kinds[kind] = both
        return Region(self.absent and other.absent, kinds)

    def covers(self, other: "Region") -> bool:
        if other.absent and not self.absent:
            return False
        for kind, values in other.kinds.items():
            ours = self.kinds.get(kind)
            if ours is None or not ours.covers(values):
                return False
        return True

    def minus(self, other: "Region") -> "Region | None":
        kinds = {}
        for kind, values in self.kinds.items():
            theirs = other.kinds.get(kind)
            left = values if theirs is None else values.minus(theirs)
            if left is None:
                return None
            if not left.empty:
                kinds[kind] = left
        return Region(self.absent and not other.absent, kinds)

    def join(self, other: "Region") -> "Region | None":
        kinds = dict(self.kinds)
        for kind, values in other.kinds.items():
            ours = kinds.get(kind)
            both = values if ours is None else ours.join(values)
            if both is None:
                return None
            kinds[kind] = both
        return Region(self.absent or other.absent, kinds)


KINDS: tuple[type, ...] = (str, float, bool, datetime, tuple)


def _full(kind: type) -> Values:
    return _TRUTHS if kind is bool else _EVERY


PRESENT = Region(absent=False, kinds={kind: _full(kind) for kind in KINDS})
TEXTS = Region(absent=False, kinds={str: _EVERY})
LISTS = Region(absent=False, kinds={tuple: _EVERY})
ABSENT = Region(absent=True, kinds={})


def one_of(values: Iterable[object]) -> Region:
    """Exactly these values."""
    by_kind: dict[type, set[object]] = {}
    for value in values:
        by_kind.setdefault(kind_of(value), set()).add(value)
    return Region(absent=False, kinds={kind: Values(only=frozenset(known)) for kind, known in by_kind.items()})


def none_of(values: Iterable[object]) -> Region:
    """Any other value of the kinds of these: what a test of them calls false."""
    kinds = {kind: _full(kind).minus(known) or _NONE for kind, known in one_of(values).kinds.items()}
    return Region(absent=False, kinds={kind: known for kind, known in kinds.items() if not known.empty})


def span(low: End | None, high: End | None, kind: type) -> Region:
    """Everything between two ends."""
    values = Values(low=low, high=high)
    return Region(absent=False, kinds={} if values.empty else {kind: values})

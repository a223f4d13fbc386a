"""Sets of values that one field may have: the algebra beneath the check for hidden and contradictory rules.

Exact, never approximate: what cannot be said exactly is None, and the caller gives up on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pointsman.domain.conditions.evaluator import comparison_type


class Endpoint(NamedTuple):
    """One end of a span; `open` leaves the value itself out."""

    value: Any
    open: bool = False


@dataclass(frozen=True, slots=True)
class TypedValueSet:
    """Values of one kind: a finite set (`members`), or everything between two ends but a few (`excluded`)."""

    members: frozenset[object] | None = None
    low: Endpoint | None = None
    high: Endpoint | None = None
    excluded: frozenset[object] = frozenset()

    def __contains__(self, value: Any) -> bool:
        if self.members is not None:
            return value in self.members
        if self.low is not None and (value < self.low.value or (self.low.open and value == self.low.value)):
            return False
        if self.high is not None and (value > self.high.value or (self.high.open and value == self.high.value)):
            return False
        return value not in self.excluded

    @property
    def is_empty(self) -> bool:
        if self.members is not None:
            return not self.members
        if self.low is None or self.high is None or self.low.value < self.high.value:
            return False  # values lie densely: a few holes never use up a span
        return self.low.value > self.high.value or self.low.open or self.high.open or self.low.value in self.excluded

    def intersection(self, other: "TypedValueSet") -> "TypedValueSet":
        """What lies in both."""
        if self.members is not None:
            return self if other is _EVERY else TypedValueSet(members=frozenset(v for v in self.members if v in other))
        if other.members is not None:
            return other.intersection(self)
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
        return TypedValueSet(low=low, high=high, excluded=self.excluded | other.excluded)

    def covers(self, other: "TypedValueSet") -> bool:
        """Whether all of `other` lies here."""
        if other.members is not None:
            if self.members is not None:
                return other.members <= self.members
            return all(value in self for value in other.members)
        if self.members is not None:
            return other.is_empty
        if self.low is not None and (other.low is None or _starts_later(self.low, other.low)):
            return False
        if self.high is not None and (other.high is None or _stops_sooner(self.high, other.high)):
            return False
        return all(hole not in other for hole in self.excluded)

    def difference(self, other: "TypedValueSet") -> "TypedValueSet | None":
        """What lies here and not in `other`; None when that is no single set of this form."""
        if self.members is not None:
            return TypedValueSet(members=frozenset(v for v in self.members if v not in other))
        if other.members is not None:
            return TypedValueSet(low=self.low, high=self.high, excluded=self.excluded | other.members)
        return self._minus_span(other)

    def _minus_span(self, other: "TypedValueSet") -> "TypedValueSet | None":
        if other.excluded:
            unbounded = other.low is None and other.high is None
            return TypedValueSet(members=frozenset(v for v in other.excluded if v in self)) if unbounded else None
        if self.intersection(other).is_empty:
            return self
        below = other.low is not None and (self.low is None or _starts_later(other.low, self.low))
        above = other.high is not None and (self.high is None or _stops_sooner(other.high, self.high))
        if below and above:
            return None
        if below and other.low is not None:
            return TypedValueSet(
                low=self.low, high=Endpoint(other.low.value, open=not other.low.open), excluded=self.excluded
            )
        if above and other.high is not None:
            return TypedValueSet(
                low=Endpoint(other.high.value, open=not other.high.open), high=self.high, excluded=self.excluded
            )
        return _NONE

    def union(self, other: "TypedValueSet") -> "TypedValueSet | None":
        """What lies in either; None when that is no single set of this form."""
        if self.members is not None and other.members is not None:
            return TypedValueSet(members=self.members | other.members)
        if self.members is not None:
            return other.union(self)
        if other.members is not None:
            if self.low is self.high is None:
                return TypedValueSet(excluded=self.excluded - other.members)
            return self if self.covers(other) else None
        if _apart(self, other) or _apart(other, self):
            return None
        low = None if self.low is None or other.low is None else _other(self.low, other.low, _starts_later)
        high = None if self.high is None or other.high is None else _other(self.high, other.high, _stops_sooner)
        holes = frozenset(hole for hole in self.excluded | other.excluded if hole not in self and hole not in other)
        return TypedValueSet(low=low, high=high, excluded=holes)


_EVERY = TypedValueSet()
_NONE = TypedValueSet(members=frozenset())
_TRUTHS = TypedValueSet(members=frozenset({True, False}))


def _starts_later(one: Endpoint, other: Endpoint) -> bool:
    return bool(one.value > other.value) or (one.value == other.value and one.open and not other.open)


def _stops_sooner(one: Endpoint, other: Endpoint) -> bool:
    return bool(one.value < other.value) or (one.value == other.value and one.open and not other.open)


def _other(one: Endpoint, other: Endpoint, tighter: Any) -> Endpoint:
    return other if tighter(one, other) else one


def _apart(first: TypedValueSet, second: TypedValueSet) -> bool:
    """Whether a value lies between the end of `first` and the start of `second`."""
    if first.high is None or second.low is None:
        return False
    return bool(first.high.value < second.low.value) or (
        first.high.value == second.low.value and first.high.open and second.low.open
    )


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What a field may be: absent, or a value of one of these kinds."""

    may_be_absent: bool
    kinds: Mapping[type, TypedValueSet]

    @property
    def is_empty(self) -> bool:
        return not self.may_be_absent and all(values.is_empty for values in self.kinds.values())

    @property
    def is_unrestricted(self) -> bool:
        return self.may_be_absent and self.has_every_value

    @property
    def has_every_value(self) -> bool:
        """Whether every value is in it."""
        return all(self.kinds.get(kind, _NONE).covers(_full(kind)) for kind in KINDS)

    @property
    def finite_values(self) -> frozenset[object] | None:
        """The texts or numbers it is limited to, if it is limited to one kind of them."""
        if self.may_be_absent or len(self.kinds) != 1:
            return None
        kind, values = next(iter(self.kinds.items()))
        return None if kind is bool else values.members

    def intersection(self, other: "ValueSet") -> "ValueSet":
        kinds = {}
        for kind, values in self.kinds.items():
            theirs = other.kinds.get(kind)
            if theirs is not None and not (both := values.intersection(theirs)).is_empty:
                kinds[kind] = both
        return ValueSet(self.may_be_absent and other.may_be_absent, kinds)

    def covers(self, other: "ValueSet") -> bool:
        if other.may_be_absent and not self.may_be_absent:
            return False
        for kind, values in other.kinds.items():
            ours = self.kinds.get(kind)
            if ours is None or not ours.covers(values):
                return False
        return True

    def difference(self, other: "ValueSet") -> "ValueSet | None":
        kinds = {}
        for kind, values in self.kinds.items():
            theirs = other.kinds.get(kind)
            left = values if theirs is None else values.difference(theirs)
            if left is None:
                return None
            if not left.is_empty:
                kinds[kind] = left
        return ValueSet(self.may_be_absent and not other.may_be_absent, kinds)

    def union(self, other: "ValueSet") -> "ValueSet | None":
        kinds = dict(self.kinds)
        for kind, values in other.kinds.items():
            ours = kinds.get(kind)
            both = values if ours is None else ours.union(values)
            if both is None:
                return None
            kinds[kind] = both
        return ValueSet(self.may_be_absent or other.may_be_absent, kinds)


KINDS: tuple[type, ...] = (str, float, bool, datetime, tuple)


def _full(kind: type) -> TypedValueSet:
    return _TRUTHS if kind is bool else _EVERY


PRESENT = ValueSet(may_be_absent=False, kinds={kind: _full(kind) for kind in KINDS})
TEXTS = ValueSet(may_be_absent=False, kinds={str: _EVERY})
LISTS = ValueSet(may_be_absent=False, kinds={tuple: _EVERY})
ABSENT = ValueSet(may_be_absent=True, kinds={})


def one_of(values: Iterable[object]) -> ValueSet:
    """Exactly these values."""
    by_kind: dict[type, set[object]] = {}
    for value in values:
        by_kind.setdefault(comparison_type(value), set()).add(value)
    return ValueSet(
        may_be_absent=False, kinds={kind: TypedValueSet(members=frozenset(known)) for kind, known in by_kind.items()}
    )


def none_of(values: Iterable[object]) -> ValueSet:
    """Any other value of the kinds of these: what a test of them calls false."""
    kinds = {kind: _full(kind).difference(known) or _NONE for kind, known in one_of(values).kinds.items()}
    return ValueSet(may_be_absent=False, kinds={kind: known for kind, known in kinds.items() if not known.is_empty})


def value_interval(low: Endpoint | None, high: Endpoint | None, kind: type) -> ValueSet:
    """Everything between two ends."""
    values = TypedValueSet(low=low, high=high)
    return ValueSet(may_be_absent=False, kinds={} if values.is_empty else {kind: values})

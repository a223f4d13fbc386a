"""How far a condition is from being true: the least number of tests that fail."""

from pointsman.domain.conditions.definitions import Definitions
from pointsman.domain.counterfactuals.flip_leaf import evaluate_leaf
from pointsman.domain.leads.facts import Facts
from pointsman.domain.policy.conditions_model import All, AnyOf, Condition, IcpRef, Leaf, Not, PersonaRef, SegmentRef


def min_failing_tests(condition: Condition, facts: Facts, definitions: Definitions, most: int) -> int:
    """How many tests keep `condition` from being true, at least; `most` stands for that many and more."""
    return _Counting(definitions, facts).count(condition, most, wanted=True)


class _Counting:
    """Counts the tests of a condition, and stops at `most`."""

    def __init__(self, definitions: Definitions, facts: Facts) -> None:
        self._definitions = definitions
        self._facts = facts

    def count(self, condition: Condition, most: int, *, wanted: bool) -> int:
        match condition:
            case Leaf():
                return 0 if evaluate_leaf(condition, self._facts, self._definitions) is wanted else 1
            case Not(not_=part):
                return self.count(part, most, wanted=not wanted)
            case SegmentRef() | IcpRef() | PersonaRef():
                return self.count(self._definitions.conditions[condition.key], most, wanted=wanted)
            case All(all=parts):
                return (self._sum if wanted else self._least)(parts, most, wanted=wanted)
            case AnyOf(any=parts):
                return (self._least if wanted else self._sum)(parts, most, wanted=wanted)

    def _sum(self, parts: tuple[Condition, ...], most: int, *, wanted: bool) -> int:
        total = 0
        for part in parts:
            total += self.count(part, most - total, wanted=wanted)
            if total >= most:
                return most
        return total

    def _least(self, parts: tuple[Condition, ...], most: int, *, wanted: bool) -> int:
        least = most
        for part in parts:
            least = min(least, self.count(part, least, wanted=wanted))
            if least == 0:
                return 0
        return least

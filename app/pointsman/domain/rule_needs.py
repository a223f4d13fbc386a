"""What a condition needs of a lead's values to be true, and what is left to ask once those are looked up."""

from collections.abc import Collection
from dataclasses import dataclass

from pointsman.domain.condition_document import (
    All,
    AnyOf,
    Condition,
    IcpRef,
    Leaf,
    NamedRef,
    Operator,
    PersonaRef,
    SegmentRef,
)
from pointsman.domain.condition_values import Ref
from pointsman.domain.definitions import Definitions
from pointsman.domain.questions import countries_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A condition as a conjunction: of looked-up tests, of named conditions, and of the rest.

    `needs`: per field, the values of which it must have one. `exact`: tests that are true whenever the field has such
    a value, so that they need not be asked again once it was looked up.
    """

    needs: dict[str, frozenset[object]]
    exact: tuple[Leaf, ...]
    named: tuple[str, ...]
    rest: tuple[Condition, ...]

    def left(self, looked_up: Collection[str]) -> tuple[Condition, ...]:
        """What has to be tested beside the named conditions when only these fields were looked up."""
        return (*(leaf for leaf in self.exact if leaf.field not in looked_up), *self.rest)


def split(condition: Condition | None, definitions: Definitions) -> Split:
    """`condition` taken apart; True of a lead exactly if all parts are."""
    match condition:
        case None:
            return Split(needs={}, exact=(), named=(), rest=())
        case All(all=parts):
            return _joined([split(part, definitions) for part in parts])
        case Leaf():
            needs = _needed(condition, definitions)
            if needs and all(isinstance(value, str) for value in needs[condition.field]):
                return Split(needs=needs, exact=(condition,), named=(), rest=())
            return Split(needs=needs, exact=(), named=(), rest=(condition,))
        case SegmentRef() | IcpRef() | PersonaRef():
            return _of_name(condition, definitions)
        case _:
            return Split(needs=_needed(condition, definitions), exact=(), named=(), rest=(condition,))


def _of_name(ref: NamedRef, definitions: Definitions) -> Split:
    if ref.key not in definitions.conditions:
        return Split(needs={}, exact=(), named=(), rest=(ref,))  # compiling it says what is wrong
    inner = split(definitions.conditions[ref.key], definitions)
    if not inner.named and not inner.rest:
        return inner
    return Split(needs=inner.needs, exact=(), named=(ref.key,), rest=())


def _joined(parts: list[Split]) -> Split:
    needs: dict[str, frozenset[object]] = {}
    for part in parts:
        for field, values in part.needs.items():
            needs[field] = needs[field] & values if field in needs else values
    return Split(
        needs=needs,
        exact=tuple(leaf for part in parts for leaf in part.exact),
        named=tuple(dict.fromkeys(name for part in parts for name in part.named)),
        rest=tuple(condition for part in parts for condition in part.rest),
    )


def _needed(condition: Condition, definitions: Definitions) -> dict[str, frozenset[object]]:
    match condition:
        case Leaf(operator=Operator.IN_GROUP):
            names = condition.operand if isinstance(condition.operand, tuple) else ()
            return {condition.field: countries_of(names, definitions)}
        case Leaf(operator=Operator.EQUALS | Operator.IN) if not isinstance(condition.operand, Ref):
            operand = condition.operand
            return {condition.field: frozenset(operand if isinstance(operand, tuple) else (operand,))}
        case All(all=parts):
            return _joined([split(part, definitions) for part in parts]).needs
        case AnyOf(any=parts):
            first, *others = [_needed(part, definitions) for part in parts]
            shared = {field for field in first if all(field in other for other in others)}
            return {field: first[field].union(*(other[field] for other in others)) for field in shared}
        case SegmentRef() | IcpRef() | PersonaRef() if condition.key in definitions.conditions:
            return _needed(definitions.conditions[condition.key], definitions)
        case _:
            return {}

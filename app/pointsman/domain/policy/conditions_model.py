"""Conditions as the policy document writes them: structured data that forms can build and git can diff."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self, TypeGuard, get_args

from pydantic import Discriminator, Field, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.dates.durations import Duration
from pointsman.domain.policy.operands import (
    TAG_PREFIX,
    Bound,
    BoundOrRef,
    FieldName,
    Identifier,
    Identifiers,
    PolicyModel,
    PolicyText,
    PolicyTexts,
    ScalarOrRef,
    ScalarsOrRef,
)

MAX_BRANCHES = 1_000


class Operator(StrEnum):
    """What a leaf may ask of a field."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    IN = "in"
    NOT_IN = "not_in"
    GTE = "gte"
    GT = "gt"
    LTE = "lte"
    LT = "lt"
    BETWEEN = "between"
    PRESENT = "present"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"  # RE2, anywhere in the text
    MENTIONS = "mentions"  # whole words or phrases, whatever their case; "list:NAME" is a word list of the policy
    IN_GROUP = "in_group"  # of countries
    UNDER_DOMAIN = "under_domain"  # the domain of a URL, an address or a host is one of these or lies under it
    CONTAINS_ANY = "contains_any"
    CONTAINS_ALL = "contains_all"
    CONTAINS_NONE = "contains_none"
    WITHIN_LAST = "within_last"  # now - span <= value <= now
    WITHIN_NEXT = "within_next"  # now <= value <= now + span
    OLDER_THAN = "older_than"  # value < now - span
    FURTHER_THAN = "further_than"  # value > now + span


# The kinds of operators. `present` asks any field, `contains` texts and lists. A kind that is written as a type is matched
# without `case _`, so that the type checker names each place that does not answer a new operator.
EQUALITY_OPERATORS = frozenset({Operator.EQUALS, Operator.NOT_EQUALS, Operator.IN, Operator.NOT_IN})
BoundOperator = Literal[Operator.GTE, Operator.GT, Operator.LTE, Operator.LT]
OrderingOperator = Literal[BoundOperator, Operator.BETWEEN]
ORDERING_OPERATORS: frozenset[Operator] = frozenset(get_args(OrderingOperator))
RelativeTimeOperator = Literal[Operator.WITHIN_LAST, Operator.WITHIN_NEXT, Operator.OLDER_THAN, Operator.FURTHER_THAN]
RELATIVE_TIME_OPERATORS: frozenset[Operator] = frozenset(get_args(RelativeTimeOperator))
#: Unknown of anything but texts.
TEXT_OPERATORS = frozenset(
    {
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.MATCHES,
        Operator.MENTIONS,
        Operator.IN_GROUP,
        Operator.UNDER_DOMAIN,
    }
)
#: Unknown of anything but lists.
ListOperator = Literal[Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.CONTAINS_NONE]
LIST_OPERATORS: frozenset[Operator] = frozenset(get_args(ListOperator))


def is_ordering(operator: Operator) -> TypeGuard[OrderingOperator]:
    """Whether it compares with bounds."""
    return operator in ORDERING_OPERATORS


def is_relative_time(operator: Operator) -> TypeGuard[RelativeTimeOperator]:
    """Whether it asks how far an instant lies from now."""
    return operator in RELATIVE_TIME_OPERATORS


def asks_a_list(operator: Operator) -> TypeGuard[ListOperator]:
    """Whether it asks for several items of a list."""
    return operator in LIST_OPERATORS


class Leaf(PolicyModel):
    """One question about one field; exactly one operator."""

    field: FieldName
    equals: ScalarOrRef | None = None
    not_equals: ScalarOrRef | None = None
    in_: ScalarsOrRef | None = Field(default=None, alias="in")
    not_in: ScalarsOrRef | None = None
    gte: BoundOrRef | None = None
    gt: BoundOrRef | None = None
    lte: BoundOrRef | None = None
    lt: BoundOrRef | None = None
    between: tuple[Bound, Bound] | None = None
    present: StrictBool | None = None
    contains: PolicyText | None = None
    starts_with: PolicyText | None = None
    ends_with: PolicyText | None = None
    matches: PolicyText | None = None
    mentions: PolicyTexts | None = None
    in_group: Identifiers | None = None
    under_domain: PolicyTexts | None = None
    contains_any: PolicyTexts | None = None
    contains_all: PolicyTexts | None = None
    contains_none: PolicyTexts | None = None
    within_last: Duration | None = None
    within_next: Duration | None = None
    older_than: Duration | None = None
    further_than: Duration | None = None

    @model_validator(mode="after")
    def _exactly_one_operator(self) -> Self:
        used = self._used()
        if len(used) != 1:
            raise PydanticCustomError(
                "one-operator",
                "a test of {field} needs exactly one operator, found {found}; combine several with all: [...]",
                {"field": self.field, "found": ", ".join(sorted(used)) or "none"},
            )
        if self.between and isinstance(self.between[0], str) is not isinstance(self.between[1], str):
            raise PydanticCustomError("bound", "between needs two numbers or two instants, not one of each")
        return self

    @cached_property
    def operator(self) -> Operator:
        """The one operator that is set."""
        return Operator(self._used()[0])

    @cached_property
    def operand(self) -> object:
        """The value compared with: a scalar, a duration, a `FieldRef`, or a tuple."""
        return self.__dict__["in_" if self.operator is Operator.IN else self.operator.value]

    def _used(self) -> list[str]:
        return [
            name.rstrip("_") for name in self.model_fields_set if name != "field" and self.__dict__[name] is not None
        ]


class All(PolicyModel):
    """True when every part is true."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MAX_BRANCHES)]


class AnyOf(PolicyModel):
    """True when at least one part is true."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MAX_BRANCHES)]


class Not(PolicyModel):
    """True when the part is false; unknown stays unknown."""

    not_: "Condition" = Field(alias="not")


class SegmentRef(PolicyModel):
    """A named segment's condition."""

    segment: Identifier

    @property
    def key(self) -> str:
        """Under which the definitions keep it: "segment:dach"."""
        return f"segment:{self.segment}"


class IcpRef(PolicyModel):
    """A named ideal customer profile's condition."""

    icp: Identifier

    @property
    def key(self) -> str:
        """Under which the definitions keep it: "icp:core"."""
        return f"icp:{self.icp}"


class PersonaRef(PolicyModel):
    """A named persona's condition."""

    persona: Identifier

    @property
    def key(self) -> str:
        """Under which the definitions keep it: "persona:economic-buyer"."""
        return f"persona:{self.persona}"


NamedRef = SegmentRef | IcpRef | PersonaRef


#: Each kind of condition by the key that tells it.
CONDITION_MODELS: Mapping[str, type[PolicyModel]] = {
    "all": All,
    "any": AnyOf,
    "not": Not,
    "segment": SegmentRef,
    "icp": IcpRef,
    "persona": PersonaRef,
    "field": Leaf,
}
_TAG_BY_MODEL: Mapping[type, str] = {model: TAG_PREFIX + shape for shape, model in CONDITION_MODELS.items()}


def _condition_tag(value: object) -> str | None:
    if isinstance(value, Mapping):
        return next((TAG_PREFIX + shape for shape in CONDITION_MODELS if shape in value), None)
    return _TAG_BY_MODEL.get(type(value))


Condition = Annotated[
    Annotated[All, Tag(TAG_PREFIX + "all")]
    | Annotated[AnyOf, Tag(TAG_PREFIX + "any")]
    | Annotated[Not, Tag(TAG_PREFIX + "not")]
    | Annotated[SegmentRef, Tag(TAG_PREFIX + "segment")]
    | Annotated[IcpRef, Tag(TAG_PREFIX + "icp")]
    | Annotated[PersonaRef, Tag(TAG_PREFIX + "persona")]
    | Annotated[Leaf, Tag(TAG_PREFIX + "field")],
    Discriminator(
        _condition_tag,
        custom_error_type="condition-shape",
        custom_error_message=(
            "a condition is {all: [...]}, {any: [...]}, {not: ...}, {segment: name}, {icp: name}, {persona: name} "
            "or {field: ..., <operator>: ...}"
        ),
    ),
]

for _model in (All, AnyOf, Not, SegmentRef, IcpRef, PersonaRef, Leaf):
    _model.model_rebuild()


def leaves(condition: Condition, path: str = "") -> Iterator[tuple[str, Leaf | NamedRef]]:
    """Every leaf and named reference with its path ("all[1].not"), in the author's order."""
    match condition:
        case All(all=parts):
            for i, part in enumerate(parts):
                yield from leaves(part, _join(path, f"all[{i}]"))
        case AnyOf(any=parts):
            for i, part in enumerate(parts):
                yield from leaves(part, _join(path, f"any[{i}]"))
        case Not(not_=part):
            yield from leaves(part, _join(path, "not"))
        case _:
            yield path, condition


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step

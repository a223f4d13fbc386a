"""Conditions as the policy document writes them: structured data that forms can build and git can diff."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    StrictBool,
    StrictStr,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

#: Marks the discriminator's parts in an error's location, so that paths can be printed as the author wrote them.
TAG = "\x00"
MAX_BRANCHES = 1_000
MAX_VALUES = 5_000
LARGEST = 10**15
LONGEST = 1_000


def _scalar(value: object) -> bool | int | float | str:
    match value:
        case bool():
            return value
        case int() | float() if -LARGEST <= value <= LARGEST:  # neither NaN nor infinite, too
            return value
        case str() if len(value) <= LONGEST:
            return value
    raise PydanticCustomError(
        "scalar",
        "{value} is not a value to compare with: write a text, a number up to 10^15, true or false",
        {"value": repr(value)[:60]},
    )


def _bound(value: object) -> int | float | str:
    match value:
        case int() | float() if not isinstance(value, bool) and -LARGEST <= value <= LARGEST:
            return value
        case str() if _is_instant(value):
            return value
    raise PydanticCustomError(
        "bound",
        "{value} is neither a number nor an instant with its offset such as '2026-01-31T09:00:00+01:00'",
        {"value": repr(value)[:60]},
    )


Scalar = Annotated[bool | int | float | str, PlainValidator(_scalar, json_schema_input_type=bool | int | float | str)]
Bound = Annotated[int | float | str, PlainValidator(_bound, json_schema_input_type=int | float | str)]
Text = Annotated[StrictStr, StringConstraints(max_length=LONGEST)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", max_length=100)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]


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


ORDERING = frozenset({Operator.GTE, Operator.GT, Operator.LTE, Operator.LT, Operator.BETWEEN})


class Part(BaseModel):
    """Base of everything in a policy document: no unknown keys, immutable once parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Leaf(Part):
    """One question about one field; exactly one operator."""

    field: FieldName
    equals: Scalar | None = None
    not_equals: Scalar | None = None
    in_: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)] | None = Field(
        default=None, alias="in"
    )
    not_in: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)] | None = None
    gte: Bound | None = None
    gt: Bound | None = None
    lte: Bound | None = None
    lt: Bound | None = None
    between: tuple[Bound, Bound] | None = None
    present: StrictBool | None = None
    contains: Text | None = None
    starts_with: Text | None = None
    ends_with: Text | None = None

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

    @property
    def operator(self) -> Operator:
        """The one operator that is set."""
        return Operator(self._used()[0])

    @property
    def operand(self) -> object:
        """The value compared with: a scalar, or a tuple for `in`, `not_in` and `between`."""
        return next(v for name, v in self.__dict__.items() if v is not None and name != "field")

    def _used(self) -> list[str]:
        return [
            name.rstrip("_") for name in self.model_fields_set if name != "field" and self.__dict__[name] is not None
        ]


class All(Part):
    """True when every part is true."""

    all: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MAX_BRANCHES)]


class AnyOf(Part):
    """True when at least one part is true."""

    any: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=MAX_BRANCHES)]


class Not(Part):
    """True when the part is false; unknown stays unknown."""

    not_: "Condition" = Field(alias="not")


class SegmentRef(Part):
    """A named segment's condition."""

    segment: Name


def _shape(value: object) -> str | None:
    for shape, model in (("all", All), ("any", AnyOf), ("not", Not), ("segment", SegmentRef), ("field", Leaf)):
        if isinstance(value, model) or (isinstance(value, Mapping) and shape in value):
            return TAG + shape
    return None


Condition = Annotated[
    Annotated[All, Tag(TAG + "all")]
    | Annotated[AnyOf, Tag(TAG + "any")]
    | Annotated[Not, Tag(TAG + "not")]
    | Annotated[SegmentRef, Tag(TAG + "segment")]
    | Annotated[Leaf, Tag(TAG + "field")],
    Discriminator(
        _shape,
        custom_error_type="condition-shape",
        custom_error_message=(
            "a condition is {all: [...]}, {any: [...]}, {not: ...}, {segment: name} or {field: ..., <operator>: ...}"
        ),
    ),
]

for _model in (All, AnyOf, Not, SegmentRef, Leaf):
    _model.model_rebuild()


def leaves(condition: Condition, path: str = "") -> Iterator[tuple[str, Leaf | SegmentRef]]:
    """Every leaf and segment reference with its path ("all[1].not"), in the author's order."""
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


def instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset; ValueError without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _is_instant(text: str) -> bool:
    try:
        instant(text)
    except ValueError:
        return False
    return True

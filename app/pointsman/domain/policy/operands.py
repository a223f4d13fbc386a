"""What a condition may compare a field with: a scalar, a bound, a duration, a list, or another field."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, StrictStr, StringConstraints, Tag
from pydantic_core import PydanticCustomError

#: Marks the discriminators' parts in an error's location, so that paths can be printed as the author wrote them.
TAG = "\x00"
MAX_VALUES = 5_000
LARGEST = 10**15
LONGEST = 1_000

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", max_length=100)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
Text = Annotated[StrictStr, StringConstraints(max_length=LONGEST)]


class Part(BaseModel):
    """Base of everything in a policy document: no unknown keys, immutable once parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Ref(Part):
    """Another field, whose value is compared with: `{field: lead.language, in: {field: rep.languages}}`."""

    field: FieldName


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
        case str() if is_instant(value):
            return value
    raise PydanticCustomError(
        "bound",
        "{value} is neither a number nor a date such as '2026-01-31' (which begins at midnight UTC) nor an instant "
        "with its offset such as '2026-01-31T09:00:00+01:00'",
        {"value": repr(value)[:60]},
    )


def _values_or_ref(value: object) -> str:
    return f"{TAG}ref" if isinstance(value, (Ref, Mapping)) else f"{TAG}value"


_REF = Annotated[Ref, Tag(f"{TAG}ref")]
_EITHER = Discriminator(_values_or_ref)
PlainScalar = Annotated[
    bool | int | float | str, PlainValidator(_scalar, json_schema_input_type=bool | int | float | str)
]
Bound = Annotated[int | float | str, PlainValidator(_bound, json_schema_input_type=int | float | str)]
Scalar = Annotated[Annotated[PlainScalar, Tag(f"{TAG}value")] | _REF, _EITHER]
BoundOrRef = Annotated[Annotated[Bound, Tag(f"{TAG}value")] | _REF, _EITHER]
Scalars = Annotated[
    Annotated[tuple[PlainScalar, ...], Field(min_length=1, max_length=MAX_VALUES), Tag(f"{TAG}value")] | _REF, _EITHER
]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_VALUES)]
Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]


def instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, or a date, which begins at midnight UTC; ValueError for anything else."""
    if len(text) == len("2026-01-31"):
        text = f"{date.fromisoformat(text).isoformat()}T00:00:00+00:00"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment


def is_instant(text: str) -> bool:
    """Whether `instant` takes it."""
    try:
        instant(text)
    except ValueError:
        return False
    return True

"""What a condition may compare a field with: a scalar, a bound, a duration, a list, or another field."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, TypeGuard

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PlainValidator, StrictStr, StringConstraints, Tag
from pydantic_core import PydanticCustomError

#: Marks the discriminators' parts in an error's location, so that paths can be printed as the author wrote them.
TAG_PREFIX = "\x00"
MAX_VALUES = 5_000
MAX_NUMBER = 10**15
MAX_TEXT_LENGTH = 1_000

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$", max_length=100)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
PolicyText = Annotated[StrictStr, StringConstraints(max_length=MAX_TEXT_LENGTH)]


class PolicyModel(BaseModel):
    """Base of everything in a policy document: no unknown keys, immutable once parsed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldRef(PolicyModel):
    """Another field, whose value is compared with: `{field: lead.language, in: {field: rep.languages}}`."""

    field: FieldName


def _scalar(value: object) -> bool | int | float | str:
    match value:
        case bool():
            return value
        case int() | float() if -MAX_NUMBER <= value <= MAX_NUMBER:  # neither NaN nor infinite, too
            return value
        case str() if len(value) <= MAX_TEXT_LENGTH:
            return value
    raise PydanticCustomError(
        "scalar",
        "{value} is not a value to compare with: write a text, a number up to 10^15, true or false",
        {"value": repr(value)[:60]},
    )


_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?", re.ASCII)


def _bound(value: object) -> int | float | str:
    match value:
        case int() | float() if not isinstance(value, bool) and -MAX_NUMBER <= value <= MAX_NUMBER:
            return value
        case str() if is_instant(value):
            return value
        case str() if _NUMBER.fullmatch(value.strip()):
            raise PydanticCustomError(
                "bound",
                "{value} is a text: write {number} without quotes",
                {"value": repr(value)[:60], "number": value.strip()},
            )
    raise PydanticCustomError(
        "bound",
        "{value} is neither a number nor a date such as '2026-01-31' (which begins at midnight UTC) nor an instant "
        "with its offset such as '2026-01-31T09:00:00+01:00'",
        {"value": repr(value)[:60]},
    )


def _values_or_ref(value: object) -> str:
    return f"{TAG_PREFIX}ref" if isinstance(value, (FieldRef, Mapping)) else f"{TAG_PREFIX}value"


_REF = Annotated[FieldRef, Tag(f"{TAG_PREFIX}ref")]
_EITHER = Discriminator(_values_or_ref)
PlainScalar = Annotated[
    bool | int | float | str, PlainValidator(_scalar, json_schema_input_type=bool | int | float | str)
]
Bound = Annotated[int | float | str, PlainValidator(_bound, json_schema_input_type=int | float | str)]
ScalarOrRef = Annotated[Annotated[PlainScalar, Tag(f"{TAG_PREFIX}value")] | _REF, _EITHER]
BoundOrRef = Annotated[Annotated[Bound, Tag(f"{TAG_PREFIX}value")] | _REF, _EITHER]
ScalarsOrRef = Annotated[
    Annotated[tuple[PlainScalar, ...], Field(min_length=1, max_length=MAX_VALUES), Tag(f"{TAG_PREFIX}value")] | _REF,
    _EITHER,
]
PolicyTexts = Annotated[tuple[PolicyText, ...], Field(min_length=1, max_length=MAX_VALUES)]
Identifiers = Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]


def parse_policy_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, or a date, which begins at midnight UTC; ValueError for anything else."""
    if is_day(text):
        text = f"{date.fromisoformat(text).isoformat()}T00:00:00+00:00"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return moment


def is_day(bound: object) -> TypeGuard[str]:
    """Whether a bound is a date, and no instant or number."""
    return isinstance(bound, str) and len(bound) == len("2026-01-31")


def is_instant(text: str) -> bool:
    """Whether `instant` takes it."""
    try:
        parse_policy_instant(text)
    except ValueError:
        return False
    return True


def word_list_name(item: str) -> str | None:
    """The NAME in "list:NAME"; None for a word or a phrase."""
    return item.removeprefix("list:") if item.startswith("list:") else None

"""Durations as policies write them: "30d", "4h", "15m"."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

_PATTERN = r"^[0-9]{1,5}[wdhm]$"
_LIKE = re.compile(r"(\d{1,5})\s{0,3}(?:([wdhmst])[a-z]{0,8}\.?)?", re.ASCII | re.IGNORECASE)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}


def parse_duration(text: str) -> timedelta:
    """ "4h" as four hours; raises ValueError for anything that is not digits and one of w, d, h, m."""
    if not re.fullmatch(_PATTERN, text, flags=re.ASCII):
        raise ValueError(f"{text!r} is not a duration: write a whole number and w, d, h or m, as in '{_nearest(text)}'")
    return int(text[:-1]) * _UNITS[text[-1]]


def _nearest(text: str) -> str:
    """What may be meant: "15m" by "15min", "0m" by "0"; else an example."""
    found = _LIKE.fullmatch(text.strip())
    if found is None:
        return "30d"
    unit = (found[2] or "m").lower()
    return found[1] + {"s": "h", "t": "d"}.get(unit, unit)  # "Std.", "Tage"


def format_duration(span: timedelta) -> str:
    """The shortest way to write a span of whole minutes: 24 hours is "1d"."""
    minutes = int(span.total_seconds() // 60)
    for unit, size in (("w", 7 * 24 * 60), ("d", 24 * 60), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _from_document(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    text = value if isinstance(value, str) else str(value)[:20]
    try:
        return parse_duration(text)
    except ValueError as error:
        told = {"reason": str(error), "example": _nearest(text)}
        raise PydanticCustomError("duration", "{reason}", told) from None


Duration = Annotated[
    timedelta,
    BeforeValidator(_from_document),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["30d", "4h", "15m"]}),
]


def _more_than_nothing(span: timedelta) -> timedelta:
    if not span:
        raise PydanticCustomError("duration", "nothing fits into 0: give a longer time")
    return span


#: A duration that means nothing when it is 0.
PositiveDuration = Annotated[Duration, AfterValidator(_more_than_nothing)]

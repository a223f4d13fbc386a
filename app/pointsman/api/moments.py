"""Instants as callers write them: with an offset, and near enough to compute with."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_FIRST, _LAST = 2000, 2200


def _in_reach(at: datetime) -> datetime:
    if not _FIRST <= at.year < _LAST:
        raise ValueError(f"give a time between the years {_FIRST} and {_LAST}")
    return at.astimezone(UTC)


#: An aware instant, in UTC once read; a time that no calendar can hold is refused with the path to it.
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]

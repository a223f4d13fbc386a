"""Time off as it is sent and answered: by date, or between two instants."""

import re
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from pointsman.api.http.timestamps import CalendarDate, Timestamp
from pointsman.api.openapi.example_timestamps import in_days
from pointsman.domain.roster.days_off import DaysOff, span_as_days
from pointsman.domain.roster.reps import TimeOff
from pointsman.services.ports.roster import TimeOffRow
from pointsman.services.roster.roster_input import AWAY, TimeOffInput

_DATE: TypeAdapter[date] = TypeAdapter(CalendarDate)
_A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|today")


def _no_date(given: object) -> object:
    if isinstance(given, str) and _A_DATE.fullmatch(given):
        raise ValueError("write whole days as `first_day` and `last_day`, and a time as in 2026-12-24T12:00:00+01:00")
    return given


def _known_day(given: str) -> str:
    if given != "today":
        try:
            _DATE.validate_python(given)
        except ValidationError:
            raise ValueError("write a day as in 2026-12-24, or today") from None
    return given


#: A date, or "today": the day that it is in the rep's zone.
Day = Annotated[str, StringConstraints(max_length=10), AfterValidator(_known_day)]
Moment = Annotated[Timestamp, BeforeValidator(_no_date)]


def day_or_today(day: str) -> date | None:
    """A `Day` as `DaysOff` has it: None for today."""
    return None if day == "today" else date.fromisoformat(day)


class TimeOffIn(BaseModel):
    """An absence: whole days, or from `start` up to, and without, `end`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"first_day": "2026-12-24", "last_day": "2026-12-26", "reason": "holiday"},
                {"start": in_days(30, at="12:00"), "end": in_days(30, at="15:00"), "reason": "training"},
            ]
        },
    )

    first_day: Annotated[
        Day | None, Field(description="The first day, by the rep's calendar.", examples=["2026-12-24", "today"])
    ] = None
    last_day: Annotated[
        Day | None, Field(description="The last day, included; left out: the first is the only one.")
    ] = None
    start: Moment | None = None
    end: Moment | None = None
    reason: Annotated[str, StringConstraints(max_length=200)] = AWAY

    @model_validator(mode="after")
    def _is_one_absence(self) -> Self:
        by_date, by_time = (self.first_day, self.last_day), (self.start, self.end)
        if any(by_date) == any(by_time):
            raise ValueError("give either `first_day` (and `last_day`) or `start` and `end`")
        if any(by_date) and not self.first_day:
            raise ValueError("give `first_day` too")
        if any(by_time) and not all(by_time):
            raise ValueError("give both `start` and `end`")
        if self.start and self.end and self.end <= self.start:
            raise ValueError("time off must end after it starts")
        return self

    def given(self) -> TimeOffInput:
        if self.first_day:
            last = self.last_day or self.first_day
            return TimeOffInput(
                span=DaysOff(first=day_or_today(self.first_day), last=day_or_today(last)), reason=self.reason
            )
        assert self.start
        assert self.end
        return TimeOffInput(span=TimeOff(start=self.start, end=self.end), reason=self.reason)


class TimeOffDoc(BaseModel):
    """An absence on the roster; the days are there where it was given by date, or lasts whole ones in the rep's zone."""

    id: UUID
    first_day: date | None
    last_day: date | None = Field(description="Included.")
    start: datetime
    end: datetime
    reason: str

    @staticmethod
    def of(row: TimeOffRow, *, zone: str) -> "TimeOffDoc":
        days = row.first_day, row.last_day
        if days == (None, None):
            days = span_as_days(TimeOff(start=row.starts_at, end=row.ends_at), zone) or days
        return TimeOffDoc(
            id=row.id,
            first_day=days[0],
            last_day=days[1],
            start=row.starts_at,
            end=row.ends_at,
            reason=row.reason,
        )

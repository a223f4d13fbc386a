"""Working hours as they are sent: weekly blocks, perhaps for some dates only, and changes of single days."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pointsman.api.http.timestamps import CalendarDate
from pointsman.domain.messages.form_faults import WALL_TIME
from pointsman.domain.roster.reps import DayChange, WeeklyBlock
from pointsman.services.roster.snapshot import format_wall_time, parse_wall_time

WallTime = Annotated[str, StringConstraints(pattern=WALL_TIME)]


class SpanDoc(BaseModel):
    """Working time on one day, by the rep's own wall clock; the end of a day is 24:00."""

    model_config = ConfigDict(extra="forbid")

    start: Annotated[WallTime, Field(examples=["09:00"])]
    end: Annotated[WallTime, Field(examples=["17:30"])]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"the block must end after it starts: {self.start} is not before {self.end}")
        return self


class BlockDoc(SpanDoc):
    """Working time on one weekday, Monday is 0, by the rep's own wall clock; the end of a day is 24:00."""

    weekday: Annotated[int, Field(strict=True, ge=0, le=6, examples=[0])]
    first_day: Annotated[
        CalendarDate | None, Field(description="The first date that it holds for; null: it always has.")
    ] = None
    last_day: Annotated[CalendarDate | None, Field(description="The last date, included; null: it stays.")] = None

    @model_validator(mode="after")
    def _holds_for_some_time(self) -> Self:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError(f"the last day must not lie before the first: {self.last_day} is before {self.first_day}")
        return self

    def given(self) -> WeeklyBlock:
        return WeeklyBlock(
            weekday=self.weekday,
            start=parse_wall_time(self.start),
            end=parse_wall_time(self.end),
            first_day=self.first_day,
            last_day=self.last_day,
        )

    @staticmethod
    def of(block: WeeklyBlock) -> "BlockDoc":
        start, end = format_wall_time(block.start), format_wall_time(block.end)
        return BlockDoc(weekday=block.weekday, start=start, end=end, first_day=block.first_day, last_day=block.last_day)


class DayChangeDoc(BaseModel):
    """One date on which neither the weekly pattern nor a public holiday counts. Without blocks, it is a day off."""

    model_config = ConfigDict(extra="forbid")

    day: Annotated[CalendarDate, Field(examples=["2026-12-24"])]
    blocks: Annotated[list[SpanDoc], Field(max_length=10, examples=[[{"start": "09:00", "end": "12:00"}]])] = Field(
        default_factory=list
    )
    reason: Annotated[str, StringConstraints(max_length=200), Field(examples=["half day"])] = ""

    @model_validator(mode="after")
    def _blocks_lie_apart(self) -> Self:
        for a, b in pairwise(sorted(self.blocks, key=lambda span: span.start)):
            if b.start < a.end:
                raise ValueError(f"two blocks overlap on {self.day}: {a.start}-{a.end} and {b.start}-{b.end}")
        return self

    def given(self) -> DayChange:
        blocks = sorted((parse_wall_time(b.start), parse_wall_time(b.end)) for b in self.blocks)
        return DayChange(day=self.day, blocks=tuple(blocks), reason=self.reason)

    @staticmethod
    def of(change: DayChange) -> "DayChangeDoc":
        spans = [SpanDoc(start=format_wall_time(start), end=format_wall_time(end)) for start, end in change.blocks]
        return DayChangeDoc(day=change.day, blocks=spans, reason=change.reason)


def _apart(blocks: list[BlockDoc]) -> list[BlockDoc]:
    in_order = sorted(blocks, key=lambda b: (b.weekday, b.start, b.first_day or date.min))
    for a, b in combinations(in_order, 2):
        if a.weekday == b.weekday and b.start < a.end and _share_a_date(a, b):
            raise ValueError(f"two blocks overlap on weekday {a.weekday}: {a.start}-{a.end} and {b.start}-{b.end}")
    return in_order


def _share_a_date(a: BlockDoc, b: BlockDoc) -> bool:
    first = max(a.first_day or date.min, b.first_day or date.min)
    return first <= min(a.last_day or date.max, b.last_day or date.max)


def _each_day_once(changes: list[DayChangeDoc]) -> list[DayChangeDoc]:
    in_order = sorted(changes, key=lambda change: change.day)
    if twice := list(dict.fromkeys(_repeated(change.day for change in in_order))):
        raise ValueError(f"{twice[0]} is changed twice: put all blocks of a day into one change")
    return in_order


def _repeated(days: Iterable[date]) -> Iterator[date]:
    return (a for a, b in pairwise(days) if a == b)


WeeklyHours = Annotated[list[BlockDoc], Field(max_length=50), AfterValidator(_apart)]
DayChanges = Annotated[list[DayChangeDoc], Field(max_length=1_000), AfterValidator(_each_day_once)]
HolidayRegion = Annotated[
    str,
    StringConstraints(min_length=2, max_length=60),
    Field(
        description="The region of the public holidays: a country, perhaps with its part; null: none.",
        examples=["DE-BY"],
    ),
]

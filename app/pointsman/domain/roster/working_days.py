"""Which hours count on a date: a change of that day, else a public holiday, else the weekly blocks in force."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

from pointsman.domain.dates.local_time import local_to_utc
from pointsman.domain.dates.public_holidays import holiday_name, is_holiday
from pointsman.domain.messages.message import Message, say
from pointsman.domain.roster.reps import DayChange, WeeklyBlock

WallClockSpan = tuple[time, time]


class HasWorkingHours(Protocol):
    """All that decides when a rep works; a Rep is one."""

    @property
    def time_zone(self) -> str: ...
    @property
    def working_hours(self) -> tuple[WeeklyBlock, ...]: ...
    @property
    def day_changes(self) -> tuple[DayChange, ...]: ...
    @property
    def holidays(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPattern:
    """The hours of a rep and nothing else: reps with equal patterns work at the same instants. A key for caches."""

    time_zone: str
    working_hours: tuple[WeeklyBlock, ...]
    day_changes: tuple[DayChange, ...] = ()
    holidays: str | None = None

    @staticmethod
    def of(who: HasWorkingHours) -> "WorkingPattern":
        return WorkingPattern(
            time_zone=who.time_zone,
            working_hours=who.working_hours,
            day_changes=who.day_changes,
            holidays=who.holidays,
        )


def hours_on(who: HasWorkingHours, day: date) -> Sequence[WallClockSpan]:
    """The wall times of work on `day`; without any pattern there are none."""
    if (change := day_change_on(who, day)) is not None:
        return change.blocks
    if who.holidays is not None and is_holiday(who.holidays, day):
        return ()
    weekday = day.weekday()
    return [(b.start, b.end) for b in who.working_hours if b.weekday == weekday and is_in_force(b, day)]


def working_spans_on(who: HasWorkingHours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The hours of `day` as instants; a block that lies in a gap of the clock is not there."""
    for begin, end in hours_on(who, day):
        start, stop = local_to_utc(day, begin, who.time_zone), local_to_utc(day, end, who.time_zone)
        if start < stop:
            yield start, stop


def is_in_force(block: WeeklyBlock, day: date) -> bool:
    """Whether `day` is among the dates that the block holds for."""
    return (block.first_day is None or block.first_day <= day) and (block.last_day is None or day <= block.last_day)


def day_change_on(who: HasWorkingHours, day: date) -> DayChange | None:
    """What was said of just this date."""
    return next((change for change in who.day_changes if change.day == day), None)


def special_day_reason(who: HasWorkingHours, day: date) -> Message | None:
    """Why `day` is unlike other days of its weekday, as it follows a colon; None for an ordinary day.

    The reason of a day's change stays out of it: it may be private, and each caller who asks for a slot gets the text.
    """
    if (change := day_change_on(who, day)) is not None:
        return say("working-day.other-hours") if change.blocks else say("working-day.off")
    name = holiday_name(who.holidays, day) if who.holidays is not None else None
    return say("working-day.holiday", holiday=name) if name else None

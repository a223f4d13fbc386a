"""Is a rep at work at an instant, and when next? By the same rule that slots are offered by."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from pointsman.domain.dates.local_time import (
    is_repeated_local_time,
    local_date,
    local_to_utc,
    start_of_day,
    to_local_time,
)
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.working_days import HasWorkingHours, hours_on, is_in_force, working_spans_on

_DAY = timedelta(days=1)
_WEEKLY = 9  # days in which a weekly pattern shows all that it has, whatever the clocks do
_DATED = 400  # and one with dates: longer than any holiday season or notice
_LAST = time(23, 59, 59)  # `time.max` is the end of a day, so a clock never shows it


def is_at_work(rep: HasWorkingHours, now: datetime) -> bool:
    """Whether `now` lies in the rep's hours, by the clock on the rep's wall."""
    local = to_local_time(now, rep.time_zone)
    if rep.day_changes or rep.holidays is not None or is_repeated_local_time(local):
        return _in_hours(rep, local)
    clock, weekday = min(local.time(), _LAST), local.weekday()
    for block in rep.working_hours:  # every decision asks every rep, and `any` takes twice as long
        if block.weekday == weekday and block.start <= clock < block.end and is_in_force(block, local.date()):
            return True
    return False


def _in_hours(rep: HasWorkingHours, local: datetime) -> bool:
    if is_repeated_local_time(
        local
    ):  # the first showing counts, so this one lies in a block only if all in between does
        at, day = local.astimezone(UTC), local.date()
        near = (span for ahead in (-1, 0, 1) for span in working_spans_on(rep, day + ahead * _DAY))
        return any(start <= at < end for start, end in near)
    clock = min(local.time(), _LAST)
    return any(start <= clock < end for start, end in hours_on(rep, local.date()))


def away_until(rep: Rep, now: datetime) -> datetime | None:
    """When the absence that covers `now` ends (adjoining ones count as one), in the rep's zone; None if present."""
    if not rep.time_off:
        return None
    end = now
    for off in sorted(rep.time_off, key=lambda off: off.start):
        if off.start <= end < off.end:
            end = off.end
    return to_local_time(end, rep.time_zone) if end > now else None


def next_work_start(rep: HasWorkingHours, after: datetime) -> datetime | None:
    """The instant at which the rep's next working time begins, later than `after`; None when none is in sight."""
    dated = rep.day_changes or rep.holidays is not None or any(b.first_day or b.last_day for b in rep.working_hours)
    if not rep.working_hours and not rep.day_changes:
        return None
    today = local_date(after, rep.time_zone)
    for ahead in range(_DATED if dated else _WEEKLY):
        if later := [start for start, _ in working_spans_on(rep, today + ahead * _DAY) if start > after]:
            return min(later)
    return None


def weekly_working_minutes(rep: Rep, monday: date, zone: str) -> Iterator[tuple[int, int]]:
    """The rep's weekly blocks in the week that begins on `monday`, as minutes since its start on the clocks of `zone`.

    Only what lasts is counted: no block that has a last day, no change of one day, and no public holiday.
    """
    start, end = start_of_day(monday, zone), start_of_day(monday + timedelta(days=7), zone)
    for ahead in range(-2, 9):  # no two clocks differ by more than a day
        day = monday + timedelta(days=ahead)
        for block in rep.working_hours:
            if block.weekday == day.weekday() and block.last_day is None:
                begins = max(local_to_utc(day, block.start, rep.time_zone), start)
                ends = min(local_to_utc(day, block.end, rep.time_zone), end)
                if begins < ends:
                    yield _minute(begins, monday, zone), _minute(ends, monday, zone)


def _minute(at: datetime, monday: date, zone: str) -> int:
    local = to_local_time(at, zone)
    return (local.date() - monday).days * 24 * 60 + local.hour * 60 + local.minute

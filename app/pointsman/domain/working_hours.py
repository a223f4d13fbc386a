"""Is a rep at work at an instant? Instants become wall-clock time: no hour is doubtful."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pointsman.domain.local_time import instant_of, start_of_day
from pointsman.domain.reps import Rep


def at_work(rep: Rep, now: datetime) -> bool:
    """Whether `now` lies in one of the rep's weekly blocks, by the clock on the rep's wall."""
    local = now.astimezone(ZoneInfo(rep.time_zone))
    clock, weekday = local.time(), local.weekday()
    for block in rep.working_hours:  # noqa: SIM110  # every decision asks every rep, and `any` takes twice as long
        if block.weekday == weekday and block.start <= clock < block.end:
            return True
    return False


def away_until(rep: Rep, now: datetime) -> datetime | None:
    """When the absence that covers `now` ends (adjoining ones count as one), in the rep's zone; None if present."""
    if not rep.time_off:
        return None
    end = now
    for off in sorted(rep.time_off, key=lambda off: off.start):
        if off.start <= end < off.end:
            end = off.end
    return end.astimezone(ZoneInfo(rep.time_zone)) if end > now else None


def next_start(rep: Rep, now: datetime) -> datetime | None:
    """The next time within a week that a weekly block begins, as wall-clock time in the rep's zone (for sentences)."""
    local = now.astimezone(ZoneInfo(rep.time_zone)).replace(tzinfo=None)
    for days in range(8):
        day = local.date() + timedelta(days=days)
        starts = [datetime.combine(day, block.start) for block in rep.working_hours if block.weekday == day.weekday()]
        if later := [start for start in starts if start > local]:
            return min(later)
    return None


def minutes_at_work(rep: Rep, monday: date, zone: str) -> Iterator[tuple[int, int]]:
    """The rep's weekly blocks in the week that begins on `monday`, as minutes since its start on the clocks of `zone`."""
    start, end = start_of_day(monday, zone), start_of_day(monday + timedelta(days=7), zone)
    for ahead in range(-2, 9):  # no two clocks differ by more than a day
        day = monday + timedelta(days=ahead)
        for block in rep.working_hours:
            if block.weekday == day.weekday():
                begins = max(instant_of(day, block.start, rep.time_zone), start)
                ends = min(instant_of(day, block.end, rep.time_zone), end)
                if begins < ends:
                    yield _minute(begins, monday, zone), _minute(ends, monday, zone)


def _minute(at: datetime, monday: date, zone: str) -> int:
    local = at.astimezone(ZoneInfo(zone))
    return (local.date() - monday).days * 24 * 60 + local.hour * 60 + local.minute

"""Wall clocks and instants: the only place that resolves gaps and repeated hours of a time zone.

The rule: a wall time that a clock change skips is moved forward to the end of the gap; a wall time that
occurs twice is its first occurrence. Everything else works on instants in UTC, where neither exists.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


def is_time_zone(name: str) -> bool:
    """Whether `name` is an IANA time zone that this machine knows.

    What lies beside the zones is none: tables with leap seconds (`right/…`), other names of the machine's own zone.
    """
    if name.startswith(("right/", "posix/")) or name in {"localtime", "posixrules", "Factory"}:
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def to_local_time(at: datetime, zone: str) -> datetime:
    """An instant as clocks in `zone` show it: to be read or printed; sums of such times ignore clock changes."""
    return at.astimezone(ZoneInfo(zone))


def zone_name(at: datetime) -> str | None:
    """The IANA zone whose clocks `at` was written by; None where it has an offset alone."""
    return at.tzinfo.key if isinstance(at.tzinfo, ZoneInfo) else None


def is_repeated_local_time(local: datetime) -> bool:
    """Whether the wall showed this time (of `to_local_time`) once already, before its clock was put back."""
    return bool(local.fold)


@lru_cache(maxsize=32_768)  # all callers ask for the same few wall clocks of the same few days
def local_to_utc(day: date, wall: time, zone: str) -> datetime:
    """The instant (UTC) at which clocks in `zone` show `wall` on `day`; `time.max` is the end of that day."""
    if wall == time.max:
        day, wall = day + _DAY, time.min
    return _resolved(datetime.combine(day, wall), ZoneInfo(zone))[0]


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a local day, which is not midnight everywhere."""
    return local_to_utc(day, time.min, zone)


def start_of_hour(at: datetime, zone: str) -> datetime:
    """When the hour on the wall began that `at` lies in; a clock change inside an hour begins it anew."""
    local = to_local_time(at, zone)
    begin = at - _past_the_hour(local)
    begun = to_local_time(begin, zone)
    if begun.utcoffset() != local.utcoffset():  # Lord Howe's clocks change by half an hour, Chatham's at a quarter to
        return _clock_change(begin, begin + _HOUR, ZoneInfo(zone))
    return begin


def next_hour(at: datetime, zone: str) -> datetime:
    """When the next full hour begins on the wall."""
    return at + _HOUR - _past_the_hour(to_local_time(at, zone))


def next_day(at: datetime, zone: str) -> datetime:
    """When tomorrow begins on the wall."""
    return start_of_day(local_date(at, zone) + _DAY, zone)


def next_week(at: datetime, zone: str) -> datetime:
    """When next Monday begins on the wall."""
    return start_of_day(monday_of(local_date(at, zone)) + _WEEK, zone)


def local_date(at: datetime, zone: str) -> date:
    """The date on the wall in `zone` at an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def monday_of(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def local_days(start: datetime, end: datetime, zone: str) -> Iterator[date]:
    """Every local date that [start, end) touches, in order."""
    day, last = local_date(start, zone), local_date(end, zone)
    while day <= last:
        yield day
        day += _DAY


def grid_of_day(day: date, zone: str, step: timedelta) -> list[datetime]:
    """The instants of the wall times 00:00, 00:00 + step, ... of one local day, ascending.

    Wall times inside a gap do not exist and are left out; a repeated wall time is there once.
    """
    info = ZoneInfo(zone)
    midnight = datetime.combine(day, time.min)
    count = -(-_DAY // step)
    first, _ = _resolved(midnight, info)
    after, _ = _resolved(midnight + _DAY, info)
    if after - first == _DAY:  # no clock change on this day: plain addition is exact
        return [first + i * step for i in range(count)]
    walls = (_resolved(midnight + i * step, info) for i in range(count))
    return [at for at, exists in walls if exists]


def _past_the_hour(local: datetime) -> timedelta:
    return timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _resolved(wall: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    """The instant of a wall time, and whether the wall ever showed it."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)  # fold=0: the first of two
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at, True
    return _clock_change(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at, zone), False


def _clock_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The clock change between two instants; a skipped wall time, read with either side's offset, lies around it."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        middle = max(middle, before + _SECOND)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after

"""Free times as a buyer reads them: by day on their own calendar, on their own clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from pointsman.domain.booking.slots import Slot
from pointsman.services.wording.locale_formats import format_clock, format_day, format_time_of_day

DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChoice:
    """One time to choose: `value` is what the form sends."""

    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTimes:
    """One day on the buyer's calendar."""

    day: date
    words: str
    times: tuple[TimeChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimesPage:
    """Some days, and where those before and after them begin."""

    days: tuple[DayTimes, ...]
    earlier: date | None
    later: date | None


def format_instant(at: datetime) -> str:
    """An instant as forms and addresses carry it."""
    return f"{at.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"


def times_page(slots: Sequence[Slot], *, zone: str, language: str, first: date | None) -> TimesPage:
    """The days from `first` on that have free times, as many as fit; the last ones when there are none so late."""
    local = ZoneInfo(zone)
    starts = sorted({slot.start for slot in slots})
    by_day = [(day, list(at)) for day, at in groupby(starts, key=lambda at: at.astimezone(local).date())]
    begin = next((n for n, (day, _) in enumerate(by_day) if first is None or day >= first), None)
    if begin is None:
        begin = max(0, len(by_day) - DAYS_SHOWN)
    end = begin + DAYS_SHOWN
    before = by_day[max(0, begin - DAYS_SHOWN)][0] if begin else None
    after = by_day[end][0] if end < len(by_day) else None
    days = tuple(_day(day, at, zone, language) for day, at in by_day[begin:end])
    return TimesPage(days=days, earlier=before, later=after)


def minutes_left(until: datetime, now: datetime) -> int:
    """Whole minutes, at least one while there is any time left."""
    return max(1, int((until - now) / timedelta(minutes=1)))


def _day(day: date, starts: list[datetime], zone: str, language: str) -> DayTimes:
    plain = [format_clock(at, zone=zone, language=language) for at in starts]
    twice = Counter(plain)  # where the clocks go back, one hour comes twice: the zone's name tells them apart
    words = [
        format_time_of_day(at, zone=zone, language=language) if twice[text] > 1 else text
        for at, text in zip(starts, plain, strict=True)
    ]
    times = tuple(TimeChoice(value=format_instant(at), words=text) for at, text in zip(starts, words, strict=True))
    return DayTimes(day=day, words=format_day(starts[0], zone=zone, language=language), times=times)

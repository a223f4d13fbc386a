"""Free times as a buyer reads them: by day on their own calendar, on their own clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_time

from pointsman.api.http.locale_formats import clock_in_words, day_in_words
from pointsman.domain.booking.slots import Slot

DAYS_SHOWN = 7

#: Where most buyers sit; every other zone is in the list below them.
COMMON = (
    "Europe/Berlin",
    "Europe/Vienna",
    "Europe/Zurich",
    "Europe/London",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Warsaw",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
_AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """One time to choose: `value` is what the form sends."""

    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day on the buyer's calendar."""

    day: date
    words: str
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some days, and where those before and after them begin."""

    days: tuple[Day, ...]
    earlier: date | None
    later: date | None


def is_zone(name: str | None) -> bool:
    """Whether it names an IANA zone."""
    return name is not None and name in _zones()


def areas() -> dict[str, tuple[str, ...]]:
    """All zones that have a place, by area."""
    return {area: tuple(sorted(z for z in _zones() if z.startswith(f"{area}/"))) for area in _AREAS}


def place(zone: str) -> str:
    """ "Buenos Aires, Argentina" for "America/Argentina/Buenos_Aires"."""
    return ", ".join(part.replace("_", " ") for part in reversed(zone.split("/")[1:] or [zone]))


def value_of(at: datetime) -> str:
    """An instant as forms and addresses carry it."""
    return f"{at.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%SZ}"


def page_of(slots: Sequence[Slot], *, zone: str, language: str, first: date | None) -> Page:
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
    return Page(days=days, earlier=before, later=after)


def minutes_left(until: datetime, now: datetime) -> int:
    """Whole minutes, at least one while there is any time left."""
    return max(1, int((until - now) / timedelta(minutes=1)))


def _day(day: date, starts: list[datetime], zone: str, language: str) -> Day:
    local = ZoneInfo(zone)
    tag = language.replace("-", "_")
    plain = [format_time(at.astimezone(local), "short", tzinfo=local, locale=tag) for at in starts]
    twice = Counter(plain)  # where the clocks go back, one hour comes twice: the zone's name tells them apart
    words = [
        clock_in_words(at, zone=zone, language=language) if twice[text] > 1 else text
        for at, text in zip(starts, plain, strict=True)
    ]
    times = tuple(Time(value=value_of(at), words=text) for at, text in zip(starts, words, strict=True))
    return Day(day=day, words=day_in_words(starts[0], zone=zone, language=language), times=times)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Read once: it walks through folders."""
    return frozenset(available_timezones())

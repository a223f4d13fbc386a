"""Free times as a buyer reads them: by day on their own calendar, on their own clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_time

from pointsman.api.http.locale_formats import format_day, format_time_of_day
from pointsman.domain.booking.slots import Slot

DAYS_SHOWN = 7

#: Where most buyers sit; every other zone is in the list below them.
COMMON_ZONES = (
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


def is_zone(name: str | None) -> bool:
    """Whether it names an IANA zone."""
    return name is not None and name in _zones()


def zones_by_area() -> dict[str, tuple[str, ...]]:
    """All zones that have a place, by area."""
    return {area: tuple(sorted(z for z in _zones() if z.startswith(f"{area}/"))) for area in _AREAS}


def zone_label(zone: str) -> str:
    """ "Buenos Aires, Argentina" for "America/Argentina/Buenos_Aires"."""
    return ", ".join(part.replace("_", " ") for part in reversed(zone.split("/")[1:] or [zone]))


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
    local = ZoneInfo(zone)
    tag = language.replace("-", "_")
    plain = [format_time(at.astimezone(local), "short", tzinfo=local, locale=tag) for at in starts]
    twice = Counter(plain)  # where the clocks go back, one hour comes twice: the zone's name tells them apart
    words = [
        format_time_of_day(at, zone=zone, language=language) if twice[text] > 1 else text
        for at, text in zip(starts, plain, strict=True)
    ]
    times = tuple(TimeChoice(value=format_instant(at), words=text) for at, text in zip(starts, words, strict=True))
    return DayTimes(day=day, words=format_day(starts[0], zone=zone, language=language), times=times)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Read once: it walks through folders."""
    return frozenset(available_timezones())

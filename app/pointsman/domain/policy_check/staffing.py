"""The hours of a week in which no member of a pool can take a lead, in the pool's time zone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pointsman.domain.messages.message import Arg, say
from pointsman.domain.policy.document import Pool
from pointsman.domain.policy_check.findings import Finding, warning
from pointsman.domain.policy_words.terms import WORKS
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS
from pointsman.domain.roster.working_hours import weekly_working_minutes

_DAY = 24 * 60
_DAYS = (
    say("finding.mon"),
    say("finding.tue"),
    say("finding.wed"),
    say("finding.thu"),
    say("finding.fri"),
    say("finding.sat"),
    say("finding.sun"),
)
#: Two Mondays without clock changes around them, in both halves of the year: zones move against each other.
_REFERENCE_WEEKS = (
    ("finding.in-january", date(2026, 1, 12)),
    ("finding.in-july", date(2026, 7, 13)),
)

MinuteSpan = tuple[int, int]


def check_staffed_hours(path: str, pool: Pool, able: Sequence[Rep]) -> Iterator[Finding]:
    """Hours of the week that no rep of `able` covers, in pools that hand out work at once; closers without any hours."""
    if pool.work in GATED_WORKS and not any(rep.working_hours for rep in able):
        yield warning(f"{path}.members", "uncovered-hours", say("finding.no-hours-at-all"))
    elif pool.immediate:
        said = {when: _words(_uncovered(able, monday, pool.time_zone)) for when, monday in _REFERENCE_WEEKS}
        if any(said.values()):
            first, *others = said.values()
            if all(gaps == first for gaps in others):
                spans = say("finding.spans", spans=first)
            else:
                parts = tuple(say(when, spans=gaps or (say("finding.no-span"),)) for when, gaps in said.items())
                spans = say("finding.spans", spans=parts)
            message = say("finding.uncovered-hours", work=WORKS[pool.work], spans=spans, zone=pool.time_zone)
            yield warning(f"{path}.members", "uncovered-hours", message)


def _uncovered(reps: Iterable[Rep], monday: date, zone: str) -> list[MinuteSpan]:
    gaps: list[MinuteSpan] = []
    free_from = 0
    for start, end in sorted(span for rep in reps for span in weekly_working_minutes(rep, monday, zone)):
        if start > free_from:
            gaps.append((free_from, start))
        free_from = max(free_from, end)
    if free_from < 7 * _DAY:
        gaps.append((free_from, 7 * _DAY))
    return gaps


def _words(gaps: Sequence[MinuteSpan]) -> tuple[Arg, ...]:
    """ "Mon-Fri 00:00-08:00 and 18:00-24:00", "Sat and Sun all day"."""
    of_day = [_within(gaps, day * _DAY) for day in range(7)]
    days: dict[Arg, list[int]] = {}
    for day, hours in enumerate(of_day):
        if hours:
            days.setdefault(hours, []).append(day)
    return tuple(say("finding.days-and-hours", days=_day_names(found), hours=hours) for hours, found in days.items())


def _within(gaps: Sequence[MinuteSpan], midnight: int) -> Arg:
    cut = [(max(start - midnight, 0), min(end - midnight, _DAY)) for start, end in gaps]
    spans = [(start, end) for start, end in cut if start < end]
    if spans == [(0, _DAY)]:
        return say("finding.all-day")
    return tuple(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _day_names(days: Sequence[int]) -> Arg:
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return say("finding.days-from-to", first=_DAYS[days[0]], last=_DAYS[days[-1]])
    return tuple(_DAYS[day] for day in days)

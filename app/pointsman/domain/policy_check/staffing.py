"""The hours of a week in which no member of a pool can take a lead, in the pool's time zone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pointsman.domain.policy.document import Pool
from pointsman.domain.policy_check.findings import Finding, warning
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS
from pointsman.domain.roster.working_hours import weekly_working_minutes
from pointsman.domain.text.formatting import join_with_and

_DAY = 24 * 60
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Two Mondays without clock changes around them, in both halves of the year: zones move against each other.
_REFERENCE_WEEKS = (("in January", date(2026, 1, 12)), ("in July", date(2026, 7, 13)))

MinuteSpan = tuple[int, int]


def check_staffed_hours(path: str, pool: Pool, able: Sequence[Rep]) -> Iterator[Finding]:
    """Hours of the week that no rep of `able` covers, in pools that hand out work at once; closers without any hours."""
    if pool.work in GATED_WORKS and not any(rep.working_hours for rep in able):
        message = "none of its members has working hours, so no appointment can ever be offered: set them"
        yield warning(f"{path}.members", "uncovered-hours", message)
    elif pool.immediate:
        said = {when: _words(_uncovered(able, monday, pool.time_zone)) for when, monday in _REFERENCE_WEEKS}
        if any(said.values()):
            gaps = set(said.values())
            spans = gaps.pop() if len(gaps) == 1 else "; ".join(f"{when}: {w or 'none'}" for when, w in said.items())
            message = (
                f"no rep who may take {pool.work} works {spans} ({pool.time_zone}), so leads wait then: "
                "add members or hours, or accept it"
            )
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


def _words(gaps: Sequence[MinuteSpan]) -> str:
    """ "Mon-Fri 00:00-08:00 and 18:00-24:00; Sat and Sun all day"."""
    of_day = [_within(gaps, day * _DAY) for day in range(7)]
    days: dict[str, list[int]] = {}
    for day, words in enumerate(of_day):
        if words:
            days.setdefault(words, []).append(day)
    return "; ".join(f"{_day_names(found)} {words}" for words, found in days.items())


def _within(gaps: Sequence[MinuteSpan], midnight: int) -> str:
    cut = [(max(start - midnight, 0), min(end - midnight, _DAY)) for start, end in gaps]
    spans = [(start, end) for start, end in cut if start < end]
    if spans == [(0, _DAY)]:
        return "all day"
    return join_with_and([f"{_clock(start)}-{_clock(end)}" for start, end in spans])


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _day_names(days: Sequence[int]) -> str:
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{_DAYS[days[0]]}-{_DAYS[days[-1]]}"
    return join_with_and([_DAYS[day] for day in days])

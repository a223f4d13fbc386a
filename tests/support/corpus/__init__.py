"""The calendar corpus: valid and odd iCalendar, and when it keeps its owner busy."""

from collections.abc import Mapping

from support.corpus import changes, days_and_times, series, zones
from support.corpus.notation import Case

_GROUPS = {
    "whole days": days_and_times.WHOLE_DAYS,
    "days in series": days_and_times.DAYS_IN_SERIES,
    "times": days_and_times.TIMES,
    "zones": zones.NAMED,
    "zones of its own": zones.DEFINED,
    "unknown zones": zones.UNKNOWN_NAMES,
    "rules": series.RULES,
    "ends of series": series.ENDS,
    "lengths in series": series.LENGTHS,
    "dates": series.DATES,
    "not worked out": series.NOT_WORKED_OUT,
    "left out": changes.LEFT_OUT,
    "changed": changes.CHANGED,
    "attendance": changes.ATTENDANCE,
}

CORPUS: Mapping[str, Case] = {f"{group}: {one.name}": one for group, cases in _GROUPS.items() for one in cases}

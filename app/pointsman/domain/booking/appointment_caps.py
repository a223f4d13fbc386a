"""Caps on appointments, by the date on which they take place: on the rep's own calendar, in weeks from Monday."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pointsman.domain.dates.local_time import local_date, monday_of
from pointsman.domain.messages.message import Arg, Message, rep_name, say
from pointsman.domain.roster.reps import Caps, Rep

#: So far around a time lie all meetings that count against its day and its week, on every clock.
CAP_LOOKAROUND = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAppointment:
    """An appointment as the caps count it; a slot hold is none."""

    start: datetime
    category: str | None = None


@dataclass(frozen=True, slots=True)
class _Limit:
    """One cap, and how far it is used, by the day or the Monday of the week."""

    code: str
    cap: int
    used: Counter[date]
    category: str | None = None

    def reached(self, day: date) -> bool:
        return self.used[self._period(day)] >= self.cap

    def sentence(self, rep: Rep, day: date) -> Message:
        period = self._period(day)
        on_day = self.code == "appointment-cap-day"
        when = say("booking-time.on-day", day=day) if on_day else say("booking-time.in-week", monday=period)
        told: dict[str, Arg] = {"rep": rep_name(rep.key), "held": self.used[period], "cap": self.cap, "when": when}
        if self.category is None:
            return say("booking-time.cap", **told)
        return say("booking-time.cap-of-category", **told, category=self.category)

    def _period(self, day: date) -> date:
        return day if self.code == "appointment-cap-day" else monday_of(day)


@dataclass(frozen=True, slots=True)
class FullDays:
    """The local dates on which a rep may have no further appointment: `day in full_days(...)`."""

    rep: Rep
    limits: Sequence[_Limit] = ()

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and any(limit.reached(day) for limit in self.limits)

    def __bool__(self) -> bool:
        """Whether any cap can stop anything."""
        return bool(self.limits)

    def reached_cap(self, day: date) -> tuple[str, Message] | None:
        """The first cap that is reached on `day`, as a code (appointment-cap-day, appointment-cap-week) and a sentence."""
        return next(((limit.code, limit.sentence(self.rep, day)) for limit in self.limits if limit.reached(day)), None)


def full_days(rep: Rep, meetings: Collection[CountedAppointment], categories: Collection[str | None] = ()) -> FullDays:
    """On which dates `rep` has as many appointments as the caps allow, for one of these categories.

    `meetings` are all appointments within COUNTED_AROUND of the days that are asked about. The rep's own caps count
    every appointment, those of a category only its own.
    """
    caps = rep.caps
    limits = _limits(rep, caps, meetings)
    for category in sorted({name for name in categories if name in caps.categories and name is not None}):
        own = [meeting for meeting in meetings if meeting.category == category]
        limits += _limits(rep, caps.categories[category], own, category=category)
    return FullDays(rep, limits)


def _limits(
    rep: Rep, caps: Caps, meetings: Collection[CountedAppointment], *, category: str | None = None
) -> list[_Limit]:
    per_day, per_week = caps.appointments_per_day, caps.appointments_per_week
    if per_day is None and per_week is None:
        return []
    dates = [local_date(meeting.start, rep.time_zone) for meeting in meetings]
    found = []
    if per_day is not None:
        found.append(_Limit("appointment-cap-day", per_day, Counter(dates), category))
    if per_week is not None:
        found.append(_Limit("appointment-cap-week", per_week, Counter(monday_of(day) for day in dates), category))
    return found

"""When somebody is busy, out of iCalendar: from a free-busy report, or from an event that stands for one time."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from pointsman_sdk.readers.calendar_times import Zones, iana_zone, read_length, read_period, read_time
from pointsman_sdk.readers.icalendar import Component, parse_icalendar
from pointsman_sdk.readers.unreadable import Reason, Unreadable

MOST = 5_000
SHORTEST = 60  # seconds that a moment lasts: it is not nothing
_MARGIN = 7 * 86_400
_ROUNDED = 60  # seconds by which a server may round the time that it was asked about
#: Seconds since 1970, from and up to but not including: what a reader hands over as JSON.
Span = tuple[int, int]


def spans_of_free_busy(body: bytes, *, within: Sequence[int]) -> list[Span]:
    """The periods of a VFREEBUSY answer that are not free and reach into `within`, joined where they touch.

    Unreadable also for a period without length: some servers write an event without an end so, such as a whole day. And
    for an answer that says itself that it failed, or that it tells of a shorter time than was asked about.
    """
    reports = [report for calendar in parse_icalendar(body) for report in calendar.walk("VFREEBUSY")]
    if not reports:
        raise Unreadable(Reason.MALFORMED, "The answer holds no free-busy times.")
    if any(not status.value.strip().startswith("2") for report in reports for status in report.all("REQUEST-STATUS")):
        raise Unreadable(Reason.MALFORMED, "The answer says that the busy times could not be found out.")
    if _tells_from(reports) > within[0] + _ROUNDED or _tells_until(reports) < within[1] - _ROUNDED:
        raise Unreadable(Reason.MALFORMED, "The answer tells of a shorter time than was asked about.")
    return joined(_periods(reports), within=within)


def _tells_from(reports: Iterable[Component]) -> float:
    return min(_stated(report, "DTSTART", otherwise=-math.inf) for report in reports)


def _tells_until(reports: Iterable[Component]) -> float:
    return max(_stated(report, "DTEND", otherwise=math.inf) for report in reports)


def _stated(report: Component, name: str, *, otherwise: float) -> float:
    found = report.get(name)
    if found is None:
        return otherwise
    moment = midnight(read_time(found, zones=iana_zone, default=UTC), UTC)
    return _span(moment, moment)[0]


def _periods(reports: Iterable[Component]) -> Iterator[Span]:
    for report in reports:
        for found in report.all("FREEBUSY"):
            if found.parameters.get("FBTYPE", "BUSY").upper() == "FREE":
                continue
            for text in found.value.split(","):
                # The format demands UTC; what names no zone is taken for it.
                span = _span(*read_period(text, UTC))
                if span[0] == span[1]:
                    raise Unreadable(Reason.MALFORMED, "The answer has a busy time without length.")
                yield span


def span_of(event: Component, *, zone: tzinfo, zones: Zones) -> Span:
    """When one event is. Whole days and floating times are those of `zone`. A moment lasts a minute: it is not nothing.

    Unreadable for one that ends before it starts.
    """
    start, end = times_of(event, zone=zone, zones=zones)
    span = _span(midnight(start, zone), midnight(end, zone))
    if span[1] < span[0]:  # 02:30 to 02:10 in the night in which the clocks show that hour twice
        span = _span(midnight(start, zone), midnight(end, zone).replace(fold=1))
    if span[1] < span[0]:
        raise Unreadable(Reason.MALFORMED, "An event of the calendar ends before it starts.")
    return span[0], max(span[1], span[0] + SHORTEST)


def times_of(event: Component, *, zone: tzinfo, zones: Zones) -> tuple[date | datetime, date | datetime]:
    """Its start and its end, which a day without an end has on the next one. Floating times are those of `zone`."""
    first = event.get("DTSTART")
    if first is None:
        raise Unreadable(Reason.MALFORMED, "An event of the calendar has no start.")
    start = read_time(first, zones=zones, default=zone)
    last = event.get("DTEND")
    end = _end(start, event) if last is None else read_time(last, zones=zones, default=zone)
    if not isinstance(start, datetime) and end == start:
        end = start + timedelta(days=1)  # the last day, as some programs write it
    return start, end


def _end(start: date | datetime, event: Component) -> date | datetime:
    found = event.get("DURATION")
    try:
        if found is not None:
            length = read_length(found.value)
            if not isinstance(start, datetime):
                return start + length
            # Hours are elapsed time, which over a change of the clocks is not what the wall clock shows; days are what it
            # shows. Where both are given, programs differ, and the later end is taken.
            elapsed = start.astimezone(UTC) + length
            by_hours = found.value.strip().lstrip("+-").upper().startswith("PT")
            return elapsed if by_hours else max(elapsed, start + length, key=datetime.timestamp)
        return start if isinstance(start, datetime) else start + timedelta(days=1)
    except OverflowError:
        raise Unreadable(Reason.MALFORMED, "An event of the calendar has no end.") from None


def midnight(value: date | datetime, zone: tzinfo) -> datetime:
    """The beginning of a day in `zone`; a moment as it is."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(), tzinfo=zone)


def _span(start: datetime, end: datetime) -> Span:
    try:
        return int(start.timestamp()), int(end.timestamp())
    except OverflowError:
        raise Unreadable(Reason.MALFORMED, "The calendar has a time that cannot be read.") from None


def joined(spans: Iterable[Span], *, within: Sequence[int]) -> list[Span]:
    """Those that reach into `within`, in order, joined where they touch. Unreadable when they are more than 5,000.

    What begins or ends more than a week outside is cut there: an event may last from the year 1 to the year 9999, and
    no clock that a buffer is taken off reaches further.
    """
    found: list[Span] = []
    first, last = within[0] - _MARGIN, within[1] + _MARGIN
    reaching = {(max(start, first), min(end, last)) for start, end in spans if start < within[1] and within[0] < end}
    for start, end in sorted(reaching):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    if len(found) > MOST:
        raise Unreadable(
            Reason.TOO_LARGE, f"The calendar has more than {MOST} separate busy times in the time asked for."
        )
    return found

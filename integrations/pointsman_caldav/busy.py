"""The capability `busy`: by the events as they were written, worked out here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import httpx

from pointsman_caldav.client import Client, side_by_side
from pointsman_caldav.collections import Collections
from pointsman_caldav.dav import event_query, free_busy_query
from pointsman_caldav.reading import HIDDEN, busy_by_events, busy_by_report, moment
from pointsman_sdk import (
    BusyTime,
    BusyTimes,
    CalendarRef,
    ConnectorError,
    Rejected,
    Retryable,
    Scope,
    Slot,
    Unreadable,
)
from pointsman_sdk.readers.busy_times import Span, joined

# What servers answer that do not know a report or a filter, or do not want to run it.
_NO_SUCH_REPORT = frozenset({400, 403, 404, 405, 422, 501})
_SERVERS_ERR = timedelta(days=2)  # by more than any zone
BATCH = 4
_UNTRUSTED = (
    f"{HIDDEN}. Let this login read the events, or set trust_free_busy on the connection if the server's own reports of busy "
    "times are known to be right"
)


class Busy:
    """Busy times of calendars on one server. What shows busy times alone is unreadable unless `trusts_reports`."""

    def __init__(self, client: Client, collections: Collections, *, trusts_reports: bool) -> None:
        self._client, self._collections, self._trusts_reports = client, collections, trusts_reports

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        """Each by itself, side by side. What stops the connection is raised once all are back."""
        results = await side_by_side(*(self._one(calendar, window) for calendar in asked))
        found: dict[str, BusyTimes | Unreadable] = {}
        for calendar, result in zip(asked, results, strict=True):
            if isinstance(result, ConnectorError):
                raise result
            found[calendar.id] = result
        return found

    async def _one(self, asked: CalendarRef, window: Slot) -> BusyTimes | Unreadable:
        try:
            return await self._times(asked, window)
        except Rejected as fault:
            return Unreadable(reason=str(fault), lasting=True)
        except Retryable as fault:
            if fault.scope is Scope.CONNECTION:
                raise
            return Unreadable(reason=str(fault), retry_after=fault.retry_after)

    async def _times(self, asked: CalendarRef, window: Slot) -> BusyTimes:
        """Whole days and floating times are those of the calendar's own zone, where it says one, else of its owner's.

        Of a calendar that is shared for its busy times alone, the server hands out nothing but its own report, which leaves
        out whole days and series on most servers.
        """
        calendar = await self._collections.described(asked.id)
        if calendar.fault == HIDDEN:
            if not self._trusts_reports:
                raise Rejected(_UNTRUSTED)
            return await self._reported(calendar.url, window)
        if calendar.fault:
            raise Rejected(calendar.fault)
        zone, others, own = calendar.zone or asked.zone, set[Span](), set[tuple[int, int, str]]()
        for body in await self._event_bodies(calendar.url, window):
            found = await self._client.read_xml(
                busy_by_events, body, within=span(window), zone=zone, owner=asked.owner or ""
            )
            others.update((start, end) for start, end in found["others"])
            own.update((start, end, key) for start, end, key in found["own"])
        times = [BusyTime(slot=Slot(moment(start), moment(end)), key=key) for start, end, key in sorted(own)]
        return BusyTimes(times=[*_unnamed(joined(others, within=span(window))), *times], keyed=True)

    async def _event_bodies(self, url: httpx.URL, window: Slot) -> list[bytes]:
        """The events of the window and every series, or else all events.

        A server may overlook a series in the window, so all are read: its own working out errs, and leaves out RDATEs. It
        may take a whole day and an unknown zone for UTC, so that it is asked about more than the window.
        """
        wide = Slot(window.utc().start - _SERVERS_ERR, window.utc().end + _SERVERS_ERR)
        report, fine = self._client.report, {207, *_NO_SUCH_REPORT}
        results = await side_by_side(
            report(url, event_query(wide), depth="1", expect={207}),
            *(report(url, event_query(None, having=name), depth="1", expect=fine) for name in ("RRULE", "RDATE")),
        )
        bodies = []
        for result in results:
            if isinstance(result, ConnectorError):
                raise result
            if result.status_code != 207:
                return [(await report(url, event_query(None), depth="1", expect={207})).content]
            bodies.append(result.content)
        return bodies

    async def _reported(self, url: httpx.URL, window: Slot) -> BusyTimes:
        """The busy times by the server's own report. Rejected where there is none, or none that can be read."""
        answer = await self._client.report(url, free_busy_query(window), depth="1", expect={200, *_NO_SUCH_REPORT})
        if answer.status_code != 200:
            raise Rejected(HIDDEN)
        try:
            spans = await self._client.read_icalendar(busy_by_report, answer.content, within=span(window))
        except Rejected as fault:
            raise Rejected(f"{HIDDEN}; {fault}") from None
        return BusyTimes(times=_unnamed(spans))


def span(window: Slot) -> list[int]:
    """The window in seconds, rounded outward."""
    utc = window.utc()
    return [math.floor(utc.start.timestamp()), math.ceil(utc.end.timestamp())]


def _unnamed(spans: Iterable[Span]) -> list[BusyTime]:
    return [BusyTime(slot=Slot(moment(start), moment(end))) for start, end in spans]

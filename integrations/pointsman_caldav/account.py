"""The CalDAV connector: the calendar capability over plain HTTP requests."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import httpx

from pointsman_caldav.address import calendar_url, event_url
from pointsman_caldav.client import Client, etag_of
from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.dav import KIND_QUERY, PRINCIPAL_QUERY, ZONE_QUERY, event_query, free_busy_query
from pointsman_caldav.events import Stored, placed, written
from pointsman_caldav.reading import (
    HIDDEN,
    busy_by_events,
    busy_by_report,
    fault_of_calendar,
    is_signed_in,
    moment,
    one_event,
    our_events,
    precondition,
    rewritten,
    zone_of_calendar,
)
from pointsman_sdk import (
    CONTRACT,
    AmbiguousOutcome,
    Auth,
    Booking,
    BookingRequest,
    Capability,
    Context,
    Manifest,
    Method,
    ReauthRequired,
    Rejected,
    Retryable,
    Slot,
)
from pointsman_sdk.readers.busy_times import joined

MANIFEST = Manifest(
    name="caldav",
    title="CalDAV calendars",
    contract=CONTRACT,
    capabilities=frozenset({Capability.CALENDAR}),
    config=CaldavConfig,
    auth=Auth(method=Method.BASIC),
    docs="https://www.rfc-editor.org/rfc/rfc4791",
    maintainers=("Pointsman",),
)

_ICALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
# What servers answer that do not know a report or a filter, or do not want to run it.
_NO_SUCH_REPORT = frozenset({400, 403, 404, 405, 422, 501})
_SERVERS_ERR = timedelta(days=2)  # by more than any zone
_GONE = frozenset({404, 410})
_MOVE_ATTEMPTS = 3


class CaldavConnector:
    """One account on one CalDAV server. Each appointment is one resource, named by its key."""

    manifest = MANIFEST

    def __init__(self, config: CaldavConfig, context: Context) -> None:
        self._base = config.base_url
        self._zone = config.time_zone
        self._needs_login = config.username is not None
        self._client = Client(config, context)
        self._clock: Callable[[], datetime] = context.clock

    async def check(self) -> None:
        """Ask the server who we are."""
        answer = await self._client.report(httpx.URL(self._base), PRINCIPAL_QUERY, depth="0", expect={207})
        if not await self._client.read_xml(is_signed_in, answer.content) and self._needs_login:
            raise ReauthRequired("the CalDAV server did not accept the login")

    async def busy(
        self, calendar: str, window: Slot, *, zone: str | None = None, owner: str | None = None
    ) -> Sequence[Slot]:
        """By its events as they were written, worked out here: what servers make of them errs.

        Whole days and floating times are those of `zone`; else of the calendar's own, else of the connection's. Of a
        calendar that is shared for its busy times alone, the server hands out nothing but its own report.
        """
        url = calendar_url(self._base, calendar)
        fault = await self._fault_of(url)
        if fault == HIDDEN:
            return await self._reported(url, window)
        if fault:
            raise Rejected(fault)
        home, spans = zone or await self._zone_of(url), set[tuple[int, int]]()
        for body in await self._event_bodies(url, window):
            found = await self._client.read_xml(
                busy_by_events, body, within=_span(window), zone=home, owner=owner or ""
            )
            spans.update((start, end) for start, end in found)
        return _slots(joined(spans, within=_span(window)))

    async def _event_bodies(self, url: httpx.URL, window: Slot) -> list[bytes]:
        """The events of the window and every series, or else all events.

        A server may overlook a series in the window, so all are read: its own working out errs, and leaves out RDATEs. It
        may take a whole day and an unknown zone for UTC, so that it is asked about more than the window.
        """
        wide = Slot(window.utc().start - _SERVERS_ERR, window.utc().end + _SERVERS_ERR)
        answers = [await self._client.report(url, event_query(wide), depth="1", expect={207})]
        for having in ("RRULE", "RDATE"):
            answer = await self._client.report(
                url, event_query(None, having=having), depth="1", expect={207, *_NO_SUCH_REPORT}
            )
            if answer.status_code != 207:
                return [(await self._client.report(url, event_query(None), depth="1", expect={207})).content]
            answers.append(answer)
        return [answer.content for answer in answers]

    async def _reported(self, url: httpx.URL, window: Slot) -> Sequence[Slot]:
        """The busy times by the server's own report. Rejected where there is none, or none that can be read."""
        answer = await self._client.report(url, free_busy_query(window), depth="1", expect={200, *_NO_SUCH_REPORT})
        if answer.status_code != 200:
            raise Rejected(HIDDEN)
        try:
            spans = await self._client.read_icalendar(busy_by_report, answer.content, within=_span(window))
        except Rejected as fault:
            raise Rejected(f"{HIDDEN}; {fault}") from None
        return _slots(spans)

    async def book(self, request: BookingRequest) -> Booking:
        """Create the resource, if and only if there is none."""
        url = event_url(await self._calendar(request.calendar), request.key)
        content = written(request, now=self._clock())
        headers = {**_ICALENDAR, "If-None-Match": "*"}
        answer = await self._client.call("PUT", url, expect={200, 201, 204, 409, 412}, content=content, headers=headers)
        if answer.status_code in (409, 412):
            return await self._already_there(request, answer)
        return await self._read_back(request, answer)

    async def find(self, calendar: str, key: str) -> Booking | None:
        """Read the resource of this key."""
        present = await self._get(calendar, key)
        return None if present is None else self._booking(calendar, key, *present[:2])

    async def move(self, request: BookingRequest) -> Booking:
        """Change the resource that we read, if it did not change since; then read the result."""
        for _ in range(_MOVE_ATTEMPTS):
            present = await self._get(request.calendar, request.key)
            if present is None:
                return await self.book(request)
            event, etag, content = present
            late = event.generation is not None and request.sequence < event.generation
            if late or event.agrees_with(request):
                return self._booking(request.calendar, request.key, event, etag)
            answer = await self._client.call(
                "PUT",
                self._event_url(request.calendar, request.key),
                expect={200, 201, 204, 404, 409, 412},
                content=await self._moved_content(event, content, request),
                headers={**_ICALENDAR, "If-Match": etag or "*"},
            )
            if answer.status_code < 300:
                return await self._moved(request)
        raise Retryable("the event keeps changing while it is being moved")

    async def cancel(self, calendar: str, key: str) -> None:
        """Delete the resource of this key."""
        await self._client.call("DELETE", self._event_url(calendar, key), expect={200, 202, 204, *_GONE})

    async def booked(self, calendar: str, window: Slot) -> Sequence[Booking]:
        """Ask for the window's events, and keep those with one of our UIDs."""
        url = await self._calendar(calendar)
        answer = await self._client.report(url, event_query(window), depth="1", expect={207})
        found = await self._client.read_xml(our_events, answer.content, within=_span(window), zone=self._zone)
        return [self._booking(calendar, one["key"], Stored.of(one), one["etag"]) for one in found]

    async def _calendar(self, calendar: str) -> httpx.URL:
        """Where a calendar is. Rejected as `_require_calendar` says."""
        url = calendar_url(self._base, calendar)
        await self._require_calendar(url)
        return url

    async def _require_calendar(self, url: httpx.URL) -> None:
        """Rejected for what is no calendar: a folder answers as an empty calendar does, and takes files too.

        And for what the server does not describe to this login (RFC 3744, appendix B).
        """
        if fault := await self._fault_of(url):
            raise Rejected(fault)

    async def _fault_of(self, url: httpx.URL) -> str:
        """As the reader `fault_of_calendar` says."""
        answer = await self._client.report(url, KIND_QUERY, depth="0", expect={207, 403})
        if answer.status_code == 403:
            return HIDDEN
        fault: str = await self._client.read_xml(fault_of_calendar, answer.content)
        return fault

    async def _zone_of(self, url: httpx.URL) -> str:
        """The calendar's own zone, else the connection's."""
        answer = await self._client.report(url, ZONE_QUERY, depth="0", expect={207, *_NO_SUCH_REPORT})
        known: str = "" if answer.status_code != 207 else await self._client.read_xml(zone_of_calendar, answer.content)
        return known or self._zone

    async def _already_there(self, request: BookingRequest, answer: httpx.Response) -> Booking:
        """A refused create: our own earlier one, or one of the several other things servers mean by it."""
        present = await self._get(request.calendar, request.key)
        if present is not None:
            return self._booking(request.calendar, request.key, *present[:2])
        reason = await self._client.read_xml(precondition, answer.content)
        if answer.status_code == 412 and reason in ("", "if-none-match"):
            raise Retryable("the event was removed while it was being created")
        raise Rejected(f"the CalDAV server refused the event ({reason or 'is there such a calendar?'})")

    async def _moved(self, request: BookingRequest) -> Booking:
        """What stands after a move: some servers accept several writers and keep the last."""
        present = await self._get(request.calendar, request.key, wrote=True)
        if present is None or present[0].slot != request.slot:
            raise AmbiguousOutcome("the event was moved, but something else stands in the calendar now")
        return self._booking(request.calendar, request.key, *present[:2])

    async def _read_back(self, request: BookingRequest, answer: httpx.Response) -> Booking:
        """What was created; a server that gives no ETag may have rewritten it, so it is asked."""
        etag = etag_of(answer)
        if etag:
            event = Stored.of(one_event(answer.request.content, zone=self._zone))  # our own, so that no child is needed
            return self._booking(request.calendar, request.key, event, etag)
        present = await self._get(request.calendar, request.key, wrote=True)
        if present is None:
            raise AmbiguousOutcome("the CalDAV server accepted the event and does not show it")
        return self._booking(request.calendar, request.key, *present[:2])

    async def _moved_content(self, event: Stored, content: bytes, request: BookingRequest) -> str:
        """The same event at the request's slot, with everything kept that its owner added."""
        sequence = max(event.sequence + 1, request.sequence)
        values = placed(request, sequence=sequence, now=self._clock())
        text: str = await self._client.read_icalendar(rewritten, content, values=values)
        return text

    async def _get(self, calendar: str, key: str, *, wrote: bool = False) -> tuple[Stored, str, bytes] | None:
        """The event of this key, its ETag and its text. Rejected when another event has the place.

        AmbiguousOutcome for one that cannot be read after we `wrote` it.
        """
        answer = await self._client.call("GET", self._event_url(calendar, key), expect={200, *_GONE})
        if answer.status_code in _GONE:
            return None
        read = await self._client.read_icalendar(one_event, answer.content, writes=wrote, zone=self._zone)
        event = Stored.of(read)
        if event.key != key:
            raise Rejected("another event has the name that this appointment needs")
        return event, etag_of(answer), answer.content

    def _event_url(self, calendar: str, key: str) -> httpx.URL:
        return event_url(calendar_url(self._base, calendar), key)

    def _booking(self, calendar: str, key: str, event: Stored, etag: str) -> Booking:
        path = self._event_url(calendar, key).raw_path.decode("ascii")
        return Booking(
            key=key,
            calendar=calendar,
            slot=event.slot,
            vendor_id=path,
            version=etag,
            title=event.title,
            tentative=event.tentative,
            cancelled=event.cancelled,
        )


def _span(window: Slot) -> list[int]:
    """The window in seconds, rounded outward."""
    utc = window.utc()
    return [math.floor(utc.start.timestamp()), math.ceil(utc.end.timestamp())]


def _slots(spans: Iterable[tuple[int, int]]) -> list[Slot]:
    return [Slot(moment(start), moment(end)) for start, end in spans]


connector = CaldavConnector
"""What the entry point names: called with a configuration and a context."""

"""The CalDAV connector: the calendar capability over plain HTTP requests."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import httpx

from pointsman_caldav.address import calendar_url, event_url
from pointsman_caldav.client import Client, etag_of
from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.dav import KIND_QUERY, PRINCIPAL_QUERY, event_query, free_busy_query
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
# What servers answer that do not know the free-busy report, or do not want to run it.
_NO_FREE_BUSY = frozenset({400, 403, 404, 405, 501})
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

    async def busy(self, calendar: str, window: Slot) -> Sequence[Slot]:
        """By the server's own free-busy report, or else from its events.

        Of a calendar that is shared for its busy times alone, the server hands out nothing but the report.
        """
        url = calendar_url(self._base, calendar)
        answer = await self._client.report(url, free_busy_query(window), depth="1", expect={200, *_NO_FREE_BUSY})
        before = ""
        if answer.status_code == 200:
            # Some servers write an event without an end, such as a whole day, as a period without length: then the event
            # itself has to say how long it is.
            try:
                spans = await self._client.read_icalendar(busy_by_report, answer.content, within=_span(window))
            except Rejected as fault:
                before = f"{fault}; asked for events, "
            else:
                if not spans:  # as a folder or a list of tasks answers, too
                    await self._require_calendar(url, may_hide=True)
                return _slots(spans)
        try:
            await self._require_calendar(url)
        except Rejected as fault:
            raise Rejected(f"{before}{fault}") from None
        events = await self._client.report(url, event_query(window, expand=True), depth="1", expect={207})
        try:
            body = events.content
            return _slots(await self._client.read_xml(busy_by_events, body, within=_span(window), zone=self._zone))
        except Rejected as fault:
            raise Rejected(f"{before}{fault}") from None

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
        answer = await self._client.report(url, event_query(window, expand=False), depth="1", expect={207})
        found = await self._client.read_xml(our_events, answer.content, within=_span(window), zone=self._zone)
        return [self._booking(calendar, one["key"], Stored.of(one), one["etag"]) for one in found]

    async def _calendar(self, calendar: str) -> httpx.URL:
        """Where a calendar is. Rejected as `_require_calendar` says."""
        url = calendar_url(self._base, calendar)
        await self._require_calendar(url)
        return url

    async def _require_calendar(self, url: httpx.URL, *, may_hide: bool = False) -> None:
        """Rejected for what is no calendar: a folder answers as an empty calendar does, and takes files too.

        And for what the server does not describe to this login (RFC 3744, appendix B), unless it `may_hide` that.
        """
        answer = await self._client.report(url, KIND_QUERY, depth="0", expect={207, 403})
        hides = answer.status_code == 403
        fault = HIDDEN if hides else await self._client.read_xml(fault_of_calendar, answer.content)
        if fault and not (may_hide and fault == HIDDEN):
            raise Rejected(fault)

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

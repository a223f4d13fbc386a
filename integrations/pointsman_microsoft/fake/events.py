"""Events as clients ask for them: listed, viewed, created once for each transactionId, changed, cancelled, deleted."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from pointsman_microsoft.fake.mailboxes import Calendar, Directory, Event, Mailbox
from pointsman_microsoft.fake.showing import chosen, filter_of, property_id, shown
from pointsman_microsoft.fake.wire import Answer, Asked, Refused, page
from pointsman_microsoft.graph.times import instant
from pointsman_sdk import Slot

_SEEN = frozenset(
    {"subject", "body", "start", "end", "location", "attendees"}
)  # a change of which is told to attendees
_LINE = "_" * 80
_CUT = 255  # of a property, where Exchange shows many items
_INSTANCE = re.compile(r"_[0-9]+\Z")  # behind the id of a series, for one of its times


class Events:
    """Every operation on events. `page_size` is how many a page has at most.

    `lenient`: a transactionId whose event stands is answered with that event, whatever else is asked for. `hidden_reads` are how
    many lists do not show yet what stands.
    """

    lenient = False
    hidden_reads = 0

    def __init__(self, directory: Directory, page_size: int) -> None:
        self.directory, self.page_size = directory, page_size

    def listed(self, asked: Asked, mailbox: Mailbox, calendar: Calendar) -> Answer:
        """`GET events`: the events as they stand, series once."""
        takes, hidden = filter_of(asked), self.hidden_reads > 0
        self.hidden_reads -= hidden
        found = [one for one in calendar.events.values() if takes(one) and not hidden]
        return 200, page(
            asked, [chosen(shown(one, mailbox, asked), one, asked, cut=_CUT) for one in found], self.page_size
        )

    def view(self, asked: Asked, mailbox: Mailbox, calendar: Calendar) -> Answer:
        """`GET calendarView`: every instance that reaches into the time asked for."""
        window = Slot(moment(asked.query["startDateTime"]), moment(asked.query["endDateTime"]))
        rows = [
            chosen(shown(event, mailbox, asked, at=slot, number=number), event, asked, cut=_CUT)
            for event, number, slot in instances(mailbox, calendar, window)
        ]
        return 200, page(asked, rows, self.page_size)

    def times(self, asked: Asked, mailbox: Mailbox, event_id: str) -> Answer:
        """`GET instances`: those of one series that reach into the time asked for."""
        calendar, series = self.found(mailbox, event_id)
        window = Slot(moment(asked.query["startDateTime"]), moment(asked.query["endDateTime"]))
        rows = [
            chosen(shown(event, mailbox, asked, at=slot, number=number), event, asked)
            for event, number, slot in instances(mailbox, calendar, window)
            if event is series
        ]
        return 200, page(asked, rows, self.page_size)

    def created(self, asked: Asked, mailbox: Mailbox, calendar: Calendar) -> Answer:
        """`POST events`. A transactionId is for one event: the same request again is answered with it, another is refused."""
        if not calendar.editable:
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        body, transaction = asked.body, asked.body.get("transactionId")
        if transaction in mailbox.used:
            event_id, said = mailbox.used[transaction]
            event = calendar.events.get(event_id)
            if event is None or (not self.lenient and (said != body or event.version > 1)):
                raise Refused(409, "ErrorDuplicateTransactionId", "The TransactionId has already been used.")
            return 201, shown(event, mailbox, asked)
        event = self.directory.add(calendar, _slot(body, None), {}, transaction=transaction)
        self._set(mailbox, event, body)
        if transaction is not None:
            mailbox.used[transaction] = (event.id, body)
        self._mail(event, asked, mailbox, "request")
        self.directory.tell(mailbox, calendar, event, "created")
        return 201, shown(event, mailbox, asked)

    def one(self, asked: Asked, mailbox: Mailbox, event_id: str) -> Answer:
        """`GET`, `PATCH` and `DELETE` of one event, by either of its ids."""
        calendar, event = self.found(mailbox, event_id)
        if asked.method == "GET":
            return 200, chosen(shown(event, mailbox, asked), event, asked)
        if asked.etag not in (None, "*", f'W/"{event.change_key}"'):
            raise Refused(412, "ErrorIrresolvableConflict", "The change key does not match the current change key.")
        if asked.method == "DELETE":
            return self._removed(asked, mailbox, calendar, event)
        before = set(event.attendees)
        event.slot = _slot(asked.body, event.slot)
        if "start" in asked.body:
            event.clock = asked.body["start"]["timeZone"]
        if asked.body.get("isAllDay") is False:
            event.days = None
        if "recurrence" in asked.body:
            event.weeks, event.left_out, event.moved, event.clock = 1, set(), {}, None
        self._set(mailbox, event, asked.body)
        event.version += 1
        if _SEEN & set(asked.body):
            self._mail(event, asked, mailbox, "request")
        self._mail(event, asked, mailbox, "cancel", to=before - set(event.attendees))
        self.directory.tell(mailbox, calendar, event, "updated")
        return 200, shown(event, mailbox, asked)

    def cancelled(self, asked: Asked, mailbox: Mailbox, event_id: str) -> Answer:
        """`POST cancel`: for the organizer of a meeting."""
        calendar, event = self.found(mailbox, event_id)
        if not event.attendees or not event.organizer:
            raise Refused(400, "ErrorInvalidRequest", "Your request can't be completed. You need to be an organizer.")
        self._removed(asked, mailbox, calendar, event)
        return 202, None

    def found(self, mailbox: Mailbox, event_id: str) -> tuple[Calendar, Event]:
        for calendar in mailbox.calendars():
            for event in calendar.events.values():
                if _INSTANCE.sub("", event_id) in (event.id, event.regular):
                    return calendar, event
        raise Refused(404, "ErrorItemNotFound", "The specified object was not found in the store.")

    def _removed(self, asked: Asked, mailbox: Mailbox, calendar: Calendar, event: Event) -> Answer:
        self._mail(event, asked, mailbox, "cancel")
        del calendar.events[event.id]
        self.directory.tell(mailbox, calendar, event, "deleted")
        return 204, None

    def _set(self, mailbox: Mailbox, event: Event, body: Mapping[str, Any]) -> None:
        own = {
            *("start", "end", "isAllDay", "recurrence", "transactionId", "singleValueExtendedProperties"),
            *("isOnlineMeeting", "onlineMeetingProvider"),
        }
        if len(body.get("subject", "")) > 255:
            raise Refused(400, "ErrorInvalidArgument", "The subject is too long.")
        if not all(one["value"] for one in body.get("singleValueExtendedProperties", [])):
            raise Refused(400, "ErrorInvalidArgument", "A property without a value.")
        event.properties |= {
            property_id(one["id"]): one["value"] for one in body.get("singleValueExtendedProperties", [])
        }
        event.fields |= {name: value for name, value in body.items() if name not in own}
        if body.get("isOnlineMeeting") and mailbox.teams and not event.fields.get("isOnlineMeeting"):
            self._meet(event)
            if mailbox.meets_late:
                event.fields["onlineMeeting"] = None
        elif "body" in body and event.fields.get("isOnlineMeeting") and _LINE not in body["body"]["content"]:
            event.fields |= {"isOnlineMeeting": False, "onlineMeeting": None}  # without its blob the meeting is off

    def _meet(self, event: Event) -> None:
        url = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{next(self.directory.ids)}%40thread.v2/0"
        text = escape(event.fields.get("body", {}).get("content", "")).replace("\n", "<br>")
        blob = (
            f'<br><div style="width:100%"><span>{_LINE}</span></div><div>Microsoft Teams <a href="{url}">Join</a></div>'
        )
        event.fields["body"] = {"contentType": "html", "content": f"<html><body><div>{text}</div>{blob}</body></html>"}
        event.fields |= {"isOnlineMeeting": True, "onlineMeeting": {"joinUrl": url}}

    def _mail(self, event: Event, asked: Asked, mailbox: Mailbox, method: str, to: set[str] | None = None) -> None:
        """Graph writes to attendees by itself, always."""
        row = shown(event, mailbox, asked)
        seen = {
            name: row[name] for name in ("subject", "body", "start", "end", "location", "attendees", "onlineMeeting")
        }
        for address in event.attendees if to is None else sorted(to):
            self.directory.mailed.append((address, {"method": method, **seen}))


def instances(mailbox: Mailbox, calendar: Calendar, window: Slot) -> list[tuple[Event, int, Slot]]:
    """Each event at each of its times that reach into the window, by start."""
    found = [
        (event, number, slot)
        for event in calendar.events.values()
        for number, slot in enumerate(event.slots(mailbox.tz))
        if number not in event.left_out and slot.overlaps(window)
    ]
    return sorted(found, key=lambda one: one[2].utc().start)


def _slot(body: Mapping[str, Any], before: Slot | None) -> Slot:
    try:
        start = instant(body["start"]) if "start" in body or before is None else before.start
        end = instant(body["end"]) if "end" in body or before is None else before.end
    except (KeyError, ValueError):
        raise Refused(400, "ErrorInvalidTimeZone", "The times cannot be read.") from None
    if end < start:
        raise Refused(400, "ErrorCalendarEndDateIsEarlierThanStartDate")
    return Slot(start, max(end, start + timedelta(minutes=1)))


def moment(text: str) -> datetime:
    """A time of a query: in UTC where it says no offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, "ErrorInvalidParameter", "The time cannot be read.") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

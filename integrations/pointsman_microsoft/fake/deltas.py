"""Delta queries over a calendar view: a first round tells all, each later one what changed since its token."""

from collections.abc import Sequence
from typing import Any

from pointsman_microsoft.fake.events import instances, moment
from pointsman_microsoft.fake.mailboxes import Calendar, Event, Mailbox
from pointsman_microsoft.fake.showing import shown
from pointsman_microsoft.fake.wire import Answer, Asked, Refused
from pointsman_sdk import Slot

_OF_TIME = ("@odata.etag", "id", "seriesMasterId", "type", "start", "end")


class Deltas:
    """Tokens hold the window, where a round began in the mailbox's log, where it ends, and how much of it was told.

    What changes outside the window is told as removed where `tells_beyond` is set; Graph does not say whether it is.
    """

    def __init__(self, page_size: int) -> None:
        self.page_size, self.tells_beyond = page_size, True

    def answer(self, asked: Asked, mailbox: Mailbox, calendar: Calendar) -> Answer:
        token = asked.query.get("$skiptoken") or asked.query.get("$deltatoken")
        if token is None:
            names = ("startDateTime", "endDateTime")
            if any(name not in asked.query for name in names):
                raise Refused(400, "ErrorInvalidParameter", "startDateTime and endDateTime are needed.")
            start, end = (asked.query[name] for name in names)
            since, until, told = -1, len(mailbox.log), 0
        else:
            start, end, since, until, told = _read(token)
            if "$deltatoken" in asked.query:
                since, until, told = until, len(mailbox.log), 0
        if since > len(mailbox.log) or -1 < since < mailbox.forgotten:
            raise Refused(410, "SyncStateNotFound", "The sync state generation is not found.")
        rows = self._rows(asked, mailbox, calendar, Slot(moment(start), moment(end)), since, until)
        size = min(self.page_size, int(asked.prefer.get("odata.maxpagesize", "10")))
        found: dict[str, Any] = {"value": rows[told : told + size]}
        told += size
        state = f"{start}|{end}|{since}|{until}"
        if told < len(rows):
            return 200, found | {"@odata.nextLink": asked.link({"$skiptoken": f"{state}|{told}"})}
        return 200, found | {"@odata.deltaLink": asked.link({"$deltatoken": f"{state}|0"})}

    def _rows(
        self, asked: Asked, mailbox: Mailbox, calendar: Calendar, window: Slot, since: int, until: int
    ) -> list[dict[str, Any]]:
        here = instances(mailbox, calendar, window)
        if since < 0:
            return _told(here, mailbox, asked)
        changed = dict.fromkeys(event for place, event in mailbox.log[since:until] if place == calendar.id)
        rows: list[dict[str, Any]] = []
        for event_id in changed:
            times = [one for one in here if one[0].id == event_id]
            rows += _told(times, mailbox, asked)
            if not times and (self.tells_beyond or event_id not in calendar.events):
                rows.append({"id": event_id, "@removed": {"reason": "deleted"}})
        return rows


def _told(times: Sequence[tuple[Event, int, Slot]], mailbox: Mailbox, asked: Asked) -> list[dict[str, Any]]:
    """A series by its own row, and each time of it that is like the others by no more than when it is (microsoft-graph-docs
    issues 7632 and 22197)."""
    rows = {event.id: shown(event, mailbox, asked) for event, _, _ in times}
    for event, number, slot in times:
        row = shown(event, mailbox, asked, at=slot, number=number)
        if row["type"] == "occurrence":
            rows[row["id"]] = {name: row[name] for name in _OF_TIME}
        elif row["type"] == "exception":
            rows[row["id"]] = row
    return list(rows.values())


def _read(token: str) -> tuple[str, str, int, int, int]:
    try:
        start, end, since, until, told = token.split("|")
        return start, end, int(since), int(until), int(told)
    except ValueError:
        raise Refused(400, "SyncStateInvalid", "The sync state is invalid.") from None

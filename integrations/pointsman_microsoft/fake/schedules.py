"""getSchedule: what a mailbox's default calendar shows of its times; a mailbox that cannot be read has an error under 200."""

from datetime import timedelta
from typing import Any

from pointsman_microsoft.fake.events import instances
from pointsman_microsoft.fake.mailboxes import Directory, Mailbox
from pointsman_microsoft.fake.showing import shown_time, zone_asked
from pointsman_microsoft.fake.wire import Answer, Asked, Refused
from pointsman_microsoft.graph.times import instant
from pointsman_sdk import Slot

_MOST_SCHEDULES, _MOST_ENTRIES = 20, 1_000
_LONGEST = timedelta(days=62)
_SIGNS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}


class Schedules:
    """`merged_only` are addresses that show a view alone, as groups do."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.merged_only: set[str] = set()

    def answer(self, asked: Asked, over: Mailbox) -> Answer:
        body, interval = asked.body, asked.body.get("availabilityViewInterval", 30)
        if len(body["schedules"]) > _MOST_SCHEDULES:
            raise Refused(400, "ErrorMailboxDataArrayTooBig", "There are too many target users.")
        if not 5 <= interval <= 1440:
            raise Refused(400, "ErrorInvalidMergedFreeBusyInterval")
        try:
            window = Slot(instant(body["startTime"]), instant(body["endTime"]))
        except (KeyError, ValueError):
            raise Refused(400, "ErrorInvalidTimeZone") from None
        if window.length < timedelta(minutes=interval):
            raise Refused(400, "ErrorInvalidMergedFreeBusyInterval", "The interval is longer than the time asked for.")
        if window.length > _LONGEST:
            raise Refused(400, "ErrorTimeIntervalTooBig", "The allowed limit = 62 days.")
        rows = [self._one(asked, over, address, window, interval) for address in body["schedules"]]
        return 200, {"value": rows}

    def _one(self, asked: Asked, over: Mailbox, address: str, window: Slot, interval: int) -> dict[str, Any]:
        mailbox = self.directory.find(address)
        if mailbox is None or (mailbox.fault is not None and mailbox.fault[0] == 404):
            return _error(address, "ErrorMailRecipientNotFound")
        if mailbox.fault is not None:
            return _error(address, "ErrorNoFreeBusyAccess" if mailbox.fault[0] == 403 else mailbox.fault[1])
        found = instances(mailbox, mailbox.default, window)
        if len(found) > _MOST_ENTRIES:
            return _error(address, "5006")
        name, zone = zone_asked(asked, over)
        items = [
            {
                "status": _status(event.fields),
                "isPrivate": event.fields.get("sensitivity") == "private",
                "start": shown_time(slot.start, name, zone),
                "end": shown_time(slot.end, name, zone),
            }
            for event, _, slot in found
        ]
        view = _view([(slot, _status(event.fields)) for event, _, slot in found], window, interval)
        row = {"scheduleId": address, "availabilityView": view, "scheduleItems": items}
        return row | ({"scheduleItems": []} if address in self.merged_only else {})


def _status(fields: dict[str, Any]) -> str:
    declined = fields.get("responseStatus", {}).get("response") == "declined"
    return "free" if declined or fields.get("isCancelled") else str(fields.get("showAs", "busy"))


def _view(times: list[tuple[Slot, str]], window: Slot, interval: int) -> str:
    parts, start, end = [], window.utc().start, window.utc().end
    while start < end:
        part = Slot(start, min(start + timedelta(minutes=interval), end))
        parts.append(max((_SIGNS.get(status, "2") for slot, status in times if slot.overlaps(part)), default="0"))
        start = part.end
    return "".join(parts)


def _error(address: str, code: str) -> dict[str, Any]:
    text = f"The mailbox {address} cannot be read."
    return {"scheduleId": address, "availabilityView": "", "error": {"message": text, "responseCode": code}}

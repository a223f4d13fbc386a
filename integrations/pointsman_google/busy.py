"""The capability `busy`: freeBusy, fifty calendars in one question."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pointsman_google.client import Client
from pointsman_google.shape import instant, shaped
from pointsman_sdk import BusyTime, BusyTimes, CalendarRef, Rejected, Slot, Unreadable

BATCH = 50
"""The most that `calendarExpansionMax` may be (the API's description)."""
_LONGEST = timedelta(days=60)
"""Google refuses more than 90 days by `timeRangeTooLong`, which its description does not say (calcom/cal.diy#11962)."""
_SOON = timedelta(seconds=30)


class GoogleBusy:
    """The answer has the times of each calendar merged, without a hint of what is in them: nothing may be subtracted.

    Google works out transparent, tentative and declined events, whole days and series. Each calendar has a list of errors of its
    own, beside the status 200: one that has any is not free.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        zones = {one.zone for one in asked}
        zone = zones.pop() if len(zones) == 1 else "UTC"
        times: dict[str, list[BusyTime]] = defaultdict(list)
        faults: dict[str, Unreadable] = {}
        for span in _spans(window):
            answer = await self._ask([one.id for one in asked], span, zone)
            for one in asked:
                found = _read(answer.get(one.id), window)
                if isinstance(found, Unreadable):
                    faults.setdefault(one.id, found)
                else:
                    times[one.id] += found
        return {one.id: faults.get(one.id) or BusyTimes(times=times[one.id]) for one in asked}

    async def _ask(self, names: Sequence[str], span: Slot, zone: str) -> Mapping[str, Any]:
        body = {
            "timeMin": span.start.isoformat(),
            "timeMax": span.end.isoformat(),
            "timeZone": zone,
            "calendarExpansionMax": BATCH,
            "items": [{"id": name} for name in names],
        }
        answer = await self._client.call("POST", "freeBusy", body=body)
        found = shaped(lambda data: data["calendars"], answer)
        if not isinstance(found, dict):
            raise Rejected("Google Calendar answered in an unknown shape")
        return found


def _spans(window: Slot) -> Iterator[Slot]:
    utc = window.utc()
    start = utc.start
    while start < utc.end:
        end = min(start + _LONGEST, utc.end)
        yield Slot(start, end)
        start = end


def _read(row: Any, window: Slot) -> list[BusyTime] | Unreadable:
    if not isinstance(row, dict):
        return Unreadable(reason="Google's answer leaves the calendar out", retry_after=_SOON)
    if errors := row.get("errors"):
        return _unreadable(errors)
    try:
        slots = [Slot(instant(one["start"]), instant(one["end"])) for one in _listed(row["busy"])]
    except (KeyError, TypeError, ValueError, OverflowError):
        return Unreadable(reason="Google answered the calendar's busy times in an unknown shape")
    return [BusyTime(slot=slot) for slot in slots if slot.overlaps(window)]


def _listed(times: Any) -> list[Any]:
    """TypeError for what is no list: an empty text or object would read as free."""
    if not isinstance(times, list):
        raise TypeError("a list was expected")
    return times


def _unreadable(errors: Any) -> Unreadable:
    listed = errors if isinstance(errors, list) else []
    why = {reason for one in listed if isinstance(one, dict) and isinstance(reason := one.get("reason"), str)}
    if why & {"notFound", "forbidden"}:
        said = "Google knows no such calendar, or the sign-in may not see when its owner is busy: share it"
        return Unreadable(reason=said, lasting=True)
    if "groupTooBig" in why:
        return Unreadable(reason="this is a group with too many members: name a calendar", lasting=True)
    return Unreadable(reason="Google could not work out the calendar's busy times now", retry_after=_SOON)

"""getSchedule: the default calendars of many mailboxes in one question (Graph, "calendar: getSchedule").

It tells times without our keys. At most 20 addresses and 62 days go into one question (Graph, "get free/busy schedule";
microsoft-graph-docs pull request 19703); a mailbox that cannot be read has an `error` in an answer that is 200.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from pointsman_microsoft.graph.client import Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import rows, shaped, text
from pointsman_microsoft.graph.times import slot_of, written
from pointsman_sdk import (
    BusyTime,
    BusyTimes,
    CalendarRef,
    PlaceGone,
    Rejected,
    Retryable,
    Scope,
    Slot,
    Unreadable,
)

BATCH = 20
_MOST_THROTTLED = 3  # mailboxes over which one question is tried
LONGEST_WINDOW = timedelta(days=62)
_MINUTE = timedelta(minutes=1)
_LEAST, _MOST = 5, 1440  # minutes of a character of the availabilityView, of which as few as can be are wanted
_FREE = "free"
ELSEWHERE = "workingElsewhere"
_SHOWN_AS_FREE = frozenset("04")  # of the availabilityView: free, working elsewhere
#: More than 1,000 entries (microsoft-graph-docs pull request 21589): the events themselves can still be read.
TOO_MANY = Unreadable(reason="the mailbox has more than 1,000 entries in the time asked for")
_LASTING = frozenset(
    {
        "ErrorMailRecipientNotFound",
        "ErrorNoFreeBusyAccess",
        "ErrorInvalidSmtpAddress",
        "ErrorNonExistentMailbox",
        "5009",
    }
)
_GONE = Unreadable(reason="there is no such mailbox, or the app may not see its busy times", lasting=True)
_NOT_NOW = Unreadable(reason="Microsoft Graph could not read the mailbox's busy times")


class Schedules:
    """Asked over a mailbox of ours: `mailbox`, or else one of those asked about.

    A mailbox that cannot be asked over, or has been asked too often, is Unreadable itself, and another one is taken.
    """

    def __init__(self, client: Client, *, mailbox: str | None, elsewhere_blocks: bool) -> None:
        self._client, self._mailbox, self._elsewhere_blocks = client, mailbox, elsewhere_blocks

    async def read(self, asked: Sequence[CalendarRef], window: Slot) -> Mapping[str, BusyTimes | Unreadable]:
        """By the calendar's id, which is the mailbox's address.

        Raises Retryable where `mailbox` is throttled. Where it is none, and a few of those asked are, the others wait too.
        """
        found: dict[str, BusyTimes | Unreadable] = {}
        left, tries = list(asked), _MOST_THROTTLED
        while left:
            over = self._mailbox or left[0].id
            try:
                return found | await self._over(Place.of(over), left, window)
            except PlaceGone as fault:
                if self._mailbox is not None:
                    raise Rejected("the connection's `mailbox` is not there, or the app may not use it") from fault
                found[left.pop(0).id] = Unreadable(reason=str(fault), lasting=True)
            except Retryable as fault:
                if fault.scope is not Scope.SUBJECT or self._mailbox is not None:
                    raise
                found[left.pop(0).id], tries = throttled(fault), tries - 1
                if tries == 0:
                    return found | {one.id: _later(fault) for one in left}
        return found

    async def _over(
        self, place: Place, asked: Sequence[CalendarRef], window: Slot
    ) -> dict[str, BusyTimes | Unreadable]:
        told: dict[str, list[BusyTimes | Unreadable]] = {one.id: [] for one in asked}
        for part in _parts(window):
            interval = min(max(int(part.length / _MINUTE), _LEAST), _MOST)
            body = {
                "schedules": [one.id for one in asked],
                "startTime": written(part.start),
                "endTime": written(max(part.end, part.start + interval * _MINUTE)),
                "availabilityViewInterval": interval,
            }
            answer = await self._client.call("POST", f"{place.path}/getSchedule", body=body, reads=True)
            by_address = {shaped(_address, row): row for row in shaped(rows, answer)}
            for one in asked:
                row = by_address.get(one.id.casefold())
                read = partial(self._one, window=part)
                told[one.id].append(_LEFT_OUT if row is None else shaped(read, row))
        return {name: _joined(parts) for name, parts in told.items()}

    def _one(self, row: Any, window: Slot) -> BusyTimes | Unreadable:
        if row.get("error") is not None:
            return _unreadable(row["error"])
        items = row["scheduleItems"]
        if not isinstance(items, list):
            raise TypeError("a list was expected")
        if not items and not set(row.get("availabilityView") or "") <= _SHOWN_AS_FREE:
            return Unreadable(reason="Microsoft Graph shows that the mailbox is busy, and not when", lasting=True)
        times = [BusyTime(slot=slot_of(one)) for one in items if self._blocks(text(one["status"]))]
        return BusyTimes(times=[one for one in times if one.slot.overlaps(window)])

    def _blocks(self, status: str) -> bool:
        return status != _FREE and (self._elsewhere_blocks or status != ELSEWHERE)


def throttled(fault: Retryable) -> Unreadable:
    """One mailbox, read later; with its subject where that one was asked too often."""
    return Unreadable(reason=str(fault), retry_after=fault.retry_after, subject=fault.subject)


def _later(fault: Retryable) -> Unreadable:
    return Unreadable(reason=str(fault), retry_after=fault.retry_after)


_LEFT_OUT = Unreadable(reason="Microsoft Graph's answer leaves the mailbox out")


def _address(row: Any) -> str:
    return text(row["scheduleId"]).casefold()


def _unreadable(error: Any) -> Unreadable:
    code = error.get("responseCode") if isinstance(error, dict) else None
    if code in ("5006", "ErrorResultSetTooBig"):
        return TOO_MANY
    return _GONE if code in _LASTING else _NOT_NOW


def _parts(window: Slot) -> Iterator[Slot]:
    start, end = window.utc().start, window.utc().end
    while start < end:
        until = min(start + LONGEST_WINDOW, end)
        yield Slot(start, until)
        start = until


def _joined(parts: Sequence[BusyTimes | Unreadable]) -> BusyTimes | Unreadable:
    times: dict[Slot, BusyTime] = {}
    for one in parts:
        if isinstance(one, Unreadable):
            return one
        times.update({time.slot: time for time in one.times})
    return BusyTimes(times=list(times.values()))

"""A calendar vendor that misbehaves on cue, and keeps its own ledger of what it really did."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count

from pointsman.domain.messages.message import say
from pointsman.domain.policy.pools import CREATE_MEETING
from pointsman.services.ports import (
    CalendarEvent,
    ConnectionRef,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
    VendorWaitError,
)
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookRejectedError
from pointsman.services.ports.vendors.calendars import (
    BusyCalendar,
    BusyLimits,
    BusyTime,
    CalendarAsked,
    CalendarNews,
    PushReply,
    VendorCalendar,
    VendorCalendarPage,
    VendorWatch,
)

AT_ONCE = 4  # questions side by side


class Cue(StrEnum):
    """What happens to the next call that changes something."""

    OK = "ok"
    RETRY = "retry"  # nothing done, answered 503
    LOST = "lost"  # done, the answer lost
    BROKEN = "broken"  # done, answered 500 as if nothing had been
    WAIT = "wait"  # the connection has to wait, and nothing is sent
    REAUTH = "reauth"
    REJECTED = "rejected"
    TAKEN = "taken"  # nothing done, since something else stands at that time
    CRASH = "crash"  # done, and then our process dies


#: How many transactions are open around the running code.
open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


class Crash(Exception):
    """Stands for a SIGKILL: nobody catches it."""


class FaultyCalendars:
    """One event per key and calendar, and none of its own making; `live` is what stands there."""

    def __init__(self) -> None:
        self.live: dict[tuple[str, str], list[CalendarEvent]] = defaultdict(list)
        self.cues: list[Cue] = []
        self.calls: list[tuple[str, str]] = []
        self.busy: dict[str, list[tuple[datetime, datetime]]] = {}
        self.faults: dict[str, Exception] = {}
        self.before_change: Callable[[str], asyncio.Future[None] | None] = lambda _op: None
        self.before_answer: Callable[[str], asyncio.Future[None] | None] = lambda _op: None
        self.reads = 0
        self.invites = False
        self.refuses_guests = False  # it could invite, and does not for now
        self.meets = False  # it makes meetings
        self.meeting_pends = False  # what it makes has no link yet
        self.listed: list[list[tuple[str, str]]] = []  # pages of (id, name)
        self.news: dict[str, int] | None = None  # changes by calendar; None: it tells none
        self.watches: dict[str, tuple[str, str]] = {}  # calendar and callback, by the note
        self.secrets: dict[str, str] = {}  # of the last watch of each calendar
        self.pushes_until: datetime | None = None  # None: it calls nobody
        self.ids = count(1)
        self.merges = False  # our events come among the others' busy times, without keys
        self.batch = 1  # calendars in one question
        self.batches: list[list[str]] = []  # what each question asked
        self.spoils: set[str] = set()  # calendars over which a question about several is refused as a whole
        self.slow = 0.0
        self.asked_for: list[object] = []  # whose busy times
        self.answers: int | None = None  # so many readings are answered; the others hang
        self.hanging = 0
        self.retry_after: timedelta | None = None
        self.called_off: set[str] = set()  # keys of events that their owner marked as cancelled
        self.floating: set[str] = set()  # keys of events that their owner's program rewrote without a zone
        self.blind = False  # look-ups by key fail
        self.claimed_sequence: int | None = None  # of every event, whatever stands there
        self.stuck: set[str] = set()  # calendars whose events are read without end
        self.after_reading: Callable[[], Awaitable[object]] | None = None  # once, between a reading and its answer
        self.unsealable: Exception | None = None
        self.after_busy_times: Callable[[], Awaitable[object]] | None = None  # the same, of busy times

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        if self.unsealable is not None:
            raise self.unsealable
        return {k: v for k, v in config.items() if k != "password"}, b"sealed"

    async def check(self, connection: ConnectionRef) -> None:
        _outside_transactions()
        if fault := self.faults.get("check"):
            raise fault

    async def calendar_page(
        self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta
    ) -> VendorCalendarPage:
        _outside_transactions()
        if fault := self.faults.get("list"):
            raise fault
        names = [[], *self.listed][int(cursor or 0) + 1 :]
        calendars = [
            VendorCalendar(id=id_, name=name, owner_email=None, zone=None, writable=True)
            for id_, name in (names[0] if names else [])
        ]
        return VendorCalendarPage(calendars=calendars, cursor=str(int(cursor or 0) + 1) if len(names) > 1 else None)

    def makes_meetings(self, connector: str) -> bool:
        return self.meets

    def invites_guests(self, connector: str) -> bool:
        return self.invites

    def tells_news(self, connector: str) -> bool:
        return self.news is not None

    async def calendar_news(
        self, connection: ConnectionRef, calendar: str, cursor: str | None, *, deadline: timedelta
    ) -> CalendarNews:
        _outside_transactions()
        if fault := self.faults.get("news"):
            raise fault
        assert self.news is not None, "it tells none"
        self.calls.append(("news", calendar))
        now = self.news.get(calendar, 0)
        return CalendarNews(changed=cursor != str(now), cursor=str(now))

    async def watch_calendar(
        self, connection: ConnectionRef, calendar: str, *, callback: str, secret: str, deadline: timedelta
    ) -> VendorWatch | None:
        _outside_transactions()
        if fault := self.faults.get("watch"):
            raise fault
        if self.pushes_until is None:
            return None
        state = f"watch-{next(self.ids)}"
        self.watches[state] = (calendar, callback)
        self.secrets[calendar] = secret
        return VendorWatch(state=state, renew_at=self.pushes_until)

    async def answer_push(self, connection: ConnectionRef, request: SignedRequest, *, secret: str) -> PushReply:
        _outside_transactions()
        if fault := self.faults.get("push"):
            raise fault
        if request.headers.get("secret") != secret:
            raise HookRejectedError("the secret is wrong")
        return PushReply(status=202, headers={}, body=b"", renew=request.body == b"over")

    async def unwatch_calendar(self, connection: ConnectionRef, calendar: str, state: str) -> None:
        _outside_transactions()
        del self.watches[state]

    def busy_limits(self, connector: str) -> BusyLimits:
        return BusyLimits(batch=self.batch, at_once=AT_ONCE)

    async def busy_times(
        self,
        connection: ConnectionRef,
        asked: Sequence[CalendarAsked],
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta,
    ) -> dict[str, BusyCalendar | VendorError]:
        _outside_transactions()
        self.reads += 1
        self.batches.append([one.calendar for one in asked])
        self.asked_for += [one.owner for one in asked]
        if fault := self.faults.get("all"):
            raise fault
        if len(asked) > 1 and self.spoils & {one.calendar for one in asked}:
            raise VendorRejectedError("400")
        if self.slow:
            await asyncio.sleep(self.slow)
        if self.answers == 0:
            self.hanging += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.hanging -= 1
        elif self.answers is not None:
            self.answers -= 1
        found: dict[str, BusyCalendar | VendorError] = {}
        for calendar in (one.calendar for one in asked):
            if fault := self.faults.get(calendar):
                if not isinstance(fault, VendorError):
                    raise fault
                found[calendar] = fault
                continue
            others = [BusyTime(start=a, end=b) for a, b in self.busy.get(calendar, [])]
            events = [e for (where, _), there in self.live.items() if where == calendar for e in there]
            ours = [BusyTime(start=e.start, end=e.end, key=None if self.merges else e.key) for e in events]
            times = [one for one in [*others, *ours] if one.start < end and one.end > start]
            found[calendar] = BusyCalendar(times=times, keyed=not self.merges)
        if (meanwhile := self.after_busy_times) is not None:
            self.after_busy_times = None
            await meanwhile()
        return found

    async def get_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        _outside_transactions()
        self.calls.append(("get", key))
        if fault := self.faults.get(calendar) or (VendorRetryableError("503") if self.blind else None):
            raise fault
        events = self.live[calendar, key]
        return replace(self._shown(events[0]), cancelled=key in self.called_off) if events else None

    async def put_event(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        is_refused = self.refuses_guests and event.invites and bool(event.guests)
        if is_refused:
            event = replace(event, invites=False)

        def apply() -> None:
            self.called_off.discard(event.key)
            events = self.live[event.calendar, event.key]
            if not events or event.sequence >= events[0].sequence:
                self.live[event.calendar, event.key] = [event]

        await self._change("put", event.key, apply)
        there = self.live[event.calendar, event.key]
        told = self._linked(there[0] if there else event)
        if is_refused:
            told = replace(told, invites_nobody=say("vendor.no-answer"))
        return told if self.claimed_sequence is None else replace(told, sequence=self.claimed_sequence)

    async def our_events(
        self, connection: ConnectionRef, calendar: str, start: datetime, end: datetime, *, deadline: timedelta
    ) -> list[VendorEvent]:
        _outside_transactions()
        self.calls.append(("booked", calendar))
        if calendar in self.stuck:
            await asyncio.Event().wait()
        if fault := self.faults.get(calendar):
            raise fault
        events = [event for (where, _), events in self.live.items() if where == calendar for event in events]
        standing = [event for event in events if event.key not in self.called_off]
        seen = [self._shown(event) for event in standing if event.start < end and event.end > start]
        if (meanwhile := self.after_reading) is not None:
            self.after_reading = None
            await meanwhile()
        return seen

    async def drop_event(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        await self._change("drop", key, lambda: self.live.update({(calendar, key): []}))

    def _shown(self, event: CalendarEvent) -> VendorEvent:
        return replace(self._linked(event), certain=event.key not in self.floating)

    def _linked(self, event: CalendarEvent) -> VendorEvent:
        """With where it takes place; a meeting of its own is of one calendar."""
        if event.meeting != CREATE_MEETING:
            return replace(_receipt(event), join_url=event.meeting)
        if not self.meets:
            return replace(_receipt(event), makes_no_meeting=say("vendor.no-answer"))
        link = f"https://meet.example/{event.calendar}/{event.key[-8:]}"
        return replace(_receipt(event), join_url=None if self.meeting_pends else link)

    def drag(self, event: CalendarEvent, start: datetime) -> None:
        """What its owner does by dragging the event elsewhere."""
        there = replace(event, start=start, end=start + (event.end - event.start))
        self.live[event.calendar, event.key] = [there]

    def remove(self, event: CalendarEvent) -> None:
        """What its owner does by deleting the event."""
        self.live[event.calendar, event.key].clear()

    def events(self) -> list[CalendarEvent]:
        return [event for events in self.live.values() for event in events]

    async def _change(self, op: str, key: str, apply: Callable[[], None]) -> None:
        _outside_transactions()
        self.calls.append((op, key))
        if (wait := self.before_change(op)) is not None:
            await wait
        cue = self.cues.pop(0) if self.cues else Cue.OK
        if cue in {Cue.OK, Cue.LOST, Cue.BROKEN, Cue.CRASH}:
            apply()
        if (wait := self.before_answer(op)) is not None:
            await wait
        match cue:
            case Cue.RETRY | Cue.BROKEN:
                raise VendorRetryableError("503\x00 sorry", retry_after=self.retry_after)
            case Cue.LOST:
                raise VendorUnansweredError("no answer")
            case Cue.WAIT:
                until = datetime(2030, 1, 1, tzinfo=UTC)
                raise VendorWaitError(
                    "too many calls", until=until, retry_after=self.retry_after or timedelta(minutes=1)
                )
            case Cue.REAUTH:
                raise VendorReauthError("401")
            case Cue.REJECTED:
                raise VendorRejectedError("no such calendar")
            case Cue.TAKEN:
                raise VendorSlotTakenError("that time is taken")
            case Cue.CRASH:
                raise Crash
            case Cue.OK:
                pass


def _outside_transactions() -> None:
    assert open_transactions.get() == 0, "a vendor was called while a transaction was open"


def _receipt(event: CalendarEvent) -> VendorEvent:
    return VendorEvent(
        key=event.key,
        vendor_id=f"v-{event.key}",
        version="1",
        sequence=event.sequence,
        start=event.start,
        end=event.end,
    )

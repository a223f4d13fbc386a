"""The adapter: the services' calendar port over whatever connector a connection names."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import SecretStr

from pointsman.connectors.credentials import seal_config
from pointsman.connectors.hook_values import push_reply
from pointsman.connectors.pace.calls import CALL_DEADLINE, Calls
from pointsman.connectors.pace.masks import Masks
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.sdk_values import (
    LONGEST_ID,
    Busyness,
    appointment,
    busyness,
    calendar_page,
    check_contract,
    kept_instant,
    kept_subject,
    kept_text,
    refusal_message,
    vendor_event,
)
from pointsman.domain.errors import Fault, Invalid, NotFound, Unavailable
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.vendors.calendar_events import CalendarEvent, VendorEvent
from pointsman.services.ports.vendors.calendars import (
    BusyLimits,
    CalendarAsked,
    CalendarNews,
    PushReply,
    VendorCalendarPage,
    VendorWatch,
)
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import VendorError, VendorRetryableError
from pointsman_sdk import (
    CREATE_MEETING,
    Appointment,
    Appointments,
    Busy,
    CalendarRef,
    Calendars,
    Capability,
    Connector,
    GuestsRefused,
    Invites,
    Limits,
    PlaceGone,
    Rejected,
    Slot,
    SlotTaken,
    Unreadable,
    Watches,
    WebhookRequest,
    check_key,
)

T = TypeVar("T")


class ConnectorGateway(Calls):
    """Implements `CalendarGateway`."""

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        """The configuration's public part, and the rest encrypted. Raises Invalid, Unavailable."""
        try:
            parsed = self._registry.parse_config(connector, config)
        except NotFound as unknown:
            fault = Fault(path="body.connector", code="unknown-connector", message=str(unknown))
            raise Invalid("There is no such connector.", code="unknown-connector", faults=[fault]) from None
        return seal_config(self._vault, connector, parsed)

    async def check(self, connection: ConnectionRef) -> None:
        """One authenticated call."""
        await self.call(connection, lambda connector: connector.check(), patience=Patience.UNPACED)

    async def calendar_page(
        self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta
    ) -> VendorCalendarPage:
        """A page of the calendars that the connection sees."""

        async def read(vendor: Calendars) -> VendorCalendarPage:
            return calendar_page(await vendor.page(cursor))

        return await self.on(Capability.CALENDARS, connection, read, deadline=deadline, patience=Patience.FIRST)

    def tells_news(self, connector: str) -> bool:
        """Whether the vendor tells what changed in a calendar."""
        try:
            return Capability.WATCHES in self._registry.manifest(connector).capabilities
        except (NotFound, Unavailable):
            return False

    def makes_meetings(self, connector: str) -> bool:
        """Whether the vendor can make a meeting with an event."""
        try:
            return self._registry.manifest(connector).makes_meetings
        except (NotFound, Unavailable):
            return False

    def invites_guests(self, connector: str) -> bool:
        """Whether the vendor writes to the guests of an event."""
        try:
            return Invites.VENDOR in self._registry.manifest(connector).invites
        except (NotFound, Unavailable):
            return False

    async def calendar_news(
        self, connection: ConnectionRef, calendar: str, cursor: str | None, *, deadline: timedelta
    ) -> CalendarNews:
        """Whether anything changed since the cursor."""

        async def ask(vendor: Watches) -> CalendarNews:
            told = await vendor.changed(calendar, cursor)
            changed = cursor is None or not told.complete or told.others or bool(told.keys)
            following = told.cursor if told.cursor and len(told.cursor) <= LONGEST_ID else None
            kept = None if following is None else kept_text(following)
            return CalendarNews(changed=changed, cursor=kept, until=kept_instant(told.until))

        return await self.on(
            Capability.WATCHES, connection, ask, place=calendar, deadline=deadline, patience=Patience.WAITS
        )

    async def watch_calendar(
        self, connection: ConnectionRef, calendar: str, *, callback: str, secret: str, deadline: timedelta
    ) -> VendorWatch | None:
        """Have the vendor call when something changes."""

        async def ask(vendor: Watches) -> VendorWatch | None:
            made = await vendor.watch(calendar, callback, SecretStr(secret))
            if made is None:
                return None
            try:
                return VendorWatch(state=kept_text(made.state), renew_at=kept_instant(made.renew_at))
            except (TypeError, ValueError):
                await vendor.unwatch(calendar, made.state)  # nothing else would end it
                raise

        return await self.on(
            Capability.WATCHES, connection, ask, place=calendar, deadline=deadline, patience=Patience.WAITS
        )

    async def answer_push(self, connection: ConnectionRef, request: SignedRequest, *, secret: str) -> PushReply:
        """What the connector answers a vendor that calls about a watch."""
        heard = WebhookRequest(method=request.method, url=request.uri, headers=request.headers, body=request.body)

        def ask(connector: Connector) -> PushReply:
            able = getattr(connector, Capability.WATCHES, None)
            if not isinstance(able, Watches):
                raise Rejected("the connector watches nothing")
            try:
                return push_reply(able.heard(heard, SecretStr(secret)))
            except Rejected as refusal:
                raise Rejected(Masks([secret]).hide(str(refusal))) from None

        return await self.answer(connection, ask)

    async def unwatch_calendar(self, connection: ConnectionRef, calendar: str, state: str) -> None:
        """End that."""
        await self.on(Capability.WATCHES, connection, lambda vendor: vendor.unwatch(calendar, state), place=calendar)

    def busy_limits(self, connector: str) -> BusyLimits:
        """How many calendars go into one question, and how many questions are asked side by side."""
        limits = self._limits(connector)
        return BusyLimits(batch=max(1, limits.busy_batch), at_once=max(1, limits.at_once))

    async def busy_times(
        self,
        connection: ConnectionRef,
        asked: Sequence[CalendarAsked],
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta,
    ) -> dict[str, Busyness]:
        """Busy times of each calendar, or why that one cannot be read: one question to the vendor, without those that wait."""
        window, names = check_contract(lambda: Slot(start, end)), [one.calendar for one in asked]
        waiting = await self.waiting(connection, Capability.BUSY, names) if len(asked) > 1 else {}
        wanted = [
            CalendarRef(id=one.calendar, zone=one.owner.zone, owner=one.owner.email)
            for one in asked
            if one.calendar not in waiting
        ]
        throttled = dict[str, str]()

        async def read(vendor: Busy) -> dict[str, Busyness]:
            answer = await vendor.read(wanted, window)
            found = {one.id: busyness(answer.get(one.id)) for one in wanted}
            for name in found:
                if isinstance(said := answer.get(name), Unreadable) and (subject := kept_subject(said.subject)):
                    throttled[name] = subject
            if len(names) == 1 and isinstance(fault := found[names[0]], VendorError) and not throttled:
                raise fault  # a question about one calendar that fails is a call that fails
            return found

        if not wanted:
            return dict(waiting)
        place = wanted[0].id if len(wanted) == 1 else None
        found = await self.on(
            Capability.BUSY, connection, read, place=place, deadline=deadline, patience=Patience.FIRST
        )
        for name, subject in throttled.items():
            if isinstance(fault := found[name], VendorRetryableError):
                found[name] = await self.hold(connection, subject, fault, failure_message(fault))
        if len(names) == 1 and isinstance(fault := found[names[0]], VendorError):
            raise fault
        return {**found, **waiting}

    def _limits(self, connector: str) -> Limits:
        try:
            return self._registry.manifest(connector).limits
        except (NotFound, Unavailable):
            return Limits()  # the call itself says what is wrong with it

    async def put_event(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        """Bring the event to this state."""
        request = check_contract(lambda: appointment(event))

        async def put(vendor: Appointments) -> VendorEvent:
            try:
                return await _put(vendor, request)
            except GuestsRefused as refusal:
                there = await _put(vendor, replace(request, invites=Invites.HOST))
                return replace(there, invites_nobody=refusal_message(refusal))

        return await self._on_calendar(connection, event.calendar, put, writes=True)

    async def get_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        """The event with this key, or None."""
        check_contract(lambda: check_key(key))

        async def look_up(vendor: Appointments) -> VendorEvent | None:
            found = await vendor.get(calendar, key)
            return None if found is None else vendor_event(found)

        return await self._on_calendar(connection, calendar, look_up, patience=Patience.WAITS)

    async def drop_event(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        """Take the event away, if it is there."""
        check_contract(lambda: check_key(key))
        await self._on_calendar(connection, calendar, lambda vendor: vendor.drop(calendar, key), writes=True)

    async def our_events(
        self,
        connection: ConnectionRef,
        calendar: str,
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta = CALL_DEADLINE,
    ) -> list[VendorEvent]:
        """Our own events in a window as the vendor has them: to read back and to reconcile."""
        window = check_contract(lambda: Slot(start, end))

        async def read(vendor: Appointments) -> list[VendorEvent]:
            return [vendor_event(record) for record in await vendor.ours(calendar, window)]

        return await self._on_calendar(connection, calendar, read, deadline=deadline, patience=Patience.WAITS)

    async def _on_calendar(
        self,
        connection: ConnectionRef,
        calendar: str,
        do: Callable[[Appointments], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        return await self.on(
            Capability.APPOINTMENTS,
            connection,
            do,
            place=calendar,
            deadline=deadline,
            writes=writes,
            patience=patience,
        )


async def _put(vendor: Appointments, thing: Appointment) -> VendorEvent:
    """What stands then, without the meeting that was to be made where the vendor makes none."""
    try:
        return vendor_event(await vendor.put(thing))
    except (SlotTaken, PlaceGone):
        raise
    except Rejected as refusal:
        # Where a meeting stands it was something else that was refused, and the buyer has its link.
        if thing.meeting != CREATE_MEETING or await _meets(vendor, thing):
            raise
        there = vendor_event(await vendor.put(replace(thing, meeting=None)))
        return replace(there, join_url=None, makes_no_meeting=refusal_message(refusal))


async def _meets(vendor: Appointments, thing: Appointment) -> bool:
    """Whether its event has a meeting."""
    found = await vendor.get(thing.place, thing.key)
    return found is not None and found.join_url is not None

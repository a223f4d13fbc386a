"""The adapter: the services' calendar port over whatever connector a connection names."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import SecretStr

from pointsman.connectors.context import ContextFactory
from pointsman.connectors.credentials import open_config, seal_config
from pointsman.connectors.hook_values import push_reply
from pointsman.connectors.pace.endings import Ending
from pointsman.connectors.pace.gate import OpenGate, PaceGate, Patience
from pointsman.connectors.pace.hearing import HEARING, Heard
from pointsman.connectors.pace.instances import Instance, Instances, asked
from pointsman.connectors.pace.masks import CURRENT, Masks, secrets_in
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import (
    LONGEST_ID,
    Busyness,
    appointment,
    busyness,
    calendar_page,
    check_contract,
    kept_instant,
    kept_text,
    vendor_event,
)
from pointsman.connectors.vault import Vault
from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.messages.message import say
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookRejectedError, HookUnansweredError
from pointsman.services.ports.vendors.calendars import (
    BusyLimits,
    CalendarAsked,
    CalendarEvent,
    CalendarNews,
    ConnectionRef,
    PushReply,
    VendorCalendarPage,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorWatch,
)
from pointsman_sdk import (
    PROTOCOLS,
    Appointments,
    Busy,
    CalendarRef,
    Calendars,
    Capability,
    Connector,
    ConnectorError,
    Limits,
    Rejected,
    Slot,
    Watches,
    WebhookRequest,
    check_key,
)

T = TypeVar("T")
CALL_DEADLINE = timedelta(seconds=30)
ANSWER_WITHIN = timedelta(seconds=2)
_ASKED_AT_ONCE = 8  # connectors that are asked beside the event loop
_UNUSABLE = {"secret-key-missing": "vendor.secret-key-missing", "secret-unreadable": "vendor.secret-unreadable"}


def _ignore(_connector: str, _kind: str) -> None:
    """Count nothing."""


class ConnectorGateway:
    """Implements `CalendarGateway`. Every error of a connector leaves here as a `VendorError`.

    `gate` keeps the pace of connections; without one each call begins at once.
    `on_bug(connector, exception type)` hears of each error that a connector should not have raised.
    """

    def __init__(
        self,
        *,
        registry: ConnectorRegistry,
        vault: Vault,
        contexts: ContextFactory,
        gate: PaceGate | None = None,
        on_bug: Callable[[str, str], None] = _ignore,
    ) -> None:
        self._registry, self._vault, self._contexts, self._on_bug = registry, vault, contexts, on_bug
        self._gate = gate or OpenGate()
        self._instances = Instances(self._build)
        self._asked = ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE, thread_name_prefix="connector")

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        """The configuration's public part, and the rest encrypted. Raises Invalid, NotFound, Unavailable."""
        return seal_config(self._vault, connector, self._registry.parse_config(connector, config))

    async def check(self, connection: ConnectionRef) -> None:
        """One authenticated call."""
        await self.call(connection, lambda connector: connector.check(), patience=Patience.UNPACED)

    async def calendar_page(
        self, connection: ConnectionRef, cursor: str | None, *, deadline: timedelta
    ) -> VendorCalendarPage:
        """A page of the calendars that the connection sees."""

        async def read(vendor: Calendars) -> VendorCalendarPage:
            return calendar_page(await vendor.page(cursor))

        return await self._with(Capability.CALENDARS, connection, read, deadline=deadline, patience=Patience.FIRST)

    def tells_news(self, connector: str) -> bool:
        """Whether the vendor tells what changed in a calendar."""
        try:
            return Capability.WATCHES in self._registry.manifest(connector).capabilities
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
            return CalendarNews(changed=changed, cursor=None if following is None else kept_text(following))

        return await self._with(Capability.WATCHES, connection, ask, deadline=deadline, patience=Patience.WAITS)

    async def watch_calendar(
        self, connection: ConnectionRef, calendar: str, *, callback: str, secret: str, deadline: timedelta
    ) -> VendorWatch | None:
        """Have the vendor call when something changes."""

        async def ask(vendor: Watches) -> VendorWatch | None:
            made = await vendor.watch(calendar, callback, SecretStr(secret))
            if made is None:
                return None
            return VendorWatch(state=kept_text(made.state), renew_at=kept_instant(made.renew_at))

        return await self._with(Capability.WATCHES, connection, ask, deadline=deadline, patience=Patience.WAITS)

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
        await self._with(Capability.WATCHES, connection, lambda vendor: vendor.unwatch(calendar, state))

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
        """Busy times of each calendar, or why that one cannot be read: one question to the vendor."""
        window = check_contract(lambda: Slot(start, end))

        async def read(vendor: Busy) -> dict[str, Busyness]:
            wanted = [CalendarRef(id=one.calendar, zone=one.owner.zone, owner=one.owner.email) for one in asked]
            answer = await vendor.read(wanted, window)
            found = {one.calendar: busyness(answer.get(one.calendar)) for one in asked}
            if len(found) == 1 and isinstance(fault := next(iter(found.values())), VendorError):
                raise fault  # a question about one calendar that fails is a call that fails
            return found

        return await self._with(Capability.BUSY, connection, read, deadline=deadline, patience=Patience.FIRST)

    def _limits(self, connector: str) -> Limits:
        try:
            return self._registry.manifest(connector).limits
        except (NotFound, Unavailable):
            return Limits()  # the call itself says what is wrong with it

    async def put_event(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        """Bring the event to this state."""
        request = check_contract(lambda: appointment(event))

        async def put(vendor: Appointments) -> VendorEvent:
            return vendor_event(await vendor.put(request))

        return await self._on_calendar(connection, put, writes=True)

    async def get_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        """The event with this key, or None."""
        check_contract(lambda: check_key(key))

        async def look_up(vendor: Appointments) -> VendorEvent | None:
            found = await vendor.get(calendar, key)
            return None if found is None else vendor_event(found)

        return await self._on_calendar(connection, look_up)

    async def drop_event(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        """Take the event away, if it is there."""
        check_contract(lambda: check_key(key))
        await self._on_calendar(connection, lambda vendor: vendor.drop(calendar, key), writes=True)

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

        return await self._on_calendar(connection, read, deadline=deadline, patience=Patience.WAITS)

    async def aclose(self) -> None:
        """Let go of every vendor."""
        self._asked.shutdown(wait=False, cancel_futures=True)
        await self._instances.aclose()
        await self._gate.aclose()
        await self._contexts.aclose()

    async def _on_calendar(
        self,
        connection: ConnectionRef,
        do: Callable[[Appointments], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        return await self._with(
            Capability.APPOINTMENTS, connection, do, deadline=deadline, writes=writes, patience=patience
        )

    async def _with(
        self,
        capability: Capability,
        connection: ConnectionRef,
        do: Callable[[Any], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        async def on_capability(connector: Connector) -> T:
            able = getattr(connector, capability, None)
            if not isinstance(able, PROTOCOLS[capability]):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} has no calendars", told=say("vendor.no-calendars", connector=name)
                )
            return await do(able)

        return await self.call(connection, on_capability, deadline=deadline, writes=writes, patience=patience)

    async def use(
        self,
        capability: Capability,
        connection: ConnectionRef,
        do: Callable[[Any], Awaitable[T]],
        *,
        deadline: timedelta,
    ) -> T:
        """As `call`, of one capability, for a caller who comes back when it may not begin at once."""
        return await self._with(capability, connection, do, deadline=deadline)

    async def ask(self, connection: ConnectionRef, do: Callable[[Connector], T], *, deadline: timedelta) -> T:
        """What the connector says of itself, in a thread: no vendor is called, so there is no pace to keep.

        Raises what `do` raises, without a secret of the connection where the connector says it; TimeoutError; `VendorError`
        where it cannot be built.
        """
        async with self._instances.use(connection) as instance:
            masks = CURRENT.set(instance.lent.masks)
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    loop = asyncio.get_running_loop()
                    return await loop.run_in_executor(self._asked, copy_context().run, asked, do, instance.connector)
            except ConnectorError as error:
                error.args = tuple(instance.lent.masks.hide(str(part)) for part in error.args)
                raise
            finally:
                CURRENT.reset(masks)

    async def answer(self, connection: ConnectionRef, do: Callable[[Connector], T]) -> T:
        """As `ask`, for a vendor that waits for the answer. Raises `HookRejectedError`, `HookUnansweredError`."""
        try:
            return await self.ask(connection, do, deadline=ANSWER_WITHIN)
        except Rejected as rejected:
            raise HookRejectedError(safe_error_text(rejected)) from None
        except TimeoutError:
            raise HookUnansweredError("the connector did not answer in time") from None
        except VendorError as error:
            raise HookUnansweredError(safe_error_text(error)) from None
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001  # beyond this line lies code that is not ours
            kind = type(error).__name__
            self.tell_of_bug(connection.connector, kind)
            # The type alone: the text may quote what was sent.
            raise HookUnansweredError(f"the connector failed ({kind})") from None

    def tell_of_bug(self, connector: str, kind: str) -> None:
        """A connector raised, or said, what it should not."""
        self._on_bug(connector, kind)

    async def call(
        self,
        connection: ConnectionRef,
        do: Callable[[Connector], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        """What `do` answers, in the pace of the connection. Whatever goes wrong leaves here as a `VendorError`.

        `deadline` is for all of it, the wait for a turn too. No secret of the connection is in an error or a log line.
        """
        limit = asyncio.timeout(deadline.total_seconds())
        async with self._instances.use(connection) as instance:
            admitted = await self._gate.enter(connection.id, instance.limits, patience, deadline=deadline)
            masks, heard = CURRENT.set(instance.lent.masks), Heard()
            hearing = HEARING.set(heard)
            ending = Ending(self._gate, admitted, instance.lent, writes=writes, heard=heard)
            try:
                async with limit:
                    answer = await do(instance.connector)
            except ConnectorError as error:
                raise await ending.by_connector(error) from error
            except VendorError as error:
                await ending.by_ourselves(error)
                raise
            except (Exception, SystemExit) as error:  # noqa: BLE001  # beyond this line lies code that is not ours
                if limit.expired():
                    raise await ending.by_time_out(connection.connector) from None
                kind = type(error).__name__
                self._on_bug(connection.connector, kind)
                raise ending.by_bug(connection.connector, kind) from None
            else:
                await ending.by_answer()
                return answer
            finally:
                ending.let_go()
                HEARING.reset(hearing)
                CURRENT.reset(masks)

    def _build(self, connection: ConnectionRef) -> Instance:
        name, masks = connection.connector, Masks()
        token = CURRENT.set(masks)
        try:
            config = open_config(self._vault, name, connection.config, connection.sealed)
            manifest = self._registry.manifest(name)
            parsed = self._registry.parse_config(name, config)
            for secret in secrets_in(parsed):
                masks.keep(secret)
            lent = self._contexts.lend(connection, manifest, parsed, masks)
            connector = self._registry.build(name, config, lent.context)
            return Instance(connector=connector, lent=lent, limits=manifest.limits)
        except NotFound as error:
            raise VendorRetryableError(str(error), told=say("vendor.no-connector", connector=name)) from error
        except Unavailable as error:
            # A broken connector is mended by a release, a key that this process lacks by its settings: the connection itself
            # is whole, and other processes may have the key. A seal of something else is for the person who has the secret.
            fault = VendorReauthError if error.code == "secret-unreadable" else VendorRetryableError
            told = say(_UNUSABLE.get(error.code, "vendor.connector-broken"), connector=name)
            raise fault(str(error), told=told) from error
        except Invalid as error:
            raise VendorReauthError(f"{error}: correct the connection", told=say("vendor.wrong-settings")) from error
        finally:
            CURRENT.reset(token)

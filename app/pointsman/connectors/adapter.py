"""The adapter: the services' calendar port over whatever connector a connection names."""

import asyncio
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from pointsman.connectors.context import ContextFactory
from pointsman.connectors.credentials import open_config, seal_config
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import appointment, check_contract, utc_interval, vendor_error, vendor_event
from pointsman.connectors.vault import Vault
from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.messages.message import Message, say
from pointsman.services.ports.vendors.calendars import (
    CalendarEvent,
    CalendarOwner,
    ConnectionRef,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorUnansweredError,
)
from pointsman_sdk import (
    PROTOCOLS,
    Appointments,
    Busy,
    BusyTimes,
    CalendarRef,
    Capability,
    Connector,
    ConnectorError,
    Slot,
    check_key,
)

T = TypeVar("T")
_LOG = logging.getLogger("pointsman.connectors")
_MOST_CONNECTIONS = 500
CALL_DEADLINE = timedelta(seconds=30)
_UNUSABLE = {"secret-key-missing": "vendor.secret-key-missing", "secret-unreadable": "vendor.secret-unreadable"}


def _ignore(_connector: str, _kind: str) -> None:
    """Count nothing."""


class ConnectorGateway:
    """Implements `CalendarGateway`. Every error of a connector leaves here as a `VendorError`.

    `on_bug(connector, exception type)` hears of each error that a connector should not have raised.
    """

    def __init__(
        self,
        *,
        registry: ConnectorRegistry,
        vault: Vault,
        contexts: ContextFactory,
        on_bug: Callable[[str, str], None] = _ignore,
    ) -> None:
        self._registry, self._vault, self._contexts, self._on_bug = registry, vault, contexts, on_bug
        self._built: OrderedDict[tuple[object, str], Connector] = OrderedDict()

    def seal(self, connector: str, config: Mapping[str, object]) -> tuple[dict[str, object], bytes]:
        """The configuration's public part, and the rest encrypted. Raises Invalid, NotFound, Unavailable."""
        return seal_config(self._vault, connector, self._registry.parse_config(connector, config))

    async def check(self, connection: ConnectionRef) -> None:
        """One authenticated call."""
        await self.call(connection, lambda connector: connector.check())

    async def busy_times(
        self,
        connection: ConnectionRef,
        calendar: str,
        start: datetime,
        end: datetime,
        *,
        deadline: timedelta,
        owner: CalendarOwner,
    ) -> list[tuple[datetime, datetime]]:
        """Busy times in UTC, by start."""
        window = check_contract(lambda: Slot(start, end))

        async def read(vendor: Busy) -> list[tuple[datetime, datetime]]:
            asked = CalendarRef(id=calendar, zone=owner.zone, owner=owner.email)
            found = (await vendor.read([asked], window)).get(calendar)
            if not isinstance(found, BusyTimes):
                said, wait = ("the answer leaves it out", None) if found is None else (found.reason, found.retry_after)
                raise VendorRetryableError(f"the calendar cannot be read: {said}", retry_after=wait)
            return sorted(utc_interval(one.slot) for one in found.times)

        return await self._with(Capability.BUSY, connection, read, deadline=deadline)

    async def find_event(self, connection: ConnectionRef, calendar: str, key: str) -> VendorEvent | None:
        """The event with this key, or None."""
        check_contract(lambda: check_key(key))

        async def look_up(vendor: Appointments) -> VendorEvent | None:
            found = await vendor.get(calendar, key)
            return None if found is None else vendor_event(found)

        return await self._on_calendar(connection, look_up)

    async def book(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        """Create the event once."""
        request = check_contract(lambda: appointment(event))

        async def create(vendor: Appointments) -> VendorEvent:
            return vendor_event(await vendor.put(request))

        return await self._on_calendar(connection, create, writes=True)

    async def move(self, connection: ConnectionRef, event: CalendarEvent) -> VendorEvent:
        """Bring the event to its new time."""
        request = check_contract(lambda: appointment(event))

        async def change(vendor: Appointments) -> VendorEvent:
            return vendor_event(await vendor.put(request))

        return await self._on_calendar(connection, change, writes=True)

    async def cancel(self, connection: ConnectionRef, calendar: str, key: str) -> None:
        """Remove the event, if it is there."""
        check_contract(lambda: check_key(key))
        await self._on_calendar(connection, lambda vendor: vendor.drop(calendar, key), writes=True)

    async def list_our_events(
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

        return await self._on_calendar(connection, read, deadline=deadline)

    async def aclose(self) -> None:
        """Let go of every vendor."""
        self._built.clear()
        await self._contexts.aclose()

    async def _on_calendar(
        self,
        connection: ConnectionRef,
        do: Callable[[Appointments], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
    ) -> T:
        return await self._with(Capability.APPOINTMENTS, connection, do, deadline=deadline, writes=writes)

    async def _with(
        self,
        capability: Capability,
        connection: ConnectionRef,
        do: Callable[[Any], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
    ) -> T:
        async def on_capability(connector: Connector) -> T:
            able = getattr(connector, capability, None)
            if not isinstance(able, PROTOCOLS[capability]):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} has no calendars", told=say("vendor.no-calendars", connector=name)
                )
            return await do(able)

        return await self.call(connection, on_capability, deadline=deadline, writes=writes)

    async def call(
        self,
        connection: ConnectionRef,
        do: Callable[[Connector], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
    ) -> T:
        """What `do` answers. Every other error that it raises comes from a connector, and leaves here as a `VendorError`."""
        name = connection.connector
        limit = asyncio.timeout(deadline.total_seconds())
        try:
            async with limit:
                return await do(self._connector(connection))
        except ConnectorError as error:
            raise vendor_error(error) from error
        except VendorError:
            raise
        except Exception as error:  # noqa: BLE001  # beyond this line lies code that is not ours
            if limit.expired():
                _unanswered(f"{name} did not answer in time", say("vendor.no-answer"), writes=writes)
            kind = type(error).__name__
            self._on_bug(name, kind)
            # The type alone: the text may quote what was sent or received.
            _LOG.warning("connector %s raised %s, which is a bug in it", name, kind)
            told = say("vendor.connector-failed", connector=name, kind=kind)
            _unanswered(f"the connector {name!r} failed ({kind})", told, writes=writes)

    def _connector(self, connection: ConnectionRef) -> Connector:
        key = (connection.id, _fingerprint(connection))
        if key in self._built:
            self._built.move_to_end(key)
            return self._built[key]
        name = connection.connector
        try:
            config = open_config(self._vault, name, connection.config, connection.sealed)
            connector = self._registry.build(name, config, self._contexts.context(name))
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
        self._built[key] = connector
        if len(self._built) > _MOST_CONNECTIONS:
            self._built.popitem(last=False)
        return connector


def _unanswered(text: str, told: Message, *, writes: bool) -> NoReturn:
    raise (VendorUnansweredError if writes else VendorRetryableError)(text, told=told) from None


def _fingerprint(connection: ConnectionRef) -> str:
    public = json.dumps(dict(connection.config), sort_keys=True, default=str)
    text = f"{connection.connector}\n{public}\n{connection.sealed.hex()}"
    return hashlib.sha256(text.encode()).hexdigest()

"""Calls over connections: in their pace, with their secrets masked, and with every fault of a connector named."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from pointsman.connectors.context import ContextFactory
from pointsman.connectors.credentials import open_config
from pointsman.connectors.pace.endings import Ending
from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.pace.hearing import HEARING, Heard
from pointsman.connectors.pace.held_back import HeldBack
from pointsman.connectors.pace.instances import Instance, Instances, asked
from pointsman.connectors.pace.masks import CURRENT, Masks, secrets_in
from pointsman.connectors.pace.open_gate import OpenGate
from pointsman.connectors.pace.patience import Patience
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import kept_subject
from pointsman.connectors.vault import Vault
from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.messages.message import Message, say
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.ports.intake.vendor_events import HookRejectedError, HookUnansweredError
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.errors import (
    VendorError,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
    VendorWaitError,
)
from pointsman_sdk import (
    PROTOCOLS,
    Capability,
    Connector,
    ConnectorError,
    Per,
    Rejected,
    limits_of,
    subject_of,
)

T = TypeVar("T")
CALL_DEADLINE = timedelta(seconds=30)
ANSWER_WITHIN = timedelta(seconds=2)
_ASKED_AT_ONCE = 8  # connectors that are asked beside the event loop
_UNUSABLE = {"secret-key-missing": "vendor.secret-key-missing", "secret-unreadable": "vendor.secret-unreadable"}


def _ignore(_connector: str, _kind: str) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class About:
    """What a call is about; the place None is no single one."""

    capability: Capability
    place: str | None


class Calls:
    """Connections, each with its connector. Every error of a connector leaves here as a `VendorError`.

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

    async def on(
        self,
        capability: Capability,
        connection: ConnectionRef,
        do: Callable[[Any], Awaitable[T]],
        *,
        deadline: timedelta = CALL_DEADLINE,
        place: str | None = None,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        """As `call`, of one capability, which the connector may lack. `place` is what it is about, where that is one."""

        async def on_capability(connector: Connector) -> T:
            able = getattr(connector, capability, None)
            if not isinstance(able, PROTOCOLS[capability]):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} has no calendars", told=say("vendor.no-calendars", connector=name)
                )
            return await do(able)

        about = About(capability, place)
        return await self.call(
            connection, on_capability, about=about, deadline=deadline, writes=writes, patience=patience
        )

    async def waiting(
        self, connection: ConnectionRef, capability: Capability, places: Sequence[str]
    ) -> Mapping[str, VendorWaitError]:
        """Those of the places for whose mailbox, or user, no call may begin now, and why."""
        async with self._instances.use(connection) as instance:
            subjects = {place: self._subject(connection, instance, About(capability, place)) for place in places}
        # What is asked for all as one user keeps that one's pace, as any call does.
        common = self._subject(connection, instance, About(capability, None))
        own = {place: subject for place, subject in subjects.items() if subject not in ("", common)}
        held = await self._gate.waiting(connection.id, own.values()) if own else {}
        return {place: held[subject] for place, subject in own.items() if subject in held}

    async def hold(
        self, connection: ConnectionRef, subject: str, fault: VendorRetryableError, said: Message
    ) -> VendorRetryableError:
        """`fault` as what those hear who wait for this one."""
        until = await self._gate.hold(connection.id, subject, said, fault.retry_after)
        if until is None:
            return fault
        wait = max(until - self._gate.now(), timedelta())
        return VendorWaitError(str(fault), until=until, retry_after=wait, told=fault.told)

    def _subject(self, connection: ConnectionRef, instance: Instance, about: "About | None") -> str:
        """ "" where calls are counted over the connection."""
        if about is None or instance.limits.per is not Per.SUBJECT:
            return ""
        try:
            return kept_subject(subject_of(instance.connector, about.capability, about.place)) or ""
        except Exception as error:  # noqa: BLE001  # beyond this line lies code that is not ours
            self._on_bug(connection.connector, type(error).__name__)
            return ""

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
        about: "About | None" = None,
        deadline: timedelta = CALL_DEADLINE,
        writes: bool = False,
        patience: Patience = Patience.COMES_BACK,
    ) -> T:
        """What `do` answers, in the pace of the connection. Whatever goes wrong leaves here as a `VendorError`.

        `deadline` is for all of it, the wait for a turn too. No secret of the connection is in an error or a log line.
        """
        limit = asyncio.timeout(deadline.total_seconds())
        async with self._instances.use(connection) as instance:
            subject = self._subject(connection, instance, about)
            admitted = await self._gate.enter(
                connection.id, instance.limits, patience, deadline=deadline, subject=subject
            )
            masks, heard = CURRENT.set(instance.lent.masks), Heard()
            if admitted is not None:
                heard.before_request = HeldBack(self._gate, admitted, admitted.began).before_request
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

    async def aclose(self) -> None:
        """Let go of every vendor."""
        self._asked.shutdown(wait=False, cancel_futures=True)
        await self._instances.aclose()
        await self._gate.aclose()
        await self._contexts.aclose()

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
            return Instance(connector=connector, lent=lent, limits=limits_of(connector))
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

"""Connectors without HTTP that make a mistake on the connections that they dial, or take an answer for another."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from contract.mutants.base import fails
from pointsman_sdk import (
    AmbiguousOutcome,
    ConnectorError,
    Context,
    NoMemory,
    Notice,
    PlaceGone,
    ReauthRequired,
    RemoteRecord,
    Retryable,
)
from pointsman_smtp import SmtpConfig, SmtpConnector

_NUMBERS = count(1)


@fails("test_what_was_dialled_is_hung_up")
class KeepsALineInReserve(SmtpConnector):
    def __init__(self, config: SmtpConfig, context: Context) -> None:
        async def dial(host: str, port: int, *, plain: bool = False) -> socket.socket:
            await context.dial(host, port, plain=plain)
            return await context.dial(host, port, plain=plain)

        super().__init__(config, replace(context, dial=dial))


@fails("test_credentials_in_clear_are_said")
class DialsAsIfInTls(SmtpConnector):
    def __init__(self, config: SmtpConfig, context: Context) -> None:
        async def dial(host: str, port: int, *, plain: bool = False) -> socket.socket:  # the mistake
            return await context.dial(host, port)

        super().__init__(config, replace(context, dial=dial))


@fails("test_vendor_is_called_through_the_lent_client")
class DialsByItself(SmtpConnector):
    async def check(self) -> None:
        with suppress(OSError):
            await asyncio.open_connection("127.0.0.1", 9)
        await super().check()


@fails("test_unreachable_vendor_is_retryable", "test_put_ends_as_the_fault_says")
class DoubtsWhetherAnythingHappened(SmtpConnector):
    """Every failure is an AmbiguousOutcome."""

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        super().__init__(config, context)
        put = self.notices.put

        async def doubted(thing: Notice) -> RemoteRecord:
            try:
                return await put(thing)
            except Retryable as error:
                raise AmbiguousOutcome(str(error)) from None

        self.notices.put = doubted  # type: ignore[method-assign]  # the mistake

    async def check(self) -> None:
        try:
            await super().check()
        except Retryable as error:
            raise AmbiguousOutcome(str(error)) from None


class _TakesForDone(SmtpConnector):
    """Takes one kind of failure for a success."""

    failure: type[ConnectorError]

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        super().__init__(config, context)
        put, failure = self.notices.put, type(self).failure

        async def done(thing: Notice) -> RemoteRecord:
            try:
                return await put(thing)
            except failure:
                return RemoteRecord(key=thing.key, place=thing.place, id=thing.key, version="1")

        self.notices.put = done  # type: ignore[method-assign]  # the mistake


@fails("test_lost_answer_keeps_one")
class TakesSilenceForDone(_TakesForDone):
    failure = AmbiguousOutcome


@fails("test_place_that_is_gone_says_so", "test_refused_put_is_never_done")
class TakesAClosedMailboxForDone(_TakesForDone):
    failure = PlaceGone


@fails("test_put_again_keeps_one", "test_simultaneous_puts_keep_one")
class NamesEachCopyAnew(SmtpConnector):
    """A Message-ID by chance, and no memory of what was sent."""

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        super().__init__(config, replace(context, memory=NoMemory()))
        put = self.notices.put

        async def anew(thing: Notice) -> RemoteRecord:
            return await put(replace(thing, key=f"{thing.key}-{next(_NUMBERS)}"))

        self.notices.put = anew  # type: ignore[method-assign]  # the mistake


@fails("test_clock_is_the_lent_one")
class WritesTodaysDate(SmtpConnector):
    def __init__(self, config: SmtpConfig, context: Context) -> None:
        super().__init__(config, context)
        put = self.notices.put

        async def dated(thing: Notice) -> RemoteRecord:
            return await put(replace(thing, subject=f"{thing.subject} {datetime.now(UTC):%Y-%m-%d}"))

        self.notices.put = dated  # type: ignore[method-assign]  # the mistake


@fails("test_errors_keep_secrets")
class QuotesTheServer(SmtpConnector):
    async def check(self) -> None:
        try:
            await super().check()
        except ConnectorError as error:
            raise type(error)(f"{error}: {error.__context__}") from None


@fails("test_refused_credentials_stop_the_connection")
class RetriesARefusedSignIn(SmtpConnector):
    async def check(self) -> None:
        try:
            await super().check()
        except ReauthRequired as error:
            raise Retryable(str(error)) from None


@fails("test_spoilt_answer_is_an_error", "test_hostile_answer_is_an_error")
class TakesAnyAnswerForAServer(SmtpConnector):
    async def check(self) -> None:
        with suppress(Retryable):
            await super().check()

"""Connectors that break the house rules."""

import logging
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from contract.mutants.base import MANIFEST, Call, OtherClient, fails
from pointsman_memory import MemoryConfig, MemoryConnector
from pointsman_memory.activities import MemoryTasks
from pointsman_memory.client import Client
from pointsman_sdk import (
    Capability,
    ConnectorError,
    Context,
    ReauthRequired,
    Rejected,
    RemoteRecord,
    Retryable,
    Task,
)
from pointsman_sdk.http import send


@fails("test_manifest_is_complete")
class WrittenForAnotherContract(MemoryConnector):
    manifest = replace(MANIFEST, contract=(98, 99))


@fails("test_declares_exactly_what_it_implements")
class DeclaresLessThanItDoes(MemoryConnector):
    manifest = replace(MANIFEST, capabilities=frozenset({Capability.APPOINTMENTS}))


@fails("test_check_asks_the_vendor")
class ChecksNothing(MemoryConnector):
    async def check(self) -> None:
        return


@fails("test_refused_credentials_stop_the_connection")
class RetriesRefusedCredentials(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except ConnectorError as error:
            raise Retryable("try again") from error


@fails("test_errors_keep_secrets")
class QuotesTheToken(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._config = config

    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            raise Rejected(f"{error}, token was {self._config.token.get_secret_value()}") from error


@fails("test_logs_keep_secrets")
class LogsWhatItSends(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._log, self._token = context.log, config.token

    async def check(self) -> None:
        self._log.debug("GET /me with %s", self._token.get_secret_value())
        await super().check()


@fails("test_logs_keep_secrets")
class LogsThePerson(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        put, log = self.people.put, context.log

        async def told(thing: Any) -> RemoteRecord:
            log.info("putting %s", thing.email)
            return await put(thing)

        self.people.put = told  # type: ignore[method-assign]  # the mistake


@fails("test_vendor_is_called_through_the_lent_client")
class OpensAClientOfItsOwn(MemoryConnector):
    async def check(self) -> None:
        async with httpx.AsyncClient():
            await super().check()


@fails("test_vendor_is_called_through_the_lent_client")
class FetchesWithTheStandardLibrary(MemoryConnector):
    async def check(self) -> None:
        try:
            urllib.request.urlopen("http://127.0.0.1:9/")  # noqa: ASYNC210  # the mistake
        except OSError:
            await super().check()


@fails("test_clock_is_the_lent_one")
class ReadsTheMachinesClock(MemoryTasks):
    async def put(self, thing: Task) -> RemoteRecord:
        return await super().put(replace(thing, due=datetime.now(UTC)))


@fails("test_closing_leaves_the_lent_world")
class ClosesTheLentClient(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._http = context.http

    async def aclose(self) -> None:
        await self._http.aclose()


@fails("test_busy_vendor_is_retryable", "test_failed_write_may_be_repeated")
class GivesUpOnABusyVendor(OtherClient):
    async def behave(call: Call, *args: Any, **rest: Any) -> Any:  # noqa: N805  # the right call in the place of self
        try:
            return await call(*args, **rest)
        except Retryable as error:
            raise Rejected("no") from error


@fails("test_retry_after_may_be_a_date")
class MistakenClock(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, replace(context, clock=lambda: context.clock() - timedelta(hours=1)))


class _OwnCalls(MemoryConnector):
    """Calls the vendor past the SDK, as most examples show."""

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._config, self._context = config, context
        self._client.call = self._call  # type: ignore[method-assign]  # the mistake

    def _request(self, method: str, path: tuple[str, ...], rest: dict[str, Any]) -> httpx.Request:
        url = "/".join([self._config.url, *path])
        headers = {"Authorization": f"Bearer {self._config.token.get_secret_value()}", **(rest.get("headers") or {})}
        http, body = self._context.http, rest.get("body")
        return http.build_request(method, url, params=rest.get("params"), json=body, headers=headers)

    async def _call(self, method: str, *path: str, **rest: Any) -> Any:
        raise NotImplementedError


@fails("test_absurd_retry_after_is_survived")
class BelievesRetryAfter(_OwnCalls):
    async def _call(self, method: str, *path: str, **rest: Any) -> Any:
        response = await self._context.http.send(self._request(method, path, rest))
        if response.status_code == 429:
            raise Retryable("busy", retry_after=timedelta(seconds=int(response.headers["Retry-After"])))
        return response.json()


@fails("test_unreachable_vendor_is_retryable")
class LetsHttpxErrorsEscape(_OwnCalls):
    async def _call(self, method: str, *path: str, **rest: Any) -> Any:
        return (await self._context.http.send(self._request(method, path, rest))).json()


@fails("test_spoilt_answer_is_an_error")
class ChecksTheStatusAlone(MemoryConnector):
    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            if "cannot be read" not in str(error):
                raise


@fails(
    "test_hostile_answer_is_an_error",
    "test_large_answer_is_read_apart",
    "test_hostile_reading_is_not_free",
    "test_large_reading_is_read_apart",
    "test_hostile_record_is_not_none",
)
class ParsesAnswersItself(_OwnCalls):
    async def _call(self, method: str, *path: str, **rest: Any) -> Any:
        request = self._request(method, tuple(part.replace("/", "%2F").replace("#", "%23") for part in path), rest)
        response = await send(self._context.http, request, vendor="memory", writes=False)
        try:
            return response.json()
        except ValueError:
            return {"account": "?", "items": [], "next": None}


@fails("test_two_connections_share_nothing")
class KeepsTheClientInTheClass(MemoryConnector):
    shared: ClassVar[list[Client]] = []

    async def check(self) -> None:
        await self.shared[-1].call("GET", "me")

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.shared.append(self._client)


@fails("test_refused_token_is_renewed_once", "test_expired_token_is_renewed_before_a_call")
class NeverRenews(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, replace(context, tokens=_Once(context.tokens)))


class _Once:
    """Tokens of which the first is used for good."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def current(self, **rest: Any) -> Any:
        return await self._inner.current(**rest)

    async def renewed(self, stale: Any, **_: Any) -> Any:
        return stale


@fails("test_token_refused_for_good_stops_the_connection")
class RenewsWithoutEnd(MemoryConnector):
    async def check(self) -> None:
        for _ in range(5):
            try:
                return await super().check()
            except ReauthRequired:
                logging.getLogger(__name__).debug("again")
        return await super().check()

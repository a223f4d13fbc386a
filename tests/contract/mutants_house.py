"""Connectors that break the house rules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import httpx

from contract.mutant_base import Call, OtherClient, client_that, fails
from pointsman_memory import MANIFEST, MemoryConfig, MemoryConnector
from pointsman_memory.client import Client
from pointsman_sdk import (
    Capability,
    ConnectorError,
    Context,
    Rejected,
    Retryable,
)


@fails("test_manifest_is_complete")
class WrittenForAnotherContract(MemoryConnector):
    manifest = replace(MANIFEST, contract=99)


@fails("test_declares_exactly_what_it_implements")
class DeclaresLessThanItDoes(MemoryConnector):
    manifest = replace(MANIFEST, capabilities=frozenset({Capability.CALENDAR}))


class SilentConfig(MemoryConfig):
    region: str = "eu"


@fails("test_config_explains_every_field")
class LeavesAFieldUnexplained(MemoryConnector):
    manifest = replace(MANIFEST, config=SilentConfig)


class LaxConfig(MemoryConfig, extra="ignore"):
    pass


@fails("test_config_refuses_unknown_fields")
class IgnoresMisspeltOptions(MemoryConnector):
    manifest = replace(MANIFEST, config=LaxConfig)


@fails("test_config_hides_secrets")
class KeepsTheTokenInTheOpen(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.token = config.token.get_secret_value()


@fails("test_check_asks_the_vendor")
class ChecksNothing(MemoryConnector):
    async def check(self) -> None:
        return


async def _retry_when_refused(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except ConnectorError as error:
        raise Retryable("try again") from error


@fails("test_refused_credentials_stop_the_connection")
class RetriesRefusedCredentials(OtherClient):
    client = client_that(_retry_when_refused)


@fails("test_errors_keep_secrets")
class QuotesTheToken(OtherClient):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._config = config

    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            raise Rejected(f"{error}, token was {self._config.token.get_secret_value()}") from error


async def _reject_when_busy(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except Retryable as error:
        raise Rejected("no") from error


@fails("test_busy_vendor_is_retryable")
class GivesUpOnABusyVendor(OtherClient):
    client = client_that(_reject_when_busy)


class MistakenClock(MemoryConnector):
    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, replace(context, clock=lambda: context.clock() - timedelta(hours=1)))


fails("test_retry_after_may_be_a_date")(MistakenClock)


class NaiveRetryAfter(Client):
    """Reads Retry-After itself, and believes it."""

    async def call(self, method: str, *path: str, **rest: Any) -> Any:
        token = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        response = await self._http.request(method, "/".join([self._base, *path]), headers=token)
        if response.status_code == 429:
            raise Retryable("busy", retry_after=timedelta(seconds=int(response.headers["Retry-After"])))
        return response.json()


@fails("test_absurd_retry_after_is_survived")
class BelievesRetryAfter(OtherClient):
    client = NaiveRetryAfter


async def _httpx_errors_escape(call: Call, *args: Any, **rest: Any) -> Any:
    try:
        return await call(*args, **rest)
    except Retryable as error:
        if isinstance(error.__cause__, httpx.ConnectError):
            raise error.__cause__ from None
        raise


@fails("test_unreachable_vendor_is_retryable")
class LetsHttpxErrorsEscape(OtherClient):
    client = client_that(_httpx_errors_escape)


@fails("test_spoilt_answer_is_an_error")
class ChecksTheStatusAlone(MemoryConnector):
    async def check(self) -> None:
        try:
            await super().check()
        except Rejected as error:
            if "cannot be read" not in str(error):
                raise


class OwnParser(Client):
    """Hands what came to a parser, as most examples show."""

    async def call(self, method: str, *path: str, **rest: Any) -> Any:
        token = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        url = "/".join([self._base, *(quote(part, safe="") for part in path)])
        response = await self._http.request(
            method, url, params=rest.get("params"), json=rest.get("body"), headers=token
        )
        try:
            return response.json()
        except ValueError:
            raise Rejected("not JSON") from None


class ParsesAnswersItself(OtherClient):
    client = OwnParser


fails(
    "test_hostile_answer_is_an_error",
    "test_large_answer_is_read_apart",
    "test_hostile_reading_is_not_free",
    "test_large_reading_is_read_apart",
    "test_hostile_record_is_not_none",
)(ParsesAnswersItself)


@fails("test_two_connections_share_nothing")
class KeepsTheClientInTheClass(MemoryConnector):
    shared: ClassVar[list[Client]] = []

    async def check(self) -> None:
        await self.shared[-1].call("GET", "me")

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self.shared.append(self._client)

"""The connector's HTTP client: one place for the address, the sign-in, and what a status means here."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from pointsman_memory.config import MemoryConfig
from pointsman_memory.shape import rows, shaped, text_or_none
from pointsman_sdk import (
    AmbiguousOutcome,
    Context,
    GuestsRefused,
    Page,
    PlaceGone,
    Quota,
    Rejected,
    Retryable,
    SlotTaken,
    all_items,
)
from pointsman_sdk.answers import PAGE_LIMITS, SMALL, read_answer
from pointsman_sdk.http import authorized, raise_for_status, send
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

VENDOR = "the memory vendor"
_READS = frozenset({("GET", ""), ("POST", "busy"), ("POST", "fetch")})
_WORTH_READING = 2_000  # bytes of an answer that may say by a code of its own what is wrong
_VERSION_LOST, _CURSOR_LOST, _TAKEN = (409, "exists"), (410, "cursor"), (409, "taken")
_UNKNOWN, _NO_GUESTS = (404, "unknown"), (403, "guests")
_GONE = frozenset({403, 404, 410})


class Changed(Retryable):
    """The vendor's copy is not the one that was read: read again."""


class Unknown(Rejected):
    """The vendor has no such thing."""


class Client:
    """Authenticated JSON calls to one memory vendor."""

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        self._config, self._context = config, context

    def now(self) -> datetime:
        return self._context.clock()

    async def call(
        self,
        method: str,
        *path: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        absent_is_none: bool = False,
    ) -> Any:
        """The answer's JSON; None where `absent_is_none` and the vendor says that there is no such thing.

        Raises ConnectorError; Changed for a precondition that does not hold.
        """
        writes = (method, "" if method == "GET" else path[-1]) not in _READS
        url = "/".join([self._config.url, *(quote(part, safe="") for part in path)])
        request = self._context.http.build_request(method, url, params=params, json=body, headers=headers)
        response = await self._send(request, writes=writes)
        self._tell_quota(response)
        if response.status_code >= 300:
            code = _code(response)
            if absent_is_none and (response.status_code, code) == _UNKNOWN:
                return None
            _raise_what_is_peculiar(response.status_code, code)
        raise_for_status(response, vendor=VENDOR, now=self._context.clock(), writes=writes, throttled=_throttled)
        if response.status_code == 204:
            return None
        content, readers = response.content, self._context.readers
        found = await read_answer(
            readers, parse_json, content, vendor=VENDOR, writes=writes, small=SMALL, limits=PAGE_LIMITS
        )
        if found is None:  # or else it would say that there is no such thing
            what = f"an answer of {VENDOR} cannot be read"
            raise AmbiguousOutcome(what) if writes else Rejected(what)
        return found

    async def page(self, *path: str, cursor: str | None, params: Mapping[str, str] | None = None) -> Page[Any]:
        """One page of a list, as the vendor has it."""
        asked = {**(params or {}), **({} if cursor is None else {"cursor": cursor})}
        answer = await self.call("GET", *path, params=asked)
        items = rows(shaped(lambda data: data["items"], answer))
        return Page(items=items, cursor=shaped(lambda data: text_or_none(data["next"]), answer))

    def items(self, *path: str, params: Mapping[str, str] | None = None) -> AsyncIterator[Any]:
        """Every item of a list, over all its pages."""
        return all_items(lambda cursor: self.page(*path, cursor=cursor, params=params))

    async def _send(self, request: httpx.Request, *, writes: bool) -> httpx.Response:
        if self._config.client_id is not None:
            return await authorized(self._context, request, vendor=VENDOR, writes=writes)
        request.headers["Authorization"] = f"Bearer {self._config.token.get_secret_value()}"
        return await send(self._context.http, request, vendor=VENDOR, writes=writes)

    def _tell_quota(self, response: httpx.Response) -> None:
        left = response.headers.get("Memory-Calls-Left", "")
        if left.isascii() and left.isdigit():
            self._context.quota(Quota(left=int(left[:9])))


def _raise_what_is_peculiar(status: int, code: str) -> None:
    if status == 412 or (status, code) in (_VERSION_LOST, _CURSOR_LOST):
        raise Changed("others changed it at the memory vendor")
    if (status, code) == _TAKEN:
        raise SlotTaken("the time is taken in this calendar")
    if (status, code) == _NO_GUESTS:
        raise GuestsRefused(f"{VENDOR} writes to no more guests for now")
    if (status, code) == _UNKNOWN:
        raise Unknown(f"{VENDOR} has no such thing")
    if status in _GONE and code == "place":
        raise PlaceGone("the calendar, programme or channel is not there any more, or may not be used")


def _code(response: httpx.Response) -> str:
    """What the vendor calls the fault; "" where the answer does not say. The text itself is never passed on."""
    if len(response.content) > _WORTH_READING:
        return ""
    try:
        found = parse_json(response.content)
    except Unreadable:
        return ""
    code = found.get("code") if isinstance(found, dict) else None
    return code if isinstance(code, str) else ""


def _throttled(response: httpx.Response) -> bool:
    """The vendor may say "too many calls" by a 403 or a 200 with a code."""
    return response.status_code in (200, 403) and _code(response) == "too-many-calls"

"""The connector's HTTP client: one place for the login, and for what a status means in CalDAV."""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import Any, NoReturn, TypeVar

import httpx

from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.dav import PRINCIPAL_QUERY
from pointsman_caldav.reading import usable_etag
from pointsman_sdk import ConnectorError, Context, Rejected, Retryable
from pointsman_sdk.answers import RECORD_LIMITS, SMALL, read_answer
from pointsman_sdk.http import AnswerTooLong, raise_for_status, send
from pointsman_sdk.readers import Reader

VENDOR = "the CalDAV server"
READS = frozenset({"GET", "PROPFIND", "REPORT"})
AT_ONCE = 8
_LOCKED = (
    423  # nothing was done (RFC 4918, section 11.3): some servers lock a whole calendar while one event is written
)
_LOCK_PAUSES_S = (0.05, 0.1, 0.2, 0.4)
_TOO_LONG = (
    "the calendar has more events and series than one answer may hold (4 MB): move what is over, and series that have ended, "
    "to another calendar, which need not be read"
)
_NO_CALDAV = frozenset({400, 404, 405, 501})
_NO_CALDAV_THERE = (
    "nothing at this address speaks CalDAV: base_url is where the server's CalDAV begins, such as /caldav.php/ of DAViCal "
    "and /remote.php/dav/ of Nextcloud"
)
T = TypeVar("T")


class Client:
    """Authenticated requests to one server, at most AT_ONCE of them side by side."""

    def __init__(self, config: CaldavConfig, context: Context) -> None:
        self._http, self._clock, self._readers = context.http, context.clock, context.readers
        self._places = asyncio.Semaphore(AT_ONCE)
        self._login: httpx.BasicAuth | None = None
        if config.username is not None and config.password is not None:
            self._login = httpx.BasicAuth(config.username, config.password.get_secret_value())

    async def call(
        self,
        method: str,
        url: httpx.URL,
        *,
        expect: Collection[int],
        content: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The answer, when its status is one of `expect`. Raises ConnectorError for every other."""
        request = self._http.build_request(method, url, content=content, headers=headers)
        if self._login:
            request = next(self._login.auth_flow(request))
        writes = method not in READS
        response = await self._sent(request, writes=writes)
        for pause in _LOCK_PAUSES_S:
            if response.status_code != _LOCKED:
                break
            await asyncio.sleep(pause)
            response = await self._sent(request, writes=writes)
        throttled = response.status_code == 403 and "Retry-After" in response.headers  # whatever 403 else means here
        if response.status_code not in expect or throttled:
            raise_for_status(response, vendor=VENDOR, now=self._clock(), writes=writes)
            # A success that the protocol does not know: not a CalDAV server, or a proxy in between.
            raise_unexpected(response)
        return response

    async def _sent(self, request: httpx.Request, *, writes: bool) -> httpx.Response:
        async with self._places:
            return await send(self._http, request, vendor=VENDOR, writes=writes)

    async def report(self, url: httpx.URL, body: str, *, depth: str, expect: Collection[int]) -> httpx.Response:
        """The answer to a REPORT or, for a PROPFIND body, to a PROPFIND. Rejected for one that is too long."""
        method = "PROPFIND" if body.startswith("<D:propfind") else "REPORT"
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        try:
            return await self.call(method, url, expect=expect, content=body, headers=headers)
        except Retryable as fault:
            if isinstance(fault.__cause__, AnswerTooLong):
                raise Rejected(_TOO_LONG) from fault
            raise

    async def who(self, base: str) -> bytes:
        """The answer to the question for the principal (RFC 5397). Rejected where nothing speaks CalDAV."""
        answer = await self.report(httpx.URL(base), PRINCIPAL_QUERY, depth="0", expect={207, *_NO_CALDAV})
        if answer.status_code != 207:
            raise Rejected(f"{_NO_CALDAV_THERE} (status {answer.status_code})")
        return answer.content

    async def read_xml(self, reader: Reader, body: bytes, *, writes: bool = False, **arguments: Any) -> Any:
        """What `reader` makes of a WebDAV answer. Raises ConnectorError for one that cannot be read."""
        return await read_answer(self._readers, reader, body, vendor=VENDOR, writes=writes, **arguments)

    async def read_icalendar(self, reader: Reader, body: bytes, *, writes: bool = False, **arguments: Any) -> Any:
        """The same for a calendar object: a small one is read at once."""
        return await read_answer(
            self._readers, reader, body, vendor=VENDOR, writes=writes, small=SMALL, limits=RECORD_LIMITS, **arguments
        )


async def side_by_side(*calls: Coroutine[Any, Any, T]) -> list[T | ConnectorError]:
    """What each call returns or how it failed, once all are back."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_settled(call)) for call in calls]
    return [task.result() for task in tasks]


async def _settled(call: Coroutine[Any, Any, T]) -> T | ConnectorError:
    try:
        return await call
    except ConnectorError as fault:
        return fault


def etag_of(response: httpx.Response) -> str:
    """The answer's ETag; empty where there is none, or none that is of use."""
    return usable_etag(response.headers.get("ETag", ""))


def raise_unexpected(response: httpx.Response) -> NoReturn:
    """Raise for a status that does not answer what was asked."""
    raise Rejected(f"{VENDOR} answered with status {response.status_code}, which CalDAV does not use here")

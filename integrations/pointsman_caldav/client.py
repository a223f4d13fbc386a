"""The connector's HTTP client: one place for the login, and for what a status means in CalDAV."""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import httpx

from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.reading import usable_etag
from pointsman_sdk import Context, Rejected
from pointsman_sdk.answers import RECORD_LIMITS, SMALL, read_answer
from pointsman_sdk.http import raise_for_status, send
from pointsman_sdk.readers import Reader

VENDOR = "the CalDAV server"
READS = frozenset({"GET", "PROPFIND", "REPORT"})


class Client:
    """Authenticated requests to one server."""

    def __init__(self, config: CaldavConfig, context: Context) -> None:
        self._http, self._clock, self._readers = context.http, context.clock, context.readers
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
        response = await send(self._http, request, vendor=VENDOR, writes=writes)
        if response.status_code not in expect:
            raise_for_status(response, vendor=VENDOR, now=self._clock(), writes=writes)
            # A success that the protocol does not know: not a CalDAV server, or a proxy in between.
            raise_unexpected(response)
        return response

    async def report(self, url: httpx.URL, body: str, *, depth: str, expect: Collection[int]) -> httpx.Response:
        """The answer to a REPORT or, for a PROPFIND body, to a PROPFIND."""
        method = "PROPFIND" if body.startswith("<D:propfind") else "REPORT"
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8"}
        return await self.call(method, url, expect=expect, content=body, headers=headers)

    async def read_xml(self, reader: Reader, body: bytes, *, writes: bool = False, **arguments: Any) -> Any:
        """What `reader` makes of a WebDAV answer. Raises ConnectorError for one that cannot be read."""
        return await read_answer(self._readers, reader, body, vendor=VENDOR, writes=writes, **arguments)

    async def read_icalendar(self, reader: Reader, body: bytes, *, writes: bool = False, **arguments: Any) -> Any:
        """The same for a calendar object: a small one is read at once."""
        return await read_answer(
            self._readers, reader, body, vendor=VENDOR, writes=writes, small=SMALL, limits=RECORD_LIMITS, **arguments
        )


def etag_of(response: httpx.Response) -> str:
    """The answer's ETag; empty where there is none, or none that is of use."""
    return usable_etag(response.headers.get("ETag", ""))


def raise_unexpected(response: httpx.Response) -> NoReturn:
    """Raise for a status that does not answer what was asked."""
    raise Rejected(f"{VENDOR} answered with status {response.status_code}, which CalDAV does not use here")

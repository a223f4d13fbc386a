"""The connector's HTTP client: one place for the address, the sign-in, and what a status means here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from pointsman_hubspot.api.paths import Path, Paths
from pointsman_hubspot.api.portal import Portal, PortalMemory
from pointsman_hubspot.api.refusals import VENDOR, NotFound, raise_refusal
from pointsman_hubspot.config import HubSpotConfig
from pointsman_sdk import AmbiguousOutcome, Context, Quota, Rejected
from pointsman_sdk.answers import PAGE_LIMITS, SMALL, read_answer
from pointsman_sdk.http import authorized, send
from pointsman_sdk.readers.strict_json import parse_json

_READS_BY_POST = (("search",), ("batch", "read"))


class Client:
    """Authenticated JSON calls to one HubSpot account."""

    def __init__(self, config: HubSpotConfig, context: Context) -> None:
        self._config, self._context = config, context
        self.paths = Paths(config.version)
        self._portal = PortalMemory(context.memory)

    def now(self) -> datetime:
        return self._context.clock()

    async def portal(self) -> Portal:
        """What is known of the account, without a call."""
        return await self._portal.known()

    async def call(
        self,
        method: str,
        path: Path,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        sent: Sequence[str] = (),
        absent_is_none: bool = False,
    ) -> Any:
        """The answer's JSON, None for one without content; and for what is not there, where `absent_is_none`.

        `sent` are the names of the properties that are written. Raises ConnectorError, with the classes of `refusals` for
        what HubSpot says by a status of its own.
        """
        writes = is_write(method, path)
        url = "/".join([self._config.url, *(quote(part, safe="") for part in path)])
        request = self._context.http.build_request(method, url, params=params, json=body)
        response = await self._send(request, writes=writes)
        self._tell_quota(response)
        zone = (await self.portal()).zone if response.status_code == 429 else None
        try:
            raise_refusal(response, now=self.now(), writes=writes, sent=sent, zone=zone)
        except NotFound:
            if absent_is_none:
                return None
            raise
        if response.status_code == 204:
            return None
        readers = self._context.readers
        found = await read_answer(
            readers, parse_json, response.content, vendor=VENDOR, writes=writes, small=SMALL, limits=PAGE_LIMITS
        )
        if not isinstance(found, dict):
            what = f"an answer of {VENDOR} cannot be read"
            raise AmbiguousOutcome(what) if writes else Rejected(what)
        return found

    async def ask_who(self) -> None:
        """One cheap call, after which the account is known. Raises what is wrong."""
        await self._portal.learn(await self.call("GET", self.paths.account()))

    async def _send(self, request: httpx.Request, *, writes: bool) -> httpx.Response:
        if self._config.token is None:
            return await authorized(self._context, request, vendor=VENDOR, writes=writes)
        request.headers["Authorization"] = f"Bearer {self._config.token.get_secret_value()}"
        return await send(self._context.http, request, vendor=VENDOR, writes=writes)

    def _tell_quota(self, response: httpx.Response) -> None:
        left = _count(response.headers.get("X-HubSpot-RateLimit-Daily-Remaining", ""))
        if left is not None:
            limit = _count(response.headers.get("X-HubSpot-RateLimit-Daily", ""))
            self._context.quota(Quota(left=left, limit=limit))


def is_write(method: str, path: Sequence[str]) -> bool:
    """Whether a call changes something: searches and readings of many are POSTs."""
    return method != "GET" and not any(tuple(path[-len(end) :]) == end for end in _READS_BY_POST)


def _count(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None

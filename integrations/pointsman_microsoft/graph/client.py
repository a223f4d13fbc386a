"""The connector's HTTP client: one place for the address, the sign-in, and what a status means in Graph."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pointsman_microsoft.config import MicrosoftConfig, Permission
from pointsman_microsoft.graph.answers import (
    ITEM_GONE,
    code_of,
    is_throttled,
    raise_throttling_of_subscriptions,
    raise_what_is_peculiar,
)
from pointsman_microsoft.graph.app_token import AppToken
from pointsman_microsoft.graph.places import subject_in
from pointsman_microsoft.graph.shape import rows, shaped, text_or_none
from pointsman_sdk import AmbiguousOutcome, Context, Page, Rejected, all_items
from pointsman_sdk.answers import PAGE_LIMITS, SMALL, read_answer
from pointsman_sdk.http import authorized, raise_for_status, retry_after
from pointsman_sdk.readers.strict_json import parse_json

VENDOR = "Microsoft Graph"
SUBSCRIPTIONS = "/subscriptions"
#: Ids that stay when an event is moved, times in UTC, bodies as plain text ("immutable identifiers", "event resource type").
PREFER = 'IdType="ImmutableId", outlook.timezone="UTC", outlook.body-content-type="text"'


class Client:
    """Authenticated calls to Graph. A path begins with a slash, and stands below the address of the configuration."""

    def __init__(self, config: MicrosoftConfig, context: Context) -> None:
        self._url, self._context = config.url, context
        app = AppToken(config, context)
        self._renew = app.fetch if config.permission is Permission.APPLICATION else None

    def now(self) -> datetime:
        return self._context.clock()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
        prefer: str = PREFER,
        of_place: bool = True,
        reads: bool = False,
        silent: bool = False,
        absent_is_none: bool = False,
    ) -> Any:
        """The answer's JSON. `reads`: a POST that changes nothing. `silent`: nothing is waited for but a success.

        None where `absent_is_none` and there is no such item. `of_place` says that the path names no event, so that what is
        not found is its calendar. Raises ConnectorError; Changed, Duplicate and CursorLost of `answers` among them.
        """
        writes = method != "GET" and not reads
        headers = {"Accept": "application/json", "Prefer": prefer} | ({} if etag is None else {"If-Match": etag})
        url = self._url + path + query(params)
        request = self._context.http.build_request(method, url, json=body, headers=headers)
        response = await authorized(self._context, request, vendor=VENDOR, writes=writes, renew=self._renew)
        status, code = response.status_code, code_of(response)
        if absent_is_none and status == 404 and code in ITEM_GONE:
            return None
        wait = retry_after(response, now=self.now())
        if path.startswith(SUBSCRIPTIONS):
            raise_throttling_of_subscriptions(response, wait=wait)
        if status >= 300 and not is_throttled(response):
            raise_what_is_peculiar(status, code, wait=wait, of_place=of_place)
        raise_for_status(
            response, vendor=VENDOR, now=self.now(), writes=writes, throttled=is_throttled, subject=subject_in(path)
        )
        if silent:
            return None
        content, readers = response.content, self._context.readers
        found = await read_answer(
            readers, parse_json, content, vendor=VENDOR, writes=writes, small=SMALL, limits=PAGE_LIMITS
        )
        if found is None:  # or else it would say that there is no such thing
            what = f"an answer of {VENDOR} cannot be read"
            raise AmbiguousOutcome(what) if writes else Rejected(what)
        return found

    async def page(
        self,
        path: str,
        *,
        cursor: str | None,
        params: Mapping[str, str] | None = None,
        prefer: str = PREFER,
        of_place: bool = True,
    ) -> Page[Any]:
        """One page of a collection. A cursor is the path of the next page (@odata.nextLink)."""
        asked = None if cursor else params
        answer = await self.call("GET", cursor or path, params=asked, prefer=prefer, of_place=of_place)
        return Page(items=shaped(rows, answer), cursor=self.link(answer, "@odata.nextLink"))

    def items(
        self, path: str, *, params: Mapping[str, str], prefer: str = PREFER, of_place: bool = True
    ) -> AsyncIterator[Any]:
        """Every item of a collection, over all its pages."""
        return all_items(lambda cursor: self.page(path, cursor=cursor, params=params, prefer=prefer, of_place=of_place))

    def link(self, answer: Any, name: str) -> str | None:
        """The path of a link in an answer. Rejected for one that leads elsewhere: the sign-in would be sent there."""
        found = shaped(lambda data: text_or_none(data.get(name)), answer)
        if not found:
            return None
        if not found.startswith(f"{self._url}/"):
            raise Rejected("Microsoft Graph names a next page on another server")
        return found.removeprefix(self._url)


def query(params: Mapping[str, str] | None) -> str:
    """A query in which a space is %20, as OData has it ("" without parameters)."""
    asked = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in (params or {}).items())
    return f"?{asked}" if asked else ""

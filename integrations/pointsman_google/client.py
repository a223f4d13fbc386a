"""The connector's HTTP client: one place for the address, the sign-in, and what a status means here."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pointsman_google.config import GoogleConfig
from pointsman_google.refusals import VENDOR, NotFound, raise_refusal, refuses_callback
from pointsman_google.shape import rows, shaped, text_or_none
from pointsman_google.sign_in import SignIn
from pointsman_sdk import AmbiguousOutcome, Context, Page, ReauthRequired, Rejected, all_items
from pointsman_sdk.answers import SMALL, read_answer
from pointsman_sdk.http import authorized
from pointsman_sdk.readers.strict_json import parse_json

_READS_BY_POST = ("freeBusy",)
_LONGEST_PLACE = 1_000
#: A URL takes these for its own.
_NO_PLACES = frozenset({"", ".", ".."})


class Client:
    """Authenticated JSON calls to the Calendar API."""

    def __init__(self, config: GoogleConfig, context: Context) -> None:
        self._url, self._context = config.url, context
        self._sign_in = SignIn(config, context)

    def now(self) -> datetime:
        return self._context.clock()

    def subject_of(self, place: str | None) -> str | None:
        """The user as which a service account makes a call about this calendar; None where one user signed in for all."""
        return self._sign_in.subject(place)

    async def call(
        self,
        method: str,
        *path: str,
        place: str | None = None,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
    ) -> Any:
        """The answer's JSON, None for one without content. `place` is the calendar that it is about.

        Raises ConnectorError, with the classes of `refusals` for what Google says by a status of its own.
        """
        writes = method != "GET" and path != _READS_BY_POST
        subject = self._sign_in.subject(place)
        url = "/".join([self._url, *(quote(part, safe="") for part in path)])
        request = self._context.http.build_request(
            method,
            url,
            params={**(params or {}), **self._sign_in.params(subject)},
            json=body,
            headers={} if etag is None else {"If-Match": etag},
        )
        response = await authorized(
            self._context,
            request,
            vendor=VENDOR,
            writes=writes,
            subject=subject,
            renew=self._sign_in.renew(subject),
        )
        of_another = subject != self._sign_in.subject(None)
        if response.status_code == 401 and of_another and not refuses_callback(response):
            raise ReauthRequired(f"{VENDOR} refused the service account for this user", subject=subject)
        raise_refusal(response, now=self._context.clock(), writes=writes, subject=subject)
        if response.status_code == 204:
            return None
        found = await read_answer(
            self._context.readers, parse_json, response.content, vendor=VENDOR, writes=writes, small=SMALL
        )
        if not isinstance(found, dict):
            what = f"an answer of {VENDOR} cannot be read"
            raise AmbiguousOutcome(what) if writes else Rejected(what)
        return found

    async def events(
        self,
        method: str,
        place: str,
        *path: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
    ) -> Any:
        """The same for the events of a calendar, and what lies below them."""
        if place in _NO_PLACES or len(place) > _LONGEST_PLACE:
            raise NotFound("this is no calendar's name: name it by its address in Google Calendar")
        return await self.call(
            method, "calendars", place, "events", *path, place=place, params=params, body=body, etag=etag
        )

    def listed(self, place: str, params: Mapping[str, str], *path: str) -> AsyncIterator[Any]:
        """The events of a calendar, or of what lies below them, that `params` select, over all pages."""

        async def page(cursor: str | None) -> Page[Any]:
            answer = await self.events("GET", place, *path, params=paged(params, cursor))
            return Page(items=rows(answer, "items"), cursor=next_page(answer))

        return all_items(page)


def paged(params: Mapping[str, str], cursor: str | None) -> dict[str, str]:
    return dict(params) if cursor is None else {**params, "pageToken": cursor}


def next_page(answer: Any) -> str | None:
    return shaped(lambda data: text_or_none(data.get("nextPageToken")), answer)

"""The capability `calendars`: those in the home of the principal that signed in (RFC 5397, RFC 4791)."""

from urllib.parse import unquote

import httpx

from pointsman_caldav.address import calendar_url, origin_of
from pointsman_caldav.client import Client
from pointsman_caldav.dav import HOME_QUERY, LIST_QUERY
from pointsman_caldav.reading import home_of, listed_calendars, principal_of
from pointsman_sdk import CalendarInfo, Page, Rejected


class Calendars:
    """The calendars of one account. A server tells them all at once."""

    def __init__(self, client: Client, base: str) -> None:
        self._client, self._base = client, base

    async def page(self, cursor: str | None = None) -> Page[CalendarInfo]:  # noqa: ARG002  # there is one page
        """Each by its path on the server, which is the place of appointments."""
        principal = await self._client.read_xml(principal_of, await self._client.who(self._base))
        if not principal:
            raise Rejected("the CalDAV server does not say who signed in, so that its calendars cannot be listed")
        answer = await self._client.report(self._url(principal), HOME_QUERY, depth="0", expect={207})
        home = await self._client.read_xml(home_of, answer.content)
        if not home["home"]:
            raise Rejected("the CalDAV server names no home of calendars for this login")
        listed = await self._client.report(self._url(home["home"]), LIST_QUERY, depth="1", expect={207})
        return Page(
            items=[
                CalendarInfo(
                    id=one["path"],
                    name=one["name"] or unquote(one["path"]).rstrip("/").rpartition("/")[2],
                    owner_email=home["email"] or None,
                    zone=one["zone"] or None,
                    writable=one["writable"],
                )
                for one in await self._client.read_xml(listed_calendars, listed.content)
            ]
        )

    def _url(self, href: str) -> httpx.URL:
        """Rejected for another server: what a provider parts among its servers lies on one of them for each login."""
        try:
            return calendar_url(self._base, href)
        except Rejected:
            if (other := origin_of(href)) is None:
                raise
            raise Rejected(
                f"the CalDAV server keeps the calendars of this login at {other}: make that base_url"
            ) from None

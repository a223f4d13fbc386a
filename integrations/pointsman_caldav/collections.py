"""Collections: what lies at a path, and whose zone it has."""

from dataclasses import dataclass

import httpx

from pointsman_caldav.address import calendar_url
from pointsman_caldav.client import Client
from pointsman_caldav.dav import BARE_KIND_QUERY, KIND_QUERY
from pointsman_caldav.reading import HIDDEN, described_calendar
from pointsman_sdk import PlaceGone


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection as the server describes it. `zone` is the IANA name of its own, empty where it says none."""

    url: httpx.URL
    fault: str
    zone: str


class Collections:
    """The collections of one account."""

    def __init__(self, client: Client, base: str) -> None:
        self._client, self._base = client, base

    def url_of(self, place: str) -> httpx.URL:
        """Rejected for another server's address, and for what could be read in two ways."""
        return calendar_url(self._base, place)

    async def described(self, place: str) -> Collection:
        """What is there. A folder answers as an empty calendar does, and takes files too, so that `fault` says what is wrong.

        The server may not describe it to this login (RFC 3744, appendix B).
        """
        url = self.url_of(place)
        answer = await self._client.report(url, KIND_QUERY, depth="0", expect={207, 403, 404, 410, 500})
        if answer.status_code == 500:  # Xandikos fails so over the zone of an inbox, which has none
            answer = await self._client.report(url, BARE_KIND_QUERY, depth="0", expect={207, 403, 404, 410})
        if answer.status_code == 403:
            return Collection(url=url, fault=HIDDEN, zone="")
        if answer.status_code != 207:
            raise PlaceGone("there is no such calendar on the CalDAV server")
        found = await self._client.read_xml(described_calendar, answer.content)
        return Collection(url=url, fault=found["fault"], zone=found["zone"])

    async def calendar(self, place: str) -> Collection:
        """A calendar of events that this login sees. Raises PlaceGone for everything else."""
        found = await self.described(place)
        if found.fault:
            raise PlaceGone(found.fault)
        return found

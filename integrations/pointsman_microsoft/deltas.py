"""Delta queries: what changed in a calendar since a deltaLink (Graph, "event: delta").

A query is about the events of some weeks; what changes outside of them may be told as @removed, as is what was deleted, or not
at all: Graph does not say. It shows whole events, without what is ours in them ($select and $expand are not known there), so that
our keys are looked up.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pointsman_microsoft.events import EXPAND, key_in
from pointsman_microsoft.graph.answers import CursorLost
from pointsman_microsoft.graph.client import PREFER, Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.graph.shape import rows, shaped, text
from pointsman_microsoft.graph.times import plain
from pointsman_sdk import Changes, Rejected

_PAGE = f"{PREFER}, odata.maxpagesize=100"
_MOST_PAGES = 1_000
_BEFORE, _AHEAD = timedelta(days=1), timedelta(days=62)
_LASTS = timedelta(days=7)  # after which the weeks asked about begin too far back
_MOST_LOOKED_UP = 20


class Deltas:
    """A cursor is when its query began, in seconds, what it is about, and the path of its deltaLink."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def changed(self, place: Place, cursor: str | None) -> Changes:
        """See `Watches.changed`. A cursor that is over, or that Graph does not know any more, is not complete."""
        if cursor is None:
            began = int(self._client.now().timestamp())
            _, link = await self._read(place.delta, self._weeks())
            return Changes(cursor=f"{began} {place.delta} {link}", until=_end(began))
        parts = cursor.split(" ")
        if len(parts) != 3 or parts[1] != place.delta or not self._lasts(parts[0]):
            return Changes(complete=False)
        try:
            changed, link = await self._read(parts[2], None)
        except CursorLost:
            return Changes(complete=False)
        following, until = f"{parts[0]} {place.delta} {link}", _end(int(parts[0]))
        maybe_ours = [row for row in changed if "@removed" in row or row.get("transactionId")]
        if len(maybe_ours) > _MOST_LOOKED_UP:
            return Changes(others=True, cursor=following, complete=False, until=until)
        found = [await self._event(place, row) for row in maybe_ours]
        keys = {key: None for one in found if one is not None and (key := shaped(key_in, one)) is not None}
        strangers = [one for one in found if one is None or shaped(key_in, one) is None]
        others = bool(strangers) or len(changed) > len(maybe_ours)
        complete = None not in found
        return Changes(keys=tuple(keys), others=others, cursor=following, complete=complete, until=until)

    async def _read(self, path: str, params: dict[str, str] | None) -> tuple[list[Any], str]:
        """All pages of a query, and the path of its deltaLink."""
        found: list[Any] = []
        seen: set[str] = set()
        while path not in seen and len(seen) < _MOST_PAGES:
            seen.add(path)
            answer = await self._client.call("GET", path, params=params, prefer=_PAGE)
            found += shaped(lambda data: [_named(one) for one in rows(data)], answer)
            following = self._client.link(answer, "@odata.nextLink")
            if following is None:
                link = self._client.link(answer, "@odata.deltaLink")
                if link is None:
                    raise Rejected("Microsoft Graph's list of changes has no end that it can be gone on from")
                return found, link
            path, params = following, None
        raise Rejected("Microsoft Graph's list of changes has no end")

    async def _event(self, place: Place, row: Any) -> Any:
        """What is ours in an event that changed; None for one that is gone, which cannot be told any more."""
        path = place.event(shaped(lambda one: text(one["id"]), row))
        params = {"$select": "id", "$expand": EXPAND}
        return await self._client.call("GET", path, params=params, of_place=False, absent_is_none=True)

    def _weeks(self) -> dict[str, str]:
        now = self._client.now()
        return {"startDateTime": f"{plain(now - _BEFORE)}Z", "endDateTime": f"{plain(now + _AHEAD)}Z"}

    def _lasts(self, began: str) -> bool:
        if not (began.isascii() and began.isdigit() and len(began) < 12):
            return False
        return self._client.now() - datetime.fromtimestamp(int(began), UTC) < _LASTS


def _named(row: Any) -> Any:
    """The row of an event. TypeError for one without an id: it cannot be looked up, and left out it would be no change."""
    if not text(row["id"]):
        raise TypeError("an id was expected")
    return row


def _end(began: int) -> datetime:
    """Of the weeks that a query is about, which began then."""
    return datetime.fromtimestamp(began, UTC) + _AHEAD

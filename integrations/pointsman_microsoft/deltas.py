"""Delta queries: what changed in a calendar since a deltaLink (Graph, "event: delta").

A query is about the events of some weeks. What changes outside of them is told as @removed, and so is told all the same. It shows
whole events, without what is ours in them ($select and $expand are not known there), so that our keys are looked up.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pointsman_microsoft.answers import CursorLost
from pointsman_microsoft.client import PREFER, Client
from pointsman_microsoft.events import EXPAND, key_in
from pointsman_microsoft.places import Place
from pointsman_microsoft.shape import rows, shaped, text
from pointsman_microsoft.times import plain
from pointsman_sdk import Changes, Rejected

_PAGE = f"{PREFER}, odata.maxpagesize=50"
_MOST_PAGES = 1_000
_BEFORE, _AHEAD = timedelta(days=1), timedelta(days=62)
_LASTS = timedelta(days=21)  # after which the weeks asked about lie too far back
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
            return Changes(cursor=f"{began} {place.delta} {link}")
        parts = cursor.split(" ")
        if len(parts) != 3 or parts[1] != place.delta or not self._lasts(parts[0]):
            return Changes(complete=False)
        try:
            changed, link = await self._read(parts[2], None)
        except CursorLost:
            return Changes(complete=False)
        following = f"{parts[0]} {place.delta} {link}"
        removed = [row for row in changed if "@removed" in row]
        ours = [row for row in changed if "@removed" not in row and row.get("transactionId")]
        if len(ours) > _MOST_LOOKED_UP:
            return Changes(others=True, cursor=following, complete=False)
        keys = [await self._key(place, row) for row in ours]
        known = {key: None for key in keys if key is not None}
        others = len(changed) - len(removed) > len([key for key in keys if key is not None]) or bool(removed)
        return Changes(keys=tuple(known), others=others, cursor=following)

    async def _read(self, path: str, params: dict[str, str] | None) -> tuple[list[Any], str]:
        """All pages of a query, and the path of its deltaLink."""
        found: list[Any] = []
        seen: set[str] = set()
        while path not in seen and len(seen) < _MOST_PAGES:
            seen.add(path)
            answer = await self._client.call("GET", path, params=params, prefer=_PAGE)
            found += shaped(lambda data: [one if one["id"] else None for one in rows(data)], answer)
            following = self._client.link(answer, "@odata.nextLink")
            if following is None:
                link = self._client.link(answer, "@odata.deltaLink")
                if link is None:
                    raise Rejected("Microsoft Graph's list of changes has no end that it can be gone on from")
                return found, link
            path, params = following, None
        raise Rejected("Microsoft Graph's list of changes has no end")

    async def _key(self, place: Place, row: Any) -> str | None:
        """Our key of an event that changed; None for one of others, and one that is gone by now."""
        path = place.event(shaped(lambda one: text(one["id"]), row))
        params = {"$select": "id", "$expand": EXPAND}
        found = await self._client.call("GET", path, params=params, of_place=False, absent_is_none=True)
        return None if found is None else shaped(key_in, found)

    def _weeks(self) -> dict[str, str]:
        now = self._client.now()
        return {"startDateTime": f"{plain(now - _BEFORE)}Z", "endDateTime": f"{plain(now + _AHEAD)}Z"}

    def _lasts(self, began: str) -> bool:
        if not (began.isascii() and began.isdigit() and len(began) < 12):
            return False
        return self._client.now() - datetime.fromtimestamp(int(began), UTC) < _LASTS

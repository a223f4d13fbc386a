"""What no webhook told: changed records by search, which lags and ends at 10,000, and new members of lists.

A search is asked from a moment before the last one on, and what was told already is remembered. It goes on from the last change
that it found, and not from a number of records, so that it never comes near its end.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pointsman_hubspot.api.objects import HISTORY_BATCH, Found, Objects
from pointsman_hubspot.api.shape import instant, milliseconds, next_page, rows, shaped
from pointsman_hubspot.desk import Desk
from pointsman_hubspot.intake.events import CHANGE, CONTACT, CREATION, JOINED, TASK, Change
from pointsman_hubspot.tasks import STATUS
from pointsman_sdk import Missed
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

OVERLAP = timedelta(minutes=3)
"""HubSpot says that its index lags by moments: what was changed before this has surely come into it."""
_MOST_SEEN = 1_000
_WIDTH = 8  # characters of a key's mark: 48 bits
_END_OF_SEARCH = 10_000
_MEMBERS, _MOST_PAGES = "250", 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a kind of record was read: changes from `told` on are news, and the next search begins at `asked`.

    `after` counts the records that were changed in this very moment.
    """

    told: int
    asked: int
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """How far the members of a list were read: those who joined from `told` on are news, and the last page begins `after`."""

    told: int
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far all was read, and the marks of what was told last."""

    places: Mapping[str, Place]
    lists: Mapping[str, ListPlace] = field(default_factory=dict)
    seen: str = ""

    @classmethod
    def at(cls, now: int, kinds: Sequence[str], lists: Sequence[str]) -> "Cursor":
        return cls(
            places={kind: Place(told=now, asked=now) for kind in kinds},
            lists={one: ListPlace(told=now) for one in lists},
        )

    @classmethod
    def read(cls, text: str, now: int, kinds: Sequence[str], lists: Sequence[str]) -> "Cursor | None":
        """None for a cursor that is not ours. What the configuration has named since begins now."""
        try:
            data = parse_json(text.encode("utf-8", "replace"))
            places = {one: Place(told=int(a), asked=int(b), after=int(c)) for one, (a, b, c) in data["places"].items()}
            known = {str(one): ListPlace(told=int(at), after=str(after)) for one, (at, after) in data["lists"].items()}
            seen = str(data["seen"])
        except (Unreadable, KeyError, TypeError, ValueError, AttributeError):
            return None
        fresh = cls.at(now, kinds, lists)
        return cls(
            places={kind: places.get(kind, fresh.places[kind]) for kind in kinds},
            lists={one: known.get(one, ListPlace(told=now)) for one in lists},
            seen=seen[-_MOST_SEEN * _WIDTH :],
        )

    def written(self) -> str:
        places = {kind: [one.told, one.asked, one.after] for kind, one in self.places.items()}
        lists = {one: [place.told, place.after] for one, place in self.lists.items()}
        return json.dumps({"places": places, "lists": lists, "seen": self.seen}, separators=(",", ":"))

    def news(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Those that were not told yet."""
        seen = {self.seen[start : start + _WIDTH] for start in range(0, len(self.seen), _WIDTH)}
        return [one for one in changes if _mark(one) not in seen]

    def having_told(self, changes: Sequence[Change]) -> "Cursor":
        seen = self.seen + "".join(_mark(one) for one in changes)
        return replace(self, seen=seen[-_MOST_SEEN * _WIDTH :])


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A kind of record whose changes are news: how HubSpot calls the time of a change, and the properties that are watched."""

    kind: str
    records: str
    changed: str
    watched: tuple[str, ...]
    creations: bool


class Catcher:
    """One page of each kind at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._objects, config = desk, desk.objects, desk.config
        feeds = [
            Feed(
                kind=CONTACT,
                records="contacts",
                changed="lastmodifieddate",
                watched=config.watched_names(),
                creations=True,
            ),
            *(
                [Feed(kind=TASK, records="tasks", changed="hs_lastmodifieddate", watched=(STATUS,), creations=False)]
                if config.tasks
                else []
            ),
        ]
        self._feeds = {feed.kind: feed for feed in feeds}
        self._lists = config.list_ids()

    async def since(self, text: str | None) -> Missed:
        now = milliseconds(self._desk.client.now())
        begun = Cursor.at(now, [*self._feeds], self._lists)
        if text is None:
            return Missed(events=(), cursor=begun.written())
        cursor = Cursor.read(text, now, [*self._feeds], self._lists)
        if cursor is None:
            return Missed(events=(), cursor=begun.written(), complete=False)
        changes, is_complete = list[Change](), True
        for kind, place in cursor.places.items():
            found, following, whole = await read_page(self._objects, self._feeds[kind], place, now)
            changes += found
            is_complete = is_complete and whole
            cursor = replace(cursor, places={**cursor.places, kind: following})
        for one, members in cursor.lists.items():
            joined, further = await self._joined(one, members, now)
            changes += joined
            cursor = replace(cursor, lists={**cursor.lists, one: further})
        news = sorted(cursor.news(changes), key=lambda change: change.at)
        events = [change.event() for change in news]
        return Missed(events=events, cursor=cursor.having_told(news).written(), complete=is_complete)

    async def _joined(self, listed: str, place: ListPlace, now: int) -> tuple[Sequence[Change], ListPlace]:
        """The members that joined the list since, in the order in which they did; of a long list so many pages at a time."""
        found, path = dict[str, int](), self._desk.client.paths.lists(listed, "memberships", "join-order")
        after = place.after
        for _ in range(_MOST_PAGES):
            params = {"limit": _MEMBERS} | ({"after": after} if after else {})
            answer = await self._desk.client.call("GET", path, params=params)
            found |= {record: at for record, at in shaped(_members, answer).items() if at >= place.told}
            following = shaped(next_page, answer)
            if following is None or following == after:
                until = max(place.told, now - round(OVERLAP.total_seconds() * 1000))
                return _joins(listed, found), ListPlace(told=until, after=after)
            after = following
        return _joins(listed, found), replace(place, after=after)


async def read_page(objects: Objects, feed: Feed, place: Place, now: int) -> tuple[Sequence[Change], Place, bool]:
    """The changes of one page, where the next one begins, and whether nothing was left out."""
    filters = [{"propertyName": feed.changed, "operator": "GTE", "value": str(place.asked)}]
    page = await objects.search(
        feed.records, filters, properties=[feed.changed], sort=feed.changed, limit=HISTORY_BATCH, after=str(place.after)
    )
    ids = [one.id for one in page.items]
    read = await objects.read_many(feed.records, ids, properties=[feed.changed], history=feed.watched) if ids else {}
    records = [one for one in read.values() if one is not None]
    changes = [one for record in records for one in shaped(lambda found: _changes(found, feed, place.told), record)]
    if page.cursor is None and place.after + len(ids) < _END_OF_SEARCH:
        until = max(place.told, now - round(OVERLAP.total_seconds() * 1000))
        return changes, Place(told=until, asked=until), True
    last = shaped(lambda found: milliseconds(instant(found[-1].properties[feed.changed])), page.items)
    if last > place.asked:
        return changes, replace(place, asked=last, after=0), True
    after = place.after + len(ids)
    if after + HISTORY_BATCH <= _END_OF_SEARCH:
        return changes, replace(place, after=after), True
    # As many records as a search has were changed in one millisecond: the rest of them cannot be told.
    return changes, replace(place, asked=place.asked + 1, after=0), False


def _changes(found: Found, feed: Feed, since: int) -> list[Change]:
    """What happened to a record since then, by the histories of its properties."""
    changes = []
    created = milliseconds(instant(found.created))
    if feed.creations and created >= since:
        changes.append(Change(kind=feed.kind, what=CREATION, record=found.id, at=created))
    for name in feed.watched:
        for entry in found.history.get(name, ()):
            at = milliseconds(instant(entry["timestamp"]))
            if at >= since:
                value = entry.get("value")
                told = "" if value is None else str(value)
                changes.append(Change(kind=feed.kind, what=CHANGE, record=found.id, at=at, name=name, value=told))
    return changes


def _members(answer: Any) -> dict[str, int]:
    return {str(int(one["recordId"])): milliseconds(instant(one["membershipTimestamp"])) for one in rows(answer)}


def _joins(listed: str, members: Mapping[str, int]) -> list[Change]:
    return [Change(kind=CONTACT, what=JOINED, record=one, at=at, name=listed) for one, at in members.items()]


def _mark(change: Change) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(change.key.encode()).digest()[:6]).decode()

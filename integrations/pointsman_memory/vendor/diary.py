"""The vendor's calendars: events, busy times, a feed of changes, and subscriptions to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from pointsman_memory.vendor.calendars import Calendar, is_busy, merged
from pointsman_memory.vendor.items import Item, Shelf
from pointsman_memory.vendor.pushes import push
from pointsman_memory.vendor.wire import Answer, Asked, Refused, instant, page, place_of, window_of
from pointsman_memory.watches import WATCH_ENDED
from pointsman_sdk import Slot, WebhookRequest

MOST_AT_ONCE = 20
"""Calendars in one question for busy times."""
_WATCH_LASTS = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class Diary:
    """All calendars. One that is asked for the first time is an empty one."""

    clock: Callable[[], datetime]
    page_size: int = 50
    pushes_changes: bool = True
    calendars: dict[str, Calendar] = field(default_factory=dict)
    watches: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # id: calendar, callback, secret
    pushed: list[WebhookRequest] = field(default_factory=list)
    mailed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # the guest, and what they were shown
    ids: "count[int]" = field(default_factory=lambda: count(1))

    # ── as its users have it ─────────────────────────────────────────────────────────────────────

    def calendar(self, name: str) -> Calendar:
        """The calendar of this name, whether it may be used or not."""
        if name not in self.calendars:
            self.calendars[name] = Calendar(id=name, name=name, shelf=Shelf("event", name, ids=self.ids))
        return self.calendars[name]

    def block(self, name: str, slot: Slot, **values: Any) -> Item:
        """Put in an event that is not ours.

        `values` are such as busy, declined, status, private, first_day and last_day, weeks (a series of so many) and left_out
        (which of them were deleted, from 0).
        """
        times = {"start": slot.start.isoformat(), "end": slot.end.isoformat()}
        item = self.calendar(name).shelf.add({**times, "title": "Private", **values})
        self._changed(self.calendar(name), item)
        return item

    def edit(self, name: str, key: str, **values: Any) -> None:
        """The owner changes an event in a program of their own."""
        item = self.calendar(name).shelf.items[key]
        item.change({**item.values, **values})
        self._changed(self.calendar(name), item)

    def repeat(self, name: str, key: str, *, weeks: int, without: int = 0) -> None:
        """The owner makes a weekly series of an event, and deletes so many of its times, the first ones."""
        self.edit(name, key, weeks=weeks, zone=self.calendar(name).zone, left_out=list(range(without)))

    def erase(self, name: str, key: str | None = None) -> None:
        """The owner removes one event, or all of them."""
        calendar = self.calendar(name)
        for gone in [key] if key else list(calendar.shelf.items):
            self._changed(calendar, calendar.shelf.items.pop(gone))

    def end_watches(self) -> list[WebhookRequest]:
        """End every watch before its time, and say so to each callback."""
        ended = [
            push(callback, secret, watch=watch, now=self.clock(), body=WATCH_ENDED)
            for watch, (_, callback, secret) in self.watches.items()
        ]
        self.watches.clear()
        self.pushed += ended
        return ended

    def seen_by_guests(self, item: Item) -> dict[str, Any]:
        """All that a guest of the event can see of it."""
        names = ("title", "description", "start", "end", "guests", "status", "join_url")
        return {name: item.values[name] for name in names if name in item.values}

    def own(self, name: str) -> list[Item]:
        """The events that came with a key, by start."""
        return self.calendar(name).own()

    # ── as clients ask it ────────────────────────────────────────────────────────────────────────

    def answer(self, asked: Asked, parts: list[str]) -> Answer:
        """Serve `/calendars` and what lies below."""
        if not parts:
            listed = [_shown(one) for one in self.calendars.values() if one.open]
            return 200, page(listed, asked.query.get("cursor"), self.page_size)
        calendar = self.calendar(parts[0])
        if not calendar.open:
            raise Refused(403, "place")
        match parts[1:]:
            case ["events"]:
                found = self._listed(asked, calendar)
            case ["events", key]:
                return self._event(asked, calendar, key)
            case ["events", key, "times"]:
                found = self._left(asked, calendar, key)
            case ["changes"]:
                return self._changes(calendar, asked.query.get("cursor"))
            case ["watches"]:
                return self._watch(calendar, asked.body)
            case ["watches", watch]:
                return (204, None) if self.watches.pop(watch, None) else (404, {"code": "unknown"})
            case _:
                raise Refused(404, "no such path")
        return 200, found

    def busy(self, body: Mapping[str, Any]) -> Answer:
        """Serve `/busy`: the times of many calendars, in pages, each calendar apart."""
        names = [str(one["id"]) for one in body["calendars"]]
        if len(names) > MOST_AT_ONCE:
            raise Refused(400, "too many calendars")
        window = window_of(body)
        flat: list[tuple[str, Any]] = []
        for name in names:
            calendar = self.calendar(name)
            times: list[Any] = self._times(calendar, window) if calendar.open else []
            flat += [(name, one) for one in times or [None]]
        found = page(flat, body.get("cursor"), self.page_size)
        rows: dict[str, Any] = {}
        for name, one in found["items"]:
            calendar = self.calendar(name)
            row = (
                {"id": name, "keyed": not calendar.merged, "busy": []}
                if calendar.open
                else {"id": name, "error": "place"}
            )
            rows.setdefault(name, row)
            if one is not None:
                rows[name]["busy"].append(one)
        return 200, {"items": list(rows.values()), "next": found["next"]}

    def _times(self, calendar: Calendar, window: Slot) -> list[dict[str, Any]]:
        # Whole days reach further in other zones than in the calendar's own: who asks says in which they are.
        wide = Slot(window.start.astimezone(UTC) - timedelta(days=1), window.end.astimezone(UTC) + timedelta(days=1))
        busy = [one for one in calendar.shelf.items.values() if is_busy(one)]
        days = [
            {"first_day": one.values["first_day"], "last_day": one.values["last_day"]}
            for one in busy
            if "first_day" in one.values and calendar.slot(one).overlaps(wide)
        ]
        timed = [
            (slot, one.key)
            for one in busy
            if "first_day" not in one.values
            for slot in calendar.slots(one)
            if slot.overlaps(window)
        ]
        if calendar.merged:
            return days + merged([slot.utc() for slot, _ in timed])
        return days + [
            {"start": slot.start.isoformat(), "end": slot.end.isoformat(), "key": key} for slot, key in timed
        ]

    def _listed(self, asked: Asked, calendar: Calendar) -> dict[str, Any]:
        window = window_of(asked.query)
        found = calendar.own() if "keyed" in asked.query else list(calendar.shelf.items.values())
        shown = [one.shown() for one in found if calendar.meets(one, window)]
        return page(shown, asked.query.get("cursor"), self.page_size)

    def _left(self, asked: Asked, calendar: Calendar, key: str) -> dict[str, Any]:
        """The times of one event that are left in the window that is asked for."""
        item, window = calendar.shelf.items.get(key), window_of(asked.query)
        if item is None:
            raise Refused(404, "unknown")
        found = [slot.utc() for slot in calendar.slots(item) if slot.overlaps(window)]
        rows = [{"start": slot.start.isoformat(), "end": slot.end.isoformat()} for slot in found]
        return page(rows, asked.query.get("cursor"), self.page_size)

    def _event(self, asked: Asked, calendar: Calendar, key: str) -> Answer:
        present = calendar.shelf.items.get(key)
        before = present.version if present else 0
        if asked.method == "PUT":
            if not calendar.writes_to_guests and asked.body.get("invite") and asked.body.get("guests"):
                raise Refused(403, "guests")
            self._check(calendar, key, Slot(instant(asked.body["start"]), instant(asked.body["end"])))
            join = {"join_url": self._join_url(calendar, asked.body.get("meeting"))}
            if present and present.values.get("meeting") == asked.body.get("meeting"):
                join = {"join_url": present.values.get("join_url")}
            asked = Asked(method="PUT", headers=asked.headers, body={**asked.body, **join})
        status, answer = calendar.shelf.answer(asked, key)
        item = calendar.shelf.items.get(key)
        if item is None or item.version != before:
            self._changed(calendar, item or present)
        return status, answer

    def _check(self, calendar: Calendar, key: str, slot: Slot) -> None:
        if not calendar.writable:
            raise Refused(403, "place")
        others = [one for name, one in calendar.shelf.items.items() if name != key and is_busy(one)]
        if calendar.refuses_overlaps and any(calendar.meets(one, slot) for one in others):
            raise Refused(409, "taken")

    def _join_url(self, calendar: Calendar, meeting: Any) -> str | None:
        return f"https://meet.memory.example/{next(calendar.shelf.ids)}" if meeting == "own" else meeting

    def _changed(self, calendar: Calendar, item: Item | None) -> None:
        """Write it into the feed, tell those who watch, and mail the guests where the vendor is to."""
        calendar.log.append(item.key if item else None)
        if item and item.values.get("invite"):
            self.mailed += [(guest["email"], self.seen_by_guests(item)) for guest in item.values["guests"]]
        for watch, (name, callback, secret) in self.watches.items():
            if name == calendar.id:
                self.pushed.append(push(callback, secret, watch=watch, now=self.clock()))

    def _changes(self, calendar: Calendar, cursor: str | None) -> Answer:
        end = f"p{len(calendar.log)}"
        if cursor is None:
            return 200, {"items": [], "next": None, "sync": end}
        try:
            start = place_of(cursor)
        except Refused:
            raise Refused(410, "cursor") from None
        if not calendar.forgotten <= start <= len(calendar.log):
            raise Refused(410, "cursor")
        found = page([{"key": key} for key in calendar.log], cursor, self.page_size)
        return 200, {**found, "sync": end}

    def _watch(self, calendar: Calendar, body: Mapping[str, Any]) -> Answer:
        if not self.pushes_changes:
            return 200, {"push": False}
        name = f"watch-{next(self.ids)}"
        self.watches[name] = (calendar.id, str(body["callback"]), str(body["secret"]))
        return 201, {"push": True, "id": name, "renew": (self.clock() + _WATCH_LASTS).isoformat()}


def _shown(calendar: Calendar) -> dict[str, Any]:
    names = {"id": calendar.id, "name": calendar.name or calendar.id, "owner": calendar.owner}
    return {**names, "zone": calendar.zone, "writable": calendar.writable}

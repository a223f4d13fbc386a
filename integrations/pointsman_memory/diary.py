"""The vendor's calendars: events by key, and a refusal when a time is taken."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pointsman_memory.wire import Answer, event_json, slot_of
from pointsman_sdk import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. An event that is not ours has no key."""

    id: str
    slot: Slot
    key: str | None = None
    title: str = ""
    attendees: frozenset[str] = frozenset()
    sequence: int = 0
    version: int = 1
    busy: bool = True
    tentative: bool = False


@dataclass(slots=True)
class Diary:
    """All calendars of the vendor. An unused one is empty; a locked one cannot be read."""

    calendars: dict[str, dict[str, Entry]] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def block(self, calendar: str, slot: Slot, *, busy: bool = True) -> None:
        """Put in an event that is not ours."""
        entry = Entry(id=f"event-{next(self.ids)}", slot=slot, busy=busy)
        self.calendars.setdefault(calendar, {})[entry.id] = entry

    def own(self, calendar: str) -> list[Entry]:
        """The events that came with a key, by start."""
        found = [entry for entry in self.calendars.get(calendar, {}).values() if entry.key]
        return sorted(found, key=lambda entry: entry.slot.utc().start)

    def answer(self, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
        """Serve `/calendars/{calendar}/busy` and `/calendars/{calendar}/events[/{key}]`."""
        calendar, kind, *rest = parts
        if calendar in self.locked:
            return 403, {"error": "this calendar is locked"}
        entries = self.calendars.setdefault(calendar, {})
        if rest:
            return self._event(method, entries, rest[0], body)
        window = slot_of(query)
        if kind == "busy":
            return 200, [event_json(e) for e in entries.values() if e.busy and e.slot.overlaps(window)]
        return 200, [event_json(entry) for entry in self.own(calendar) if entry.slot.overlaps(window)]

    def _event(self, method: str, entries: dict[str, Entry], key: str, body: dict[str, Any]) -> Answer:
        present = entries.get(key)
        if method == "DELETE":
            entries.pop(key, None)
            return (204, None) if present else (404, {"error": "no such event"})
        if method == "PUT" and present is None:
            return self._create(entries, key, body)
        if present is None:
            return 404, {"error": "no such event"}
        if method == "PATCH":
            return self._move(entries, present, body)
        return 200, event_json(present)

    def _create(self, entries: dict[str, Entry], key: str, body: dict[str, Any]) -> Answer:
        entry = Entry(
            id=f"event-{next(self.ids)}",
            key=key,
            slot=slot_of(body),
            title=body["title"],
            attendees=frozenset(body["attendees"]),
            sequence=body["sequence"],
            tentative=body["tentative"],
        )
        return self._keep(entries, entry, status=201)

    def _move(self, entries: dict[str, Entry], present: Entry, body: dict[str, Any]) -> Answer:
        asked = {"slot": slot_of(body), "sequence": body["sequence"], "tentative": body["tentative"]}
        if asked["sequence"] < present.sequence:
            return 200, event_json(present)
        moved = replace(present, **asked)
        if moved == present:
            return 200, event_json(present)
        moved = replace(moved, version=present.version + 1)
        return self._keep(entries, moved, status=200)

    def _keep(self, entries: dict[str, Entry], entry: Entry, *, status: int) -> Answer:
        assert entry.key
        if any(e.busy and e.slot.overlaps(entry.slot) for e in entries.values() if e.key != entry.key):
            return 409, {"error": "this time is taken"}
        entries[entry.key] = entry
        return status, event_json(entry)

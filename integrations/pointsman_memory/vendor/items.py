"""Shelves of items: what clients name by keys of their own, in versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pointsman_memory.vendor.wire import Answer, Asked, Refused


@dataclass(slots=True, kw_only=True)
class Item:
    """One item. `key` is None of what others made. `values` are whatever was written into it."""

    id: str
    key: str | None
    place: str = ""
    version: int = 1
    values: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As its owner sees it."""
        own = {"id": self.id, "key": self.key or "", "place": self.place, "version": str(self.version)}
        return {"sequence": None, **self.values, **own, "url": f"https://memory.example/items/{self.id}"}

    def change(self, values: Mapping[str, Any]) -> None:
        """Other values from now on, as a new version."""
        self.values, self.version = dict(values), self.version + 1


@dataclass(slots=True)
class Shelf:
    """The items of one kind in one place, by name: the client's key, or the id of what others made."""

    kind: str
    place: str = ""
    items: dict[str, Item] = field(default_factory=dict)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def answer(self, asked: Asked, key: str) -> Answer:
        """Serve GET, PUT (with If-Match or If-None-Match) and DELETE of one item."""
        present = self.items.get(key)
        match asked.method:
            case "PUT":
                return self._put(asked, key, present)
            case "GET" if present is not None:
                return 200, present.shown()
            case "DELETE" if present is not None:
                self.items.pop(key)
                return 204, None
            case _:
                raise Refused(404, "unknown")

    def add(self, values: Mapping[str, Any], *, key: str | None = None) -> Item:
        """Put in an item; without a key, one that others made."""
        item = Item(id=f"{self.kind}-{next(self.ids)}", key=key, place=self.place, values=dict(values))
        self.items[key or item.id] = item
        return item

    def _put(self, asked: Asked, key: str, present: Item | None) -> Answer:
        condition = asked.headers.get("if-match")
        if present is None:
            if condition is not None:
                raise Refused(412, "changed")
            return 201, self.add(asked.body, key=key).shown()
        if asked.headers.get("if-none-match") == "*" or condition not in (None, str(present.version)):
            raise Refused(412, "changed")
        if dict(asked.body) != present.values:
            present.change(asked.body)
        return 200, present.shown()

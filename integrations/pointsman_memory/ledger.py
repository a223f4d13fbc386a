"""The vendor's CRM records: people, companies, meetings, and the users who own them."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pointsman_memory.wire import Answer
from pointsman_sdk import Kind, User

USERS = (
    User(id="user-1", email="anna@example.com", name="Anna", active=True),
    User(id="user-2", email="bruno@example.com", name="Bruno", active=True),
    User(id="user-3", email="carla@example.com", name="Carla", active=False),
)
PAGE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record. `natural` is what the vendor itself takes for the same: an address, a domain, a key."""

    id: str
    kind: Kind
    natural: str
    name: str
    owner: str | None = None
    keys: frozenset[str] = frozenset()


@dataclass(slots=True)
class Ledger:
    """Every record of the vendor."""

    entries: dict[str, Entry] = field(default_factory=dict)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def answer(self, method: str, parts: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
        """Serve `/records/{kind}?natural=|key=`, `/records/{kind}/{key}` and `/records/{kind}/{id}/owner`."""
        kind = Kind(parts[0])
        if method == "GET":
            return self._look_up(kind, query)
        if parts[2:] == ["owner"]:
            return self._own(parts[1], body["owner"])
        return self._upsert(kind, parts[1], natural=body["natural"].casefold(), name=body["name"])

    def users(self, page: int) -> Answer:
        """Serve `/users?page=`, a few at a time."""
        start = page * PAGE
        rows = [{"id": u.id, "email": u.email, "name": u.name, "active": u.active} for u in USERS[start : start + PAGE]]
        return 200, {"users": rows, "next": page + 1 if start + PAGE < len(USERS) else None}

    def _look_up(self, kind: Kind, query: dict[str, str]) -> Answer:
        natural, key = query.get("natural", "").casefold(), query.get("key", "")
        of_kind = [entry for entry in self.entries.values() if entry.kind is kind]
        return 200, [_json(entry) for entry in of_kind if entry.natural == natural or key in entry.keys]

    def _own(self, record_id: str, owner: str) -> Answer:
        if owner not in {user.id for user in USERS}:
            return 422, {"error": "no such user"}
        if record_id not in self.entries:
            return 404, {"error": "no such record"}
        self.entries[record_id] = replace(self.entries[record_id], owner=owner)
        return 200, _json(self.entries[record_id])

    def _upsert(self, kind: Kind, key: str, *, natural: str, name: str) -> Answer:
        same = [entry for entry in self.entries.values() if entry.kind is kind and entry.natural == natural]
        present = same[0] if same else Entry(id=f"{kind}-{next(self.ids)}", kind=kind, natural=natural, name=name)
        self.entries[present.id] = replace(present, name=name, keys=present.keys | {key})
        return 200, _json(self.entries[present.id])


def _json(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "kind": entry.kind, "owner": entry.owner}

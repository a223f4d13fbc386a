"""The vendor's CRM: records of people and companies, the users who own them, and the fields they have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pointsman_memory.vendor.wire import Answer, Asked, Refused, page
from pointsman_sdk import User

USERS = (
    User(id="user-1", email="anna@example.com", name="Anna", active=True),
    User(id="user-2", email="bruno@example.com", name="Bruno", active=True),
    User(id="user-3", email="carla@example.com", name="Carla", active=False),
    User(id="user-4", email="dora@example.com", name="Dora", active=True),
    User(id="user-5", email="emil@example.com", name="Emil", active=True),
)
_OWN = {
    "person": ("email", "first_name", "last_name", "phone", "account", "owner"),
    "account": ("domain", "name", "owner"),
    "activity": ("title", "status", "owner"),
}
_KNOWN_BY = {"person": "email", "account": "domain"}


@dataclass(slots=True, kw_only=True)
class Row:
    """One record. `keys` are the names that clients gave to it, each with the last sequence."""

    id: str
    kind: str
    version: int = 1
    values: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)

    @property
    def natural(self) -> str:
        """What the vendor itself takes for the same: an address or a domain."""
        return str(self.values.get(_KNOWN_BY[self.kind]) or "").casefold()

    @property
    def name(self) -> str:
        """What is shown as its name."""
        parts = (self.values.get("first_name"), self.values.get("last_name"), self.values.get("name"))
        return " ".join(part for part in parts if part)

    def shown(self) -> dict[str, Any]:
        key = next(iter(self.keys), "")
        own = {"id": self.id, "key": key, "keys": self.keys, "version": str(self.version)}
        known = {name: value for name, value in self.values.items() if value is not None}
        return {
            **own,
            "sequence": self.keys.get(key),
            "place": "",
            "title": self.name,
            "owner": self.values.get("owner"),
            "fields": {**known, **self.fields},
            "url": f"https://memory.example/records/{self.id}",
        }


@dataclass(slots=True, kw_only=True)
class Crm:
    """Every record, user and field. `heard` is told of each change: the record, and the key of the client that made it."""

    heard: Callable[[Row, str | None], None]
    page_size: int = 50
    makes_fields: bool = True
    users: list[User] = field(default_factory=lambda: list(USERS))
    rows: dict[str, Row] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    custom: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows.values() if row.kind == kind]

    def add(self, kind: str, **values: Any) -> Row:
        """A user of the vendor makes a record, or a lead fills in a form."""
        row = Row(id=f"{kind}-{next(self.ids)}", kind=kind, values=values)
        self.rows[row.id] = row
        self.heard(row, None)
        return row

    def edit(self, record_id: str, **values: Any) -> None:
        """A user of the vendor changes a record."""
        row = self.rows[record_id]
        row.values, row.version = {**row.values, **values}, row.version + 1
        self.heard(row, None)

    def convert(self, record_id: str) -> str:
        """The record has another id from now on, and is still found by the old one."""
        row = self.rows.pop(record_id)
        row.id, row.version = f"{row.kind}-{next(self.ids)}", row.version + 1
        self.rows[row.id] = row
        self.aliases[record_id] = row.id
        return row.id

    def user(self, user_id: Any) -> User | None:
        return next((one for one in self.users if one.id == user_id), None)

    def row(self, record_id: Any) -> Row | None:
        """The record with this id, or which had it before it was converted."""
        for _ in range(len(self.aliases) + 1):
            if record_id not in self.aliases:
                break
            record_id = self.aliases[record_id]
        return self.rows.get(record_id)

    # ── as clients ask it ────────────────────────────────────────────────────────────────────────

    def answer(self, asked: Asked, parts: list[str]) -> Answer:
        """Serve `/records/{kind}` and `/records/{kind}/{id}`."""
        kind = parts[0]
        if kind not in _KNOWN_BY:
            raise Refused(404, "no such path")
        match asked.method, parts[1:]:
            case "GET", []:
                return 200, page(self._found(kind, asked.query), asked.query.get("cursor"), self.page_size)
            case "POST", []:
                return self._create(kind, asked)
            case "PATCH", [record_id]:
                return self._change(kind, record_id, asked)
            case _:
                raise Refused(405, "method")

    def listed_users(self, query: Mapping[str, str]) -> Answer:
        """Serve `/users`, in pages or by address."""
        asked = query.get("email", "").strip().casefold()
        found = [one for one in self.users if "email" not in query or one.email.casefold() == asked]
        shown = [{"id": one.id, "email": one.email, "name": one.name, "active": one.active} for one in found]
        return 200, page(shown, query.get("cursor"), self.page_size)

    def answer_fields(self, asked: Asked, parts: list[str]) -> Answer:
        """Serve `/fields/{kind}` and PUT `/fields/{kind}/{name}`."""
        kind = parts[0]
        if asked.method == "PUT":
            if not self.makes_fields:
                return 200, {"made": False}
            made = {"label": str(asked.body["label"]), "type": str(asked.body["type"])}
            self.custom.setdefault(kind, {})[parts[1]] = made
            return 200, {"made": True}
        every = {"options": [], "writable": True, "required": False}
        own = [{"name": one, "label": one, "type": "text", "custom": False, **every} for one in _OWN.get(kind, ())]
        made_later = [{"name": name, "custom": True, **every, **one} for name, one in self.custom.get(kind, {}).items()]
        return 200, page(own + made_later, asked.query.get("cursor"), self.page_size)

    def _found(self, kind: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        if "id" in query:
            row = self.row(query["id"])
            return [row.shown()] if row and row.kind == kind else []
        natural = query.get(_KNOWN_BY[kind], "").casefold()
        key, phone = query.get("key"), query.get("phone")
        return [
            row.shown()
            for row in self.of(kind)
            if (natural and row.natural == natural)
            or (key and key in row.keys)
            or (phone and row.values.get("phone") == phone)
        ]

    def _create(self, kind: str, asked: Asked) -> Answer:
        row = Row(id=f"{kind}-{next(self.ids)}", kind=kind)
        self._write(row, asked)
        key = str(asked.body["key"])
        if any((row.natural and row.natural == one.natural) or key in one.keys for one in self.of(kind)):
            raise Refused(409, "exists")
        if not row.natural and not row.values.get("phone"):
            raise Refused(422, "unknown person")
        self.rows[row.id] = row
        self.heard(row, asked.headers.get("memory-origin"))
        return 201, {**row.shown(), "key": key}

    def _change(self, kind: str, record_id: str, asked: Asked) -> Answer:
        present = self.row(record_id)
        if present is None or present.kind != kind:
            raise Refused(412, "changed")  # it was removed since it was read
        if asked.headers.get("if-match") not in (None, str(present.version)):
            raise Refused(412, "changed")
        row = Row(id=present.id, kind=kind, version=present.version, values=dict(present.values))
        row.fields, row.keys = dict(present.fields), dict(present.keys)
        self._write(row, asked)
        if any(row.natural and row.natural == one.natural for one in self.of(kind) if one.id != row.id):
            raise Refused(409, "duplicate")
        if row != present:
            row.version += 1
            self.rows[row.id] = row
            self.heard(row, asked.headers.get("memory-origin"))
        return 200, {**row.shown(), "key": str(asked.body["key"]), "sequence": row.keys[str(asked.body["key"])]}

    def _write(self, row: Row, asked: Asked) -> None:
        for name in _OWN[row.kind]:
            value = asked.body.get(name)
            # An address in other letters is the same address: it stays as it is written there.
            if value is not None and not (name == _KNOWN_BY[row.kind] and str(value).casefold() == row.natural):
                row.values[name] = value
        if row.values.get("owner") == "":
            del row.values["owner"]  # nobody owns it
        if row.values.get("owner") is not None and self.user(row.values["owner"]) is None:
            raise Refused(422, "no such user")
        if row.values.get("account") is not None and self.row(row.values["account"]) is None:
            raise Refused(422, "no such account")
        for name, value in asked.body.get("fields", {}).items():
            if name in _OWN[row.kind]:
                row.values[name] = value
            elif name in self.custom.get(row.kind, {}):
                row.fields[name] = value
            else:
                raise Refused(422, "no such field")
        row.keys[str(asked.body["key"])] = int(asked.body["sequence"])

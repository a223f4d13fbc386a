"""What an account has beside its records: owners, properties, and lists of contacts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pointsman_hubspot.fake.definitions import TYPE_IDS, Property
from pointsman_hubspot.fake.records import Records
from pointsman_hubspot.fake.wire import Asked, Refused, error_body, not_found, page, stamp

_MOST_UNIQUE = 10  # properties with unique values, of one kind
_FIELD_TYPES = {
    "string": {"text", "textarea"},
    "number": {"number"},
    "bool": {"booleancheckbox"},
    "date": {"date"},
    "datetime": {"date"},
    "enumeration": {"select", "radio", "checkbox"},
}

Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A user who may own records. `archived`: not any more."""

    id: str
    email: str
    first_name: str
    last_name: str
    archived: bool = False

    def shown(self) -> dict[str, Any]:
        known = {"id": self.id, "email": self.email, "firstName": self.first_name, "lastName": self.last_name}
        times = {"createdAt": "2030-01-01T00:00:00.000Z", "updatedAt": "2030-01-01T00:00:00.000Z"}
        return {**known, **times, "type": "PERSON", "userId": int(self.id) + 5_000_000, "archived": self.archived}


OWNERS = (
    Owner(id="71", email="anna@example.com", first_name="Anna", last_name="Ahlers"),
    Owner(id="72", email="bruno@example.com", first_name="Bruno", last_name="Bach"),
    Owner(id="73", email="carla@example.com", first_name="Carla", last_name="Conti", archived=True),
    Owner(id="74", email="dora@example.com", first_name="Dora", last_name="Dahl"),
    Owner(id="75", email="emil@example.com", first_name="Emil", last_name="Eber"),
)


def answer_owners(asked: Asked, owners: Sequence[Owner], page_size: int) -> Answer:
    """Serve `/crm/owners`."""
    if asked.method != "GET" or asked.path[1:] not in ((), ("",)):
        raise not_found()
    email = asked.query.get("email", "").casefold()
    archived = asked.query.get("archived", "false") == "true"
    found = [one.shown() for one in owners if one.archived is archived and email in ("", one.email.casefold())]
    return 200, page(found, asked.query.get("after"), min(asked.number("limit", 100, 500), page_size))


@dataclass(slots=True, kw_only=True)
class PropertiesApi:
    """Serves `/crm/properties`. Kinds in `refuse_unique` take no property with unique values, those in `closed` none at all."""

    records: Records
    refuse_unique: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    groups: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, asked: Asked) -> Answer:
        kind, *rest = asked.path[1:]
        if kind not in self.records.properties:
            raise not_found("Unable to infer object type")
        known = self.records.properties[kind]
        match asked.method, rest:
            case "GET", []:
                return 200, {"results": [one.shown() for one in known.values()]}
            case "GET", [name] if name in known:
                return 200, known[name].shown()
            case "POST", []:
                return 201, self._made(kind, asked.body).shown()
            case "POST", ["groups"]:
                return self._grouped(kind, asked.body)
            case "POST", ["batch", "read"]:
                return self._batch(kind, [str(one["name"]) for one in asked.body["inputs"]])
            case _:
                raise not_found()

    def _grouped(self, kind: str, body: Any) -> Answer:
        if kind in self.closed:
            raise missing_scope("crm.schemas.contacts.write")
        if (kind, body["name"]) in self.groups:
            raise Refused(409, "CONFLICT", "The property group already exists")
        self.groups.add((kind, body["name"]))
        return 201, {**body, "archived": False}

    def _made(self, kind: str, body: Any) -> Property:
        known = self.records.properties[kind]
        if kind in self.closed:
            raise missing_scope("crm.schemas.contacts.write")
        if body["name"] in known:
            raise Refused(409, "OBJECT_ALREADY_EXISTS", f"A property named {body['name']} already exists")
        if body["fieldType"] not in _FIELD_TYPES.get(body["type"], ()):
            raise Refused(400, "VALIDATION_ERROR", "type and fieldType do not go together")
        if body["groupName"] not in {group for of, group in self.groups if of == kind}:
            raise Refused(400, "VALIDATION_ERROR", "The property group does not exist")
        is_unique = body.get("hasUniqueValue") is True
        unique = sum(one.unique for one in known.values() if one.custom)
        if is_unique and (kind in self.refuse_unique or unique >= _MOST_UNIQUE):
            raise Refused(400, "VALIDATION_ERROR", "Properties with unique values are not supported for this object")
        options = tuple(one["value"] for one in body.get("options") or ())
        made = Property(
            name=body["name"],
            label=body["label"],
            type=body["type"],
            field_type=body["fieldType"],
            options=options,
            unique=is_unique,
            custom=True,
        )
        known[made.name] = made
        return made

    def _batch(self, kind: str, names: Sequence[str]) -> Answer:
        known, now = self.records.properties[kind], stamp(self.records.clock())
        found = [known[name].shown() for name in names if name in known]
        batch = {"status": "COMPLETE", "startedAt": now, "completedAt": now, "results": found}
        missing = [name for name in names if name not in known]
        if not missing:
            return 200, batch
        fault = error_body(Refused(404, "OBJECT_NOT_FOUND", "Some properties do not exist", context={"name": missing}))
        return 207, {**batch, "numErrors": 1, "errors": [{**fault, "links": {}}]}


@dataclass(slots=True, kw_only=True)
class ContactList:
    """A list of contacts, each with the time it joined. A dynamic one is kept by filters."""

    name: str = ""
    dynamic: bool = False
    members: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ListsApi:
    """Serves `/crm/lists`."""

    records: Records
    tick: Callable[[], datetime]
    page_size: int
    lists: dict[str, ContactList] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Answer:
        match asked.method, asked.path[1:]:
            case "GET", ("records", kind, record, "memberships") if kind == TYPE_IDS["contacts"]:
                self.records.require("contacts", record)
                return 200, {"results": self._memberships(record)}
            case "POST", ("records", "memberships", "batch", "read"):
                return 200, {"status": "COMPLETE", "results": [self._of(one) for one in asked.body["inputs"]]}
            case "GET", (name,):
                return 200, {"list": self._shown(name)}
            case "PUT", (name, "memberships", ("add" | "remove") as how):
                return 200, self._changed(name, how, asked.body)
            case "GET", (name, "memberships", "join-order"):
                rows = sorted(self._list(name).members.items(), key=lambda one: one[1])
                shown = [{"recordId": one, "membershipTimestamp": stamp(at)} for one, at in rows]
                return 200, page(shown, asked.query.get("after"), min(asked.number("limit", 100, 250), self.page_size))
            case _:
                raise not_found()

    def _list(self, name: str) -> ContactList:
        if name not in self.lists:
            raise not_found("List does not exist")
        return self.lists[name]

    def _shown(self, name: str) -> dict[str, Any]:
        found = self._list(name)
        return {
            "listId": name,
            "listVersion": 1,
            "name": found.name or name,
            "objectTypeId": TYPE_IDS["contacts"],
            "processingStatus": "COMPLETE",
            "processingType": "DYNAMIC" if found.dynamic else "MANUAL",
            "size": len(found.members),
        }

    def _memberships(self, record: str) -> list[dict[str, Any]]:
        return [
            {
                "listId": name,
                "listVersion": 1,
                "firstAddedTimestamp": stamp(one.members[record]),
                "lastAddedTimestamp": stamp(one.members[record]),
            }
            for name, one in self.lists.items()
            if record in one.members
        ]

    def _of(self, asked: Any) -> dict[str, Any]:
        found = self._memberships(str(asked["recordId"]))
        return {"objectTypeId": asked["objectTypeId"], "recordId": asked["recordId"], "recordListMemberships": found}

    def _changed(self, name: str, how: str, body: Any) -> dict[str, Any]:
        found = self._list(name)
        if not isinstance(body, list) or not all(isinstance(one, str) for one in body):
            raise Refused(400, "VALIDATION_ERROR", "A list of ids was expected")
        if found.dynamic:
            raise Refused(400, "VALIDATION_ERROR", "Memberships of a DYNAMIC list cannot be changed")
        there = [row.id for one in body if (row := self.records.get("contacts", one)) is not None]
        missing = [one for one in body if self.records.get("contacts", one) is None]
        added = [one for one in there if one not in found.members] if how == "add" else []
        removed = [one for one in there if one in found.members] if how == "remove" else []
        for one in added:
            found.members[one] = self.tick()
        for one in removed:
            del found.members[one]
        return {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}


def missing_scope(*scopes: str) -> Refused:
    text = "One or more of the following scopes are required."
    return Refused(403, "MISSING_SCOPES", text, context={"requiredGranularScopes": scopes})

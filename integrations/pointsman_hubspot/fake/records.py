"""The records of an account: values as texts, each change with its time and source, and an index that lags behind."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pointsman_hubspot.fake.definitions import CHANGED, CREATED, SINGULAR, TYPE_IDS, Property, from_the_start
from pointsman_hubspot.fake.wire import Refused, milliseconds, not_found, stamp

OWNER = "hubspot_owner_id"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)|\d{12,14}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_KEPT_VERSIONS = 20

Heard = Callable[["Row", str, Mapping[str, str], "Source"], None]
"""Told of each change: the record, what happened to it, the values that are new, and its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """From where a change came: a person in HubSpot's own pages, or an app by its number."""

    type: str = "CRM_UI"
    id: str = "userId:9586504"

    @classmethod
    def app(cls, number: int) -> "Source":
        return cls(type="INTEGRATION", id=str(number))


@dataclass(slots=True, kw_only=True)
class Row:
    """One record. `versions` are its former states, None where it was in the recycle bin, for the index."""

    id: str
    kind: str
    created: datetime
    updated: datetime
    values: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    versions: list[tuple[datetime, dict[str, str] | None]] = field(default_factory=list)
    archived: bool = False

    def all_values(self) -> dict[str, str]:
        own = {
            "hs_object_id": self.id,
            CREATED[self.kind]: stamp(self.created),
            CHANGED[self.kind]: stamp(self.updated),
        }
        return {**self.values, **own}

    def shown(self, names: Iterable[str] = (), *, history: Iterable[str] = ()) -> dict[str, Any]:
        values = self.all_values()
        wanted = dict.fromkeys([*names, "hs_object_id", CREATED[self.kind], CHANGED[self.kind]])
        found: dict[str, Any] = {
            "id": self.id,
            "properties": {name: values.get(name) for name in wanted},
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "archived": self.archived,
        }
        told = {name: list(reversed(self.history.get(name, []))) for name in history}
        return {**found, "propertiesWithHistory": told} if told else found


@dataclass(slots=True, kw_only=True)
class Records:
    """Every record and property. `lag` is how long the index may stay behind; `owners` are those who may own records."""

    clock: Callable[[], datetime]
    heard: Heard
    owners: Callable[[], frozenset[str]]
    lag: timedelta = timedelta()
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: {kind: {} for kind in TYPE_IDS})
    properties: dict[str, dict[str, Property]] = field(
        default_factory=lambda: {kind: from_the_start(kind) for kind in TYPE_IDS}
    )
    merged: dict[str, str] = field(default_factory=dict)  # kind:id, and the id that it is found by since
    last: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    numbers: int = 0

    # -- as they are kept

    def kind(self, kind: str) -> dict[str, Row]:
        if kind not in self.rows:
            raise not_found("Unable to infer object type")
        return self.rows[kind]

    def get(self, kind: str, record: str) -> Row | None:
        """By its id, or an id of one that was merged into it; what is in the recycle bin is not there."""
        while f"{kind}:{record}" in self.merged:
            record = self.merged[f"{kind}:{record}"]
        found = self.kind(kind).get(record)
        return None if found is None or found.archived else found

    def require(self, kind: str, record: str) -> Row:
        found = self.get(kind, record)
        if found is None:
            raise not_found()
        return found

    def by(self, kind: str, name: str, value: str) -> Row | None:
        """By a property whose values are unique."""
        known = self.properties[kind].get(name)
        if known is None or not known.unique:
            text = f"Unable to perform update/upsert by non-unique {TYPE_IDS[kind]} property {name} in portal ID 1"
            raise Refused(400, "VALIDATION_ERROR", text)
        return self._with(kind, name, value)

    def tick(self) -> datetime:
        """A time that no other change has."""
        now = self.clock().astimezone(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self.last = max(now, self.last + timedelta(milliseconds=1))
        return self.last

    # -- changes

    def make(self, kind: str, values: Mapping[str, Any], source: Source) -> Row:
        given = self._checked(kind, values, None)
        self.numbers += 1
        now = self.tick()
        row = Row(id=str(100_000 + self.numbers), kind=kind, created=now, updated=now)
        self.kind(kind)[row.id] = row
        self._set(row, {name: value for name, value in given.items() if value}, source, now)
        self.heard(row, "creation", row.values, source)
        return row

    def change(self, row: Row, values: Mapping[str, Any], source: Source) -> None:
        """Nothing where nothing would change."""
        given = self._checked(row.kind, values, row)
        new = {name: value for name, value in given.items() if row.values.get(name, "") != value}
        if new:
            self._set(row, new, source, self.tick())
            self.heard(row, "propertyChange", new, source)

    def link(self, row: Row, other: Row) -> None:
        for one, to in ((row, other), (other, row)):
            listed = one.links.setdefault(to.kind, [])
            if to.id not in listed:
                listed.append(to.id)

    def archive(self, row: Row, source: Source) -> None:
        row.archived, row.updated = True, self.tick()
        row.versions.append((row.updated, None))
        self.heard(row, "deletion", {}, source)

    def restore(self, row: Row, source: Source) -> None:
        row.archived, row.updated = False, self.tick()
        row.versions.append((row.updated, dict(row.values)))
        self.heard(row, "restore", {}, source)

    def merge(self, primary: Row, other: Row, source: Source) -> None:
        """The other one is found by the first from now on, which has what it lacked."""
        other.archived = True
        other.versions.append((self.tick(), None))
        self.merged[f"{primary.kind}:{other.id}"] = primary.id
        former = ";".join(filter(None, (primary.values.get("hs_merged_object_ids"), other.id)))
        taken = {name: value for name, value in other.values.items() if name not in primary.values}
        self._set(primary, {**taken, "hs_merged_object_ids": former}, source, self.tick())
        for kind, ids in other.links.items():
            for one in ids:
                if found := self.get(kind, one):
                    self.link(primary, found)
        self.heard(primary, "merge", {"merged": other.id}, source)

    # -- the index

    def indexed(self, kind: str) -> list[tuple[Row, dict[str, str]]]:
        """Each record as the index has it by now, with the time of its change as it was then."""
        found, now = [], self.clock()
        for row in self.kind(kind).values():
            known = [one for one in row.versions if one[0] + self._lag(row, one[0]) <= now or not self.lag]
            if known and (values := known[-1][1]) is not None:
                own = {"hs_object_id": row.id, CREATED[kind]: stamp(row.created), CHANGED[kind]: stamp(known[-1][0])}
                found.append((row, {**values, **own}))
        return found

    def _lag(self, row: Row, moment: datetime) -> timedelta:
        """Between nothing and the whole lag, the same at each asking."""
        digest = hashlib.sha256(f"{row.id}:{milliseconds(moment)}".encode()).digest()
        return self.lag * (digest[0] / 255)

    # -- checks

    def _set(self, row: Row, values: Mapping[str, str], source: Source, now: datetime) -> None:
        row.updated = now
        for name, value in values.items():
            if value:
                row.values[name] = value
            else:
                row.values.pop(name, None)
            entry = {"value": value, "timestamp": stamp(now), "sourceType": source.type, "sourceId": source.id}
            row.history.setdefault(name, []).append(entry)
        row.versions = [*row.versions[-_KEPT_VERSIONS:], (now, dict(row.values))]

    def _with(self, kind: str, name: str, value: str) -> Row | None:
        wanted = value.casefold() if name == "email" else value
        return next(
            (one for one in self.kind(kind).values() if not one.archived and one.values.get(name) == wanted), None
        )

    def _checked(self, kind: str, values: Mapping[str, Any], row: Row | None) -> dict[str, str]:
        faults = [fault for name, value in values.items() if (fault := self._fault(kind, name, value)) is not None]
        if faults:
            listed = ",".join(
                f'{{"isValid":false,"message":"{message}","error":"{code}","name":"{name}"}}'
                for name, code, message in faults
            )
            text = f"Property values were not valid: [{listed}]"
            raise Refused(400, "VALIDATION_ERROR", text)
        given = {name: str(value or "") for name, value in values.items()}
        if "email" in given:
            given["email"] = given["email"].casefold()
        for name, value in given.items():
            other = self._with(kind, name, value) if value and self.properties[kind][name].unique else None
            if other is not None and (row is None or other.id != row.id):
                raise _taken(kind, name, other)
        return given

    def _fault(self, kind: str, name: str, value: Any) -> tuple[str, str, str] | None:
        known = self.properties[kind].get(name)
        if known is None:
            return name, "PROPERTY_DOESNT_EXIST", f"Property {name} does not exist"
        if known.read_only:
            return name, "READ_ONLY_VALUE", f"{name} is a read only property"
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return name, "INVALID_FORMAT", f"{name} is no text"
        code = _misfit(known, value)
        if name == OWNER and value not in self.owners():
            code = "INVALID_OWNER_ID"
        return None if code is None else (name, code, f"{name} was not valid")


def _misfit(known: Property, value: str) -> str | None:
    if known.options and value not in known.options:
        return "INVALID_OPTION"
    if known.type == "number" and not _NUMBER.fullmatch(value):
        return "INVALID_INTEGER"
    if known.type == "datetime" and not _INSTANT.fullmatch(value):
        return "INVALID_DATE"
    if known.rule is not None and not re.fullmatch(known.rule, value):
        return "FAILED_VALIDATION_RULE"
    return None


def _taken(kind: str, name: str, other: Row) -> Refused:
    if (kind, name) == ("contacts", "email"):
        return Refused(409, "CONFLICT", f"{SINGULAR[kind].capitalize()} already exists. Existing ID: {other.id}")
    listed = f'{{"isValid":false,"message":"{name} has to be unique","error":"DUPLICATE_VALUE","name":"{name}"}}'
    return Refused(400, "VALIDATION_ERROR", f"Property values were not valid: [{listed}]")

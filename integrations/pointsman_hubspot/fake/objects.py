"""Serves `/crm/objects/…`: records, batches of them, searches, and their associations."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pointsman_hubspot.fake.definitions import CREATED, SINGULAR
from pointsman_hubspot.fake.records import Records, Row, Source
from pointsman_hubspot.fake.wire import Asked, Refused, error_body, not_found, page, stamp

_BATCH, _HISTORY_BATCH = 100, 50
_END_OF_SEARCH, _SEARCH_PAGE = 10_000, 200
_SEARCH = ("after", "filterGroups", "limit", "properties", "sorts")
_DIGITS = re.compile(r"\d{12,14}")
_ASSOCIATION = {"associationCategory": "HUBSPOT_DEFINED"}

Answer = tuple[int, Any]


class ObjectsApi:
    """`page_size` is how many results a page has at most."""

    def __init__(self, records: Records, *, source: Callable[[], Source], page_size: int) -> None:
        self._records, self._source, self._page_size = records, source, page_size

    def answer(self, asked: Asked) -> Answer:
        kind, *rest = asked.path[1:]
        self._records.kind(kind)
        match asked.method, rest:
            case "POST", []:
                return 201, self._create(kind, asked.body)
            case "POST", ["search"]:
                return 200, self._search(kind, asked.body)
            case "POST", ["batch", "read"]:
                return self._batch_read(kind, asked.body)
            case "POST", ["batch", "upsert"]:
                return self._batch_upsert(kind, asked.body)
            case _, [record]:
                return self._record(kind, record, asked)
            case _, [record, "associations", *further]:
                return self._associations(kind, record, further, asked)
            case _:
                raise not_found()

    def answer_associations(self, asked: Asked) -> Answer:
        """Serve `/crm/associations/{from}/{to}/batch/read`."""
        match asked.method, asked.path[1:]:
            case "POST", (kind, to, "batch", "read"):
                rows = [self._records.get(kind, str(one["id"])) for one in _inputs(asked.body, _BATCH)]
                found = [{"from": {"id": row.id}, "to": _linked(row, to)} for row in rows if row and row.links.get(to)]
                return 200, self._batch({"results": found})
            case _:
                raise not_found()

    def _record(self, kind: str, record: str, asked: Asked) -> Answer:
        by = asked.query.get("idProperty")
        row = self._records.get(kind, record) if by is None else self._records.by(kind, by, record)
        if asked.method == "DELETE":
            if row is not None:
                self._records.archive(row, self._source())
            return 204, None
        if row is None:
            raise not_found()
        if asked.method == "PATCH":
            self._records.change(row, _properties(asked.body), self._source())
            return 200, row.shown(_properties(asked.body))
        if asked.method != "GET":
            raise Refused(405, "VALIDATION_ERROR", "Method not allowed")
        shown = row.shown(_names(asked.query.get("properties")))
        if linked := _names(asked.query.get("associations")):
            shown["associations"] = {to: _associated(row, to) for to in linked if row.links.get(to)}
        return 200, shown

    def _create(self, kind: str, body: Any) -> dict[str, Any]:
        if not isinstance(body.get("associations"), list):
            raise Refused(400, "VALIDATION_ERROR", "associations is required")
        others = [self._other(one) for one in body["associations"]]
        row = self._records.make(kind, _properties(body), self._source())
        for other in others:
            self._records.link(row, other)
        return row.shown(_properties(body))

    def _other(self, association: Mapping[str, Any]) -> Row:
        """The record at the other end, whose kind the association's number tells."""
        kinds = {279: "companies", 200: "contacts", 188: "companies", 204: "contacts", 192: "companies"}
        (one,) = association["types"]
        other = self._records.get(kinds[one["associationTypeId"]], str(association["to"]["id"]))
        if other is None:
            raise Refused(400, "VALIDATION_ERROR", "Some objects could not be associated")
        return other

    def _batch_read(self, kind: str, body: Any) -> Answer:
        history = list(body["propertiesWithHistory"])
        rows, missing = dict[str, Row](), list[str]()
        for one in _inputs(body, _HISTORY_BATCH if history else _BATCH):
            value, by = str(one["id"]), body.get("idProperty")
            row = self._records.by(kind, by, value) if by else self._records.get(kind, value)
            if row is None:
                missing.append(value)
            else:
                rows[row.id] = row
        found = [row.shown(body["properties"], history=history) for row in rows.values()]
        if not missing:
            return 200, self._batch({"results": found})
        text = f"Could not get some {SINGULAR[kind].upper()} objects, they may be deleted or not exist."
        fault = error_body(Refused(404, "OBJECT_NOT_FOUND", text, context={"ids": missing}))
        fault |= {"context": {"ids": missing}, "errors": [], "links": {}}
        return 207, self._batch({"results": found, "numErrors": 1, "errors": [fault]})

    def _batch_upsert(self, kind: str, body: Any) -> Answer:
        results, faults = list[Any](), list[Any]()
        for one in _inputs(body, _BATCH):
            by, value = one["idProperty"], one["id"]
            row = self._records.by(kind, by, value)
            values = {**_properties(one), by: value}
            try:
                if row is None:
                    made = self._records.make(kind, values, self._source())
                    results.append({**made.shown(values), "new": True})
                else:
                    self._records.change(row, values, self._source())
                    results.append({**row.shown(values), "new": False})
            except Refused as refusal:
                faults.append({"context": {}, "errors": [], "links": {}, **error_body(refusal)})
        if faults:
            return 207, self._batch({"results": results, "numErrors": len(faults), "errors": faults})
        return 200, self._batch({"results": results})

    def _batch(self, found: dict[str, Any]) -> dict[str, Any]:
        now = stamp(self._records.clock())
        return {"status": "COMPLETE", "startedAt": now, "completedAt": now, **found}

    def _associations(self, kind: str, record: str, further: Sequence[str], asked: Asked) -> Answer:
        row = self._records.require(kind, record)
        match asked.method, [*further]:
            case "GET", [to]:
                limit = min(asked.number("limit", 500, 500), self._page_size)
                return 200, page(_linked(row, to), asked.query.get("after"), limit)
            case "PUT", ["default", to, other]:
                found = self._records.require(to, other)
                self._records.link(row, found)
                told = {"from": {"id": row.id}, "to": {"id": found.id}}
                return 200, self._batch(
                    {"results": [{**told, "associationSpec": {**_ASSOCIATION, "associationTypeId": 1}}]}
                )
            case _:
                raise not_found()

    # -- searches

    def _search(self, kind: str, body: Any) -> dict[str, Any]:
        if missing := [name for name in _SEARCH if name not in body]:
            raise Refused(400, "VALIDATION_ERROR", f"{', '.join(missing)} is required")
        limit, after = int(body["limit"]), int(body["after"])
        if not 0 < limit <= _SEARCH_PAGE or after + limit > _END_OF_SEARCH:
            raise Refused(400, "VALIDATION_ERROR", "A search has 10,000 results at most")
        limit = min(limit, self._page_size)
        found = [
            (row, values)
            for row, values in self._records.indexed(kind)
            if not body["filterGroups"]
            or any(all(_holds(values, one) for one in group["filters"]) for group in body["filterGroups"])
        ]
        by = (body["sorts"] or [CREATED[kind]])[0]
        found.sort(key=lambda one: (one[1].get(by.removeprefix("-"), ""), int(one[0].id)), reverse=by.startswith("-"))
        part = page(found, str(after), limit)
        part["results"] = [_shown(row, values, body["properties"]) for row, values in part["results"]]
        return {"total": len(found), **part}


def _shown(row: Row, values: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
    """A record as the index has it."""
    wanted = dict.fromkeys([*names, "hs_object_id"])
    return {**row.shown(), "properties": {name: values.get(name) for name in wanted}}


def _holds(values: Mapping[str, str], one: Mapping[str, Any]) -> bool:
    have, wanted = values.get(one["propertyName"], ""), str(one.get("value", ""))
    match one["operator"]:
        case "EQ":
            return have.casefold() == wanted.casefold()
        case "HAS_PROPERTY":
            return bool(have)
        case "GTE":
            return bool(have) and _moment(have) >= _moment(wanted)
        case _:
            raise Refused(400, "VALIDATION_ERROR", f"The operator {one['operator']} is not known here")


def _moment(value: str) -> str:
    """A time as HubSpot writes it, also where milliseconds were given."""
    if not _DIGITS.fullmatch(value):
        return value
    return stamp(datetime.fromtimestamp(int(value) / 1000, tz=UTC))


def _inputs(body: Any, most: int) -> list[Any]:
    inputs = body["inputs"]
    if not isinstance(inputs, list) or not 0 < len(inputs) <= most:
        raise Refused(400, "VALIDATION_ERROR", f"A batch has {most} inputs at most")
    return inputs


def _properties(body: Any) -> dict[str, Any]:
    found = body["properties"]
    if not isinstance(found, dict):
        raise Refused(400, "VALIDATION_ERROR", "properties is required")
    return found


def _names(said: str | None) -> list[str]:
    return [one for one in (said or "").split(",") if one]


def _linked(row: Row, to: str) -> list[dict[str, Any]]:
    kinds = [{"category": "HUBSPOT_DEFINED", "typeId": 1, "label": None}]
    return [{"toObjectId": int(one), "associationTypes": kinds} for one in row.links.get(to, [])]


def _associated(row: Row, to: str) -> dict[str, Any]:
    name = f"{SINGULAR[row.kind]}_to_{SINGULAR[to]}"
    return {"results": [{"id": one, "type": name} for one in row.links[to]]}

"""Records of HubSpot: read, made, changed, associated, archived, searched for, whatever kind they are."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pointsman_hubspot.api.client import Client
from pointsman_hubspot.api.refusals import Said, raise_said
from pointsman_hubspot.api.shape import next_page, rows, shaped, text
from pointsman_sdk import AmbiguousOutcome, Page, Rejected, Retryable, all_items

BATCH = 100
"""Records in one reading of many; with histories half as many."""
HISTORY_BATCH = 50
_LINKED_PAGE = "500"
_MISSING = "OBJECT_NOT_FOUND"
_MERGED = "hs_merged_object_ids"
_INVALID = "VALIDATION_ERROR"
#: What the refusal of one item in a batch would be as an answer of its own. Any other is a failure.
_STATUSES = {_INVALID: 400, "CONFLICT": 409, _MISSING: 404}
#: How a kind is associated with another by default, as a record is made (hubspot-api-client, AssociationType).
LINK_TYPES = {
    ("contacts", "companies"): 279,
    ("meetings", "contacts"): 200,
    ("meetings", "companies"): 188,
    ("tasks", "contacts"): 204,
    ("tasks", "companies"): 192,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record as HubSpot has it: its values that are not empty, and the records it is associated with, by kind."""

    id: str
    updated: str
    properties: Mapping[str, str] = field(repr=False)
    created: str = ""
    linked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    history: Mapping[str, Sequence[Any]] = field(default_factory=dict, repr=False)


class Objects:
    """Calls about records. `by` names a property with unique values that is asked by in the place of the id."""

    def __init__(self, client: Client) -> None:
        self._client, self._paths = client, client.paths

    async def read(
        self, kind: str, record: str, *, properties: Iterable[str], by: str | None = None, linked: Sequence[str] = ()
    ) -> Found | None:
        """The record, or None. An id of a record that was merged into another finds that one."""
        params = {"properties": ",".join(properties), "archived": "false"}
        if linked:
            params["associations"] = ",".join(linked)
        if by is not None:
            params["idProperty"] = by
        found = await self._client.call("GET", self._paths.objects(kind, record), params=params, absent_is_none=True)
        return None if found is None else shaped(_found, found)

    async def read_whole(
        self, kind: str, value: str, *, properties: Sequence[str], by: str | None = None
    ) -> Found | None:
        """The record with as many properties as there are, more than an address holds, or None."""
        body: dict[str, Any] = {"properties": list(properties), "propertiesWithHistory": [], "inputs": [{"id": value}]}
        if by is not None:
            body["idProperty"] = by
        answer = await self._client.call("POST", self._paths.objects(kind, "batch", "read"), body=body)
        found = shaped(lambda data: [_found(row) for row in rows(data)], answer)
        _require_missing(answer)
        return found[0] if found else None

    async def read_many(
        self, kind: str, records: Sequence[str], *, properties: Iterable[str], history: Sequence[str] = ()
    ) -> Mapping[str, Found | None]:
        """Those of the records that are there, and None for those that are not, each by the id that was asked for.

        Of one that is neither there nor said to be missing nothing is told.
        """
        asked, answered = list(dict.fromkeys(records)), dict[str, Found | None]()
        size = HISTORY_BATCH if history else BATCH
        for start in range(0, len(asked), size):
            part = asked[start : start + size]
            body = {
                "properties": [*properties, _MERGED] if kind == "contacts" else list(properties),
                "propertiesWithHistory": list(history),
                "inputs": [{"id": record} for record in part],
            }
            answer = await self._client.call("POST", self._paths.objects(kind, "batch", "read"), body=body)
            answered |= _answered(part, answer)
        return answered

    async def create(self, kind: str, properties: Mapping[str, str], links: Sequence[tuple[str, str]] = ()) -> Found:
        """A new record. What is not sent along as an association is an empty list: HubSpot's own schema asks for it."""
        associations = [
            {
                "to": {"id": record},
                "types": [
                    {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": LINK_TYPES[kind, to]},
                ],
            }
            for to, record in links
        ]
        body = {"properties": dict(properties), "associations": associations}
        made = await self._client.call("POST", self._paths.objects(kind), body=body, sent=tuple(properties))
        return replace(_with(shaped(_found, made, writes=True), properties), linked=_linked(links))

    async def change(self, kind: str, present: Found, properties: Mapping[str, str]) -> Found:
        """The record with these values: only what is sent is changed."""
        body = {"properties": dict(properties)}
        path = self._paths.objects(kind, present.id)
        found = await self._client.call("PATCH", path, body=body, sent=tuple(properties))
        changed = shaped(_found, found, writes=True)
        whole = {**present.properties, **properties, **changed.properties}
        return replace(
            changed, properties={name: value for name, value in whole.items() if value}, linked=present.linked
        )

    async def upsert(self, kind: str, by: str, value: str, properties: Mapping[str, str]) -> Found:
        """The record with this unique value, made or changed: HubSpot sees to it that there is one. It associates nothing."""
        given = {"idProperty": by, "id": value, "properties": dict(properties)}
        answer = await self._client.call(
            "POST", self._paths.objects(kind, "batch", "upsert"), body={"inputs": [given]}, sent=tuple(properties)
        )
        for fault in _faults(answer, writes=True):
            said = Said.read({**fault, "status": "error"} if isinstance(fault, dict) else fault)
            if said.category not in _STATUSES:
                raise AmbiguousOutcome("HubSpot could not do all of what it was asked for")
            raise_said(_STATUSES[said.category], said, tuple(properties))
        listed = shaped(rows, answer, writes=True)
        if len(listed) != 1:
            raise AmbiguousOutcome("HubSpot answered in an unknown shape")
        return _with(shaped(_found, listed[0], writes=True), properties)

    async def link(self, kind: str, record: str, to: str, other: str) -> None:
        """Associate two records, without a label. Again is fine."""
        await self._client.call("PUT", self._paths.default_association(kind, record, to, other))

    async def archive(self, kind: str, record: str) -> None:
        """Into the recycle bin. Again is fine."""
        await self._client.call("DELETE", self._paths.objects(kind, record), absent_is_none=True)

    async def linked(self, kind: str, record: str, to: str) -> list[str]:
        """The ids of the records of a kind with which a record is associated, over all pages; none where it is not there."""
        path = self._paths.associations(kind, record, to)

        async def page(cursor: str | None) -> Page[str]:
            params = {"limit": _LINKED_PAGE} | ({} if cursor is None else {"after": cursor})
            answer = await self._client.call("GET", path, params=params, absent_is_none=True)
            if answer is None:
                return Page(items=())
            ids = shaped(lambda data: [str(int(row["toObjectId"])) for row in rows(data)], answer)
            return Page(items=ids, cursor=shaped(next_page, answer))

        return [one async for one in all_items(page)]

    async def search(
        self,
        kind: str,
        filters: Sequence[Mapping[str, str]],
        *,
        properties: Iterable[str],
        sort: str,
        limit: int = BATCH,
        after: str = "0",
    ) -> Page[Found]:
        """One page of what HubSpot's index has, in ascending order, which may lag and has 10,000 results at most."""
        body = {
            "filterGroups": [{"filters": [dict(one) for one in filters]}],
            "properties": list(properties),
            "sorts": [sort],
            "limit": limit,
            "after": after,
        }
        answer = await self._client.call("POST", self._paths.objects(kind, "search"), body=body)
        found = shaped(lambda data: [_found(row) for row in rows(data)], answer)
        return Page(items=found, cursor=shaped(next_page, answer))

    def searched(
        self, kind: str, filters: Sequence[Mapping[str, str]], *, properties: Sequence[str], sort: str
    ) -> AsyncIterator[Found]:
        """All that the index has, over all pages."""

        async def page(cursor: str | None) -> Page[Found]:
            return await self.search(kind, filters, properties=properties, sort=sort, after=cursor or "0")

        return all_items(page)


def equals(name: str, value: str) -> Mapping[str, str]:
    """A filter of a search."""
    return {"propertyName": name, "operator": "EQ", "value": value}


def _found(data: Any) -> Found:
    properties = {
        text(name): str(value) for name, value in data["properties"].items() if value is not None and value != ""
    }
    history = data.get("propertiesWithHistory") or {}
    return Found(
        id=str(int(data["id"])),
        updated=text(data["updatedAt"]),
        created=text(data["createdAt"]) if data.get("createdAt") else "",
        properties=properties,
        linked={name: _ids(listed) for name, listed in (data.get("associations") or {}).items()},
        history={name: list(entries) for name, entries in history.items()},
    )


def _ids(listed: Any) -> frozenset[str]:
    return frozenset(str(int(one["id"])) for one in rows(listed))


def _with(made: Found, sent: Mapping[str, str]) -> Found:
    """A record with what was sent: in its answer to a write HubSpot leaves out what it likes."""
    whole = {**sent, **made.properties}
    properties = {name: value for name, value in whole.items() if value}
    return replace(made, properties=properties)


def _linked(links: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    return {kind: frozenset(record for to, record in links if to == kind) for kind, _ in links}


def _answered(part: Sequence[str], answer: Any) -> dict[str, Found | None]:
    """What a batch says of each record: 207 says for some of them that they are missing, or what went wrong."""
    found = shaped(lambda data: [_found(row) for row in rows(data)], answer)
    told: dict[str, Found | None] = {one.id: one for one in found if one.id in part}
    for fault in _require_missing(answer):
        for record in shaped(lambda one: [str(i) for i in one["context"]["ids"]], fault):
            if record in part:
                told.setdefault(record, None)
    merged = {alias: one for one in found for alias in _former_ids(one)}
    for record in part:
        if record not in told and record in merged:
            told[record] = merged[record]
    return told


def _faults(answer: Any, *, writes: bool = False) -> list[Any]:
    return shaped(lambda data: rows(data, "errors") if data.get("errors") else [], answer, writes=writes)


def _require_missing(answer: Any) -> list[Any]:
    """What a batch complains about. Raises unless it is no more than that records are not there."""
    faults = _faults(answer)
    categories = {Said.read(fault).category for fault in faults} - {_MISSING}
    if _INVALID in categories:
        raise Rejected("HubSpot cannot read some of the records as they are asked for")
    if categories:
        raise Retryable("HubSpot could not read some of the records")
    return faults


def _former_ids(found: Found) -> list[str]:
    """The ids of the records that were merged into this one."""
    return found.properties.get(_MERGED, "").split(";")

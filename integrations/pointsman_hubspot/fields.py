"""Fields: the properties of contacts, companies and meetings."""

from collections.abc import Sequence
from typing import Any

from pointsman_hubspot.api.client import Client
from pointsman_hubspot.api.refusals import Conflict, Forbidden, Invalid
from pointsman_hubspot.api.shape import line, rows, shaped, text
from pointsman_hubspot.ours import GROUP, KEY, OurProperties
from pointsman_sdk import Field, FieldType, Prepared, RecordKind, WantedField

KINDS = {RecordKind.PERSON: "contacts", RecordKind.ACCOUNT: "companies", RecordKind.ACTIVITY: "meetings"}
_PLAIN = {
    "string": FieldType.TEXT,
    "phone_number": FieldType.TEXT,
    "number": FieldType.NUMBER,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
}
#: How a field of ours is kept: its type, and how HubSpot shows it.
_MADE = {
    FieldType.TEXT: ("string", "text"),
    FieldType.NUMBER: ("number", "number"),
    FieldType.BOOLEAN: ("bool", "booleancheckbox"),
    FieldType.DATE: ("date", "date"),
    FieldType.DATETIME: ("datetime", "date"),
}
_YES_OR_NO = [
    {"label": "Yes", "value": "true", "hidden": False, "displayOrder": 0},
    {"label": "No", "value": "false", "hidden": False, "displayOrder": 1},
]


class HubSpotFields:
    """Makes properties where the sign-in may; for the others an admin has to."""

    def __init__(self, client: Client, ours: OurProperties) -> None:
        self._client, self._ours = client, ours

    async def of(self, kind: RecordKind) -> Sequence[Field]:
        answer = await self._client.call(
            "GET", self._client.paths.properties(KINDS[kind]), params={"archived": "false"}
        )
        return shaped(lambda data: [_field(row) for row in rows(data)], answer)

    async def prepare(self, wanted: Sequence[WantedField]) -> Prepared:
        """What is wanted, and the properties by which our own records are known, whose values HubSpot keeps unique."""
        missing = list[str]()
        for kind in ("contacts", "companies", "meetings", "tasks"):
            await self._ours.forget(kind)
            missing += await self._ours.make(kind)
        for one in wanted:
            if one.name != KEY and not await self._is_there(one) and not await self._made(one):
                missing.append(f"Make the property “{one.label}” ({one.name}, {one.type.value}) of {KINDS[one.kind]}.")
        return Prepared(missing=tuple(missing))

    async def _is_there(self, one: WantedField) -> bool:
        path = self._client.paths.properties(KINDS[one.kind], one.name)
        return await self._client.call("GET", path, absent_is_none=True) is not None

    async def _made(self, one: WantedField) -> bool:
        if one.type not in _MADE or not await self._ours.make_group(KINDS[one.kind]):
            return False
        kept, shown = _MADE[one.type]
        body: dict[str, Any] = {
            "name": one.name,
            "label": line(one.label),
            "groupName": GROUP,
            "type": kept,
            "fieldType": shown,
            "hasUniqueValue": False,
            "formField": False,
        }
        if one.type is FieldType.BOOLEAN:
            body["options"] = _YES_OR_NO
        try:
            await self._client.call("POST", self._client.paths.properties(KINDS[one.kind]), body=body)
        except Conflict:
            return True  # another worker was first
        except (Forbidden, Invalid):
            return False
        return True


def _field(row: Any) -> Field:
    name, label = text(row["name"]), row.get("label")
    about = row.get("modificationMetadata") or {}
    return Field(
        name=name,
        label=label if isinstance(label, str) and label.strip() else name,
        type=_type(row),
        options=tuple(text(one["value"]) for one in row.get("options") or () if one.get("value")),
        custom=row.get("hubspotDefined") is not True,
        writable=about.get("readOnlyValue") is not True and row.get("calculated") is not True,
    )


def _type(row: Any) -> FieldType:
    if row["type"] == "enumeration":
        return FieldType.CHOICES if row.get("fieldType") == "checkbox" else FieldType.CHOICE
    return _PLAIN.get(row["type"], FieldType.OTHER)

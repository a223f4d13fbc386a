"""Owners and Fields: the vendor's users, and the fields of its records."""

from collections.abc import Sequence
from typing import Any

from pointsman_memory.client import Client
from pointsman_memory.shape import rows, shaped, text
from pointsman_sdk import Field, FieldType, Page, Prepared, RecordKind, User, WantedField


class MemoryOwners:
    """One user is looked up by address: the whole list is for an admin who picks."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, email: str) -> User | None:
        found = await self._client.call("GET", "users", params={"email": email})
        listed = shaped(lambda data: rows(data["items"]), found)
        return shaped(_user, listed[0]) if listed else None

    async def page(self, cursor: str | None = None) -> Page[User]:
        found = await self._client.page("users", cursor=cursor)
        return Page(items=[shaped(_user, row) for row in found.items], cursor=found.cursor)


class MemoryFields:
    """The vendor makes fields for those who may; for the others an admin has to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def of(self, kind: RecordKind) -> Sequence[Field]:
        return [shaped(_field, row) async for row in self._client.items("fields", kind)]

    async def prepare(self, wanted: Sequence[WantedField]) -> Prepared:
        there = {kind: {one.name for one in await self.of(kind)} for kind in {one.kind for one in wanted}}
        missing = []
        for one in wanted:
            if one.name in there[one.kind]:
                continue
            body = {"name": one.name, "label": one.label, "type": one.type.value}
            made = await self._client.call("PUT", "fields", one.kind, one.name, body=body)
            if shaped(lambda answer: answer["made"] is not True, made):
                missing.append(
                    f"Make the field “{one.label}” ({one.name}, {one.type.value}) of {one.kind.value} records."
                )
        return Prepared(missing=tuple(missing))


def _user(row: Any) -> User:
    return User(id=text(row["id"]), email=text(row["email"]), name=text(row["name"]), active=row["active"] is True)


def _field(row: Any) -> Field:
    return Field(
        name=text(row["name"]),
        label=text(row["label"]),
        type=FieldType(row["type"]),
        options=tuple(text(option) for option in row["options"]),
        custom=row["custom"] is True,
        writable=row["writable"] is True,
        required=row["required"] is True,
    )

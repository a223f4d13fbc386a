"""People and Accounts: records that the CRM has of its own, found before they are made."""

from collections.abc import Mapping
from typing import Any

from pointsman_memory.client import Changed, Client
from pointsman_memory.desired import MOST_TRIES
from pointsman_memory.shape import record, rows, shaped
from pointsman_sdk import AccountState, PersonBy, PersonState, RemoteRecord, Retryable


class Records:
    """One kind of record. The vendor refuses a second one with the same address, domain or key, however many ask at once."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client, self._kind = client, kind

    async def find(self, params: Mapping[str, str | None]) -> Any:
        """The record which the first of `params` finds that finds one, or None."""
        for name, value in params.items():
            if value:
                found = await self._client.call("GET", "records", self._kind, params={name: value})
                if listed := shaped(lambda data: rows(data["items"]), found):
                    return listed[0]
        return None

    async def bring(self, key: str, sequence: int, by: Mapping[str, str | None], state: Mapping[str, Any]) -> Any:
        """The record once it has every value of `state` that is not None, found or made; a late sequence changes nothing."""
        given = {name: value for name, value in state.items() if value is not None}
        for _ in range(MOST_TRIES):
            present = await self.find(by)
            body = {**given, "key": key, "sequence": sequence}
            try:
                if present is None:
                    return await self._client.call("POST", "records", self._kind, body=body, headers=_origin(key))
                if _is_late(present, key, sequence):
                    return {**present, "key": key}
                record_id, version = shaped(lambda row: (str(row["id"]), str(row["version"])), present)
                headers = {"If-Match": version, **_origin(key)}
                path = ("records", self._kind, record_id)
                return await self._client.call("PATCH", *path, body=body, headers=headers)
            except Changed:
                continue
        raise Retryable("others change the same record at the memory vendor")


class MemoryPeople:
    """Records of people. Their ids change when the vendor converts them: it answers under the old id too."""

    def __init__(self, client: Client) -> None:
        self._records = Records(client, "person")

    async def put(self, thing: PersonState) -> RemoteRecord:
        by = {"id": thing.external_id, "key": thing.key, "email": thing.email, "phone": thing.phone}
        state = {
            "email": thing.email,
            "first_name": thing.first_name,
            "last_name": thing.last_name,
            "phone": thing.phone,
            "account": thing.account,
            "owner": thing.owner,
            "fields": dict(thing.fields) or None,
        }
        return record(await self._records.bring(thing.key, thing.sequence, by, state))

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        found = await self._records.find({"key": key})
        return None if found is None else record({**found, "key": key})

    async def find(self, by: PersonBy) -> RemoteRecord | None:
        found = await self._records.find({"id": by.external_id, "email": by.email, "phone": by.phone})
        return None if found is None else record(found)


class MemoryAccounts:
    """Records of companies, one for each domain."""

    def __init__(self, client: Client) -> None:
        self._records = Records(client, "account")

    async def put(self, thing: AccountState) -> RemoteRecord:
        by = {"key": thing.key, "domain": thing.domain}
        fields = dict(thing.fields) or None
        state = {"domain": thing.domain, "name": thing.name, "owner": thing.owner, "fields": fields}
        return record(await self._records.bring(thing.key, thing.sequence, by, state))

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        found = await self._records.find({"key": key})
        return None if found is None else record({**found, "key": key})


def _origin(key: str) -> dict[str, str]:
    """By this the vendor's own webhook tells that the change was ours."""
    return {"Memory-Origin": key}


def _is_late(present: Any, key: str, sequence: int) -> bool:
    """Whether a newer state of ours stands in the record."""

    def look(row: Any) -> bool:
        last = row["keys"].get(key)
        return last is not None and int(last) > sequence

    return shaped(look, present)

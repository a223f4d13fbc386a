"""Activities and Tasks: what stands on a person's record, named by the host's key."""

from typing import Any

from pointsman_memory.client import Client
from pointsman_memory.desired import bring, read, remove
from pointsman_memory.shape import record, slot_json
from pointsman_sdk import Activity, RemoteRecord, Task


class Items:
    """Items of one kind, by key."""

    def __init__(self, client: Client, kind: str) -> None:
        self._client, self._kind = client, kind

    async def bring(self, key: str, sequence: int, state: dict[str, Any]) -> RemoteRecord:
        return record(await bring(self._client, (self._kind, key), sequence, state))

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        found = await read(self._client, (self._kind, key))
        return None if found is None else record(found)

    async def drop(self, place: str, key: str) -> None:  # noqa: ARG002  # a CRM is one place
        await remove(self._client, (self._kind, key))


class MemoryActivities(Items):
    """The customer's portal shows `description`; `internal` is for the vendor's users alone."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, "activities")

    async def put(self, thing: Activity) -> RemoteRecord:
        state = {
            **slot_json(thing.slot.utc()),
            "person": thing.person,
            "account": thing.account,
            "owner": thing.owner,
            "status": thing.status.value,
            "title": thing.title,
            "description": thing.shared,
            "internal": thing.private,
            "join_url": thing.join_url,
            "participants": [{"email": one.email, "name": one.name} for one in thing.participants],
        }
        return await self.bring(thing.key, thing.sequence, state)


class MemoryTasks(Items):
    """Tasks of the vendor's users."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, "tasks")

    async def put(self, thing: Task) -> RemoteRecord:
        due = thing.due.isoformat()
        state = {"person": thing.person, "owner": thing.owner, "due": due, "title": thing.title, "internal": thing.text}
        return await self.bring(thing.key, thing.sequence, state)

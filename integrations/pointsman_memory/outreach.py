"""Programmes and Notices: who is in a marketing programme, and messages that are sent once."""

import base64

from pointsman_memory.client import Client
from pointsman_memory.desired import bring, read, remove
from pointsman_memory.shape import record
from pointsman_sdk import Membership, Notice, RemoteRecord


class MemoryProgrammes:
    """Members of programmes, by key."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, thing: Membership) -> RemoteRecord:
        state = {"email": thing.person.email, "title": thing.person.name}
        return record(await bring(self._client, _path(thing.place, thing.key), thing.sequence, state))

    async def get(self, place: str, key: str) -> RemoteRecord | None:
        found = await read(self._client, _path(place, key))
        return None if found is None else record(found)

    async def drop(self, place: str, key: str) -> None:
        await remove(self._client, _path(place, key))


class MemoryNotices:
    """Messages. What was sent cannot be changed: whatever stands under the key is the answer."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def put(self, thing: Notice) -> RemoteRecord:
        state = {
            "to": thing.place,
            "title": thing.subject,
            "text": thing.text,
            "html": thing.html,
            "at": thing.at.isoformat(),
            "attachments": [
                {"name": one.name, "type": one.media_type, "content": base64.b64encode(one.content).decode()}
                for one in thing.attachments
            ],
        }
        return record(await bring(self._client, ("messages", thing.key), thing.sequence, state, once=True))


def _path(place: str, key: str) -> tuple[str, ...]:
    return "programmes", place, "members", key

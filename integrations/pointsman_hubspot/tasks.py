"""Tasks on a contact's record, for their owner to do."""

from pointsman_hubspot.api.objects import Found
from pointsman_hubspot.api.shape import line, rich, written_instant
from pointsman_hubspot.desk import Desk, sequence_of
from pointsman_hubspot.engagements import Engagements
from pointsman_hubspot.people import OWNER
from pointsman_sdk import RemoteRecord, Task

KIND = "tasks"
TITLE, TEXT, DUE, STATUS, TYPE = "hs_task_subject", "hs_task_body", "hs_timestamp", "hs_task_status", "hs_task_type"
PROPERTIES = (TITLE, TEXT, DUE, STATUS, TYPE, OWNER)
#: Written as a task is made: whether it is done is for its owner to say.
_FIRST = {STATUS: "NOT_STARTED", TYPE: "TODO"}


class HubSpotTasks:
    """A task's outcome is its status, which is never written again."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._kept = desk, Engagements(desk, KIND, PROPERTIES)

    async def put(self, thing: Task) -> RemoteRecord:
        state = {TITLE: line(thing.title), TEXT: rich(thing.text), DUE: written_instant(thing.due)}
        if thing.owner is not None:
            state[OWNER] = thing.owner
        found = await self._kept.bring(
            thing.key, thing.sequence, state, first=_FIRST, person=thing.person, account=None
        )
        return await self._record(found, thing.key)

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        found = await self._kept.find(key)
        return None if found is None else await self._record(found, key)

    async def drop(self, place: str, key: str) -> None:  # noqa: ARG002  # a CRM is one place
        await self._kept.take_away(key)

    async def _record(self, found: Found, key: str) -> RemoteRecord:
        values = found.properties
        return RemoteRecord(
            key=key,
            place="",
            id=found.id,
            version=found.updated,
            sequence=sequence_of(found),
            owner=values.get(OWNER),
            title=values.get(TITLE, ""),
            url=(await self._desk.portal()).page_of(KIND, found.id),
            fields=tuple(sorted((name, value) for name, value in values.items() if name in PROPERTIES)),
        )

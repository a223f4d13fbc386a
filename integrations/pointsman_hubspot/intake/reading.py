"""What events say: the contacts that they are about, a hundred in a call, as flat objects that a mapping reads."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pointsman_hubspot.api.objects import BATCH, Found
from pointsman_hubspot.api.portal import TYPE_IDS
from pointsman_hubspot.api.shape import rows, shaped
from pointsman_hubspot.desk import Desk
from pointsman_hubspot.intake.changed import changed_at, changes_of, is_join
from pointsman_hubspot.intake.events import Told, task_of
from pointsman_hubspot.intake.owner_book import OwnerBook
from pointsman_hubspot.people import OWNER
from pointsman_hubspot.people import PROPERTIES as OF_CONTACT
from pointsman_hubspot.tasks import PROPERTIES as OF_TASK
from pointsman_sdk import Arrival, Event

_DIGITS = 20
#: A copy is taken for older than its event where it lags by more than clocks differ; after a while it is believed all the same.
_CLOCKS_DIFFER = timedelta(seconds=2)
_BELIEVED_AFTER = timedelta(minutes=10)


class EventReader:
    """Reads contacts; of a task's event the task, too, and the contact that it is about."""

    def __init__(self, desk: Desk, book: OwnerBook) -> None:
        self._desk, self._book = desk, book

    async def read(self, events: Sequence[Event]) -> dict[str, Arrival | None]:
        tasks = await self._tasks(events)
        contacts_of = await self._contacts_of([one for one, found in tasks.items() if found is not None])
        ids = [one.about for one in events if one.about is not None and _is_id(one.about)]
        contacts = await self._contacts([*ids, *contacts_of.values()])
        owners = await self._owners([*contacts.values()])
        lists = await self._lists([one for one, found in contacts.items() if found is not None])
        watched = self._desk.config.watched_names()
        changes = await changes_of(events, contacts, self._desk.objects, watched)
        arrivals = dict[str, Arrival | None]()
        for event in events:
            task = task_of(event.about or "")
            contact = contacts_of.get(task, "") if task is not None else event.about or ""
            found = contacts.get(contact, None if not _is_id(contact) else ...)
            about = tasks.get(task, ...) if task is not None else found
            if about is ... or found is ...:
                continue  # neither read nor said to be missing: asked again later
            if found is None or about is None:
                arrivals[event.key] = None
            elif not _is_older(about, event, self._desk.client.now()):
                fields = _fields(found, self._names(), event, changes[event.about or ""])
                fields |= {"owner_email": owners.get(found.properties.get(OWNER, ""))}
                fields |= {"lists": lists[contact]} if contact in lists else {}
                fields |= _task_fields(about, owners) if task is not None else {}
                kept = {name: value for name, value in fields.items() if value is not None}
                # Who joins a list is not changed by it: it is news about a state that was told before.
                version, at = (None, event.occurred_at) if is_join(event) else (about.updated, changed_at(about))
                arrivals[event.key] = Arrival(fields=kept, version=version, occurred_at=at)
        return arrivals

    async def _contacts(self, ids: Sequence[str]) -> Mapping[str, Found | None]:
        return await self._desk.objects.read_many("contacts", ids, properties=self._names())

    def _names(self) -> tuple[str, ...]:
        config = self._desk.config
        return tuple(dict.fromkeys((*OF_CONTACT, *config.property_names(), *config.watched_names())))

    async def _tasks(self, events: Sequence[Event]) -> Mapping[str, Found | None]:
        ids = [task for one in events if (task := task_of(one.about or "")) is not None and _is_id(task)]
        return await self._desk.objects.read_many("tasks", ids, properties=OF_TASK) if ids else {}

    async def _contacts_of(self, tasks: Sequence[str]) -> dict[str, str]:
        """The contact that each task is about, of several the oldest."""
        found = dict[str, str]()
        path = self._desk.client.paths.associations_of_many("tasks", "contacts")
        for start in range(0, len(tasks), BATCH):
            body = {"inputs": [{"id": one} for one in tasks[start : start + BATCH]]}
            answer = await self._desk.client.call("POST", path, body=body)
            for row in shaped(rows, answer):
                task = shaped(lambda one: str(int(one["from"]["id"])), row)
                ids = shaped(lambda one: [int(to["toObjectId"]) for to in rows(one, "to")], row)
                if ids:
                    found[task] = str(min(ids))
        return found

    async def _owners(self, contacts: Sequence[Found | None]) -> Mapping[str, str]:
        ids = frozenset(one.properties[OWNER] for one in contacts if one is not None and OWNER in one.properties)
        return await self._book.emails(ids) if ids else {}

    async def _lists(self, contacts: Sequence[str]) -> dict[str, list[str]]:
        """Which of the lists that the configuration names each contact is in."""
        named, found = self._desk.config.list_ids(), defaultdict[str, list[str]](list)
        if not named:
            return {}
        path = self._desk.client.paths.lists("records", "memberships", "batch", "read")
        for start in range(0, len(contacts), BATCH):
            part = contacts[start : start + BATCH]
            body = {"inputs": [{"objectTypeId": TYPE_IDS["contacts"], "recordId": one} for one in part]}
            answer = await self._desk.client.call("POST", path, body=body)
            for row in shaped(rows, answer):
                ids = shaped(lambda one: [str(int(m["listId"])) for m in rows(one, "recordListMemberships")], row)
                found[shaped(lambda one: str(int(one["recordId"])), row)] = [one for one in named if one in ids]
        return {one: found[one] for one in contacts}


def _is_id(about: str) -> bool:
    return about.isascii() and about.isdigit() and len(about) <= _DIGITS


def _is_older(found: Found, event: Event, now: datetime) -> bool:
    """Whether the copy is from before the event, which is news of a moment ago."""
    told, changed = event.occurred_at, changed_at(found)
    if told is None or changed is None or now - told > _BELIEVED_AFTER or is_join(event):
        return False
    return changed < told - _CLOCKS_DIFFER


def _fields(found: Found, names: Sequence[str], event: Event, changed: list[str]) -> dict[str, Any]:
    told = Told.by(event.key)
    return {
        **{name: found.properties.get(name) for name in names},
        "id": found.id,
        "object": "contact",
        "event": told.event or None,
        "changed": changed,
        "joined": told.changed if is_join(event) else None,
        "created_at": found.created or None,
        "updated_at": found.updated,
    }


def _task_fields(task: Found, owners: Mapping[str, str]) -> dict[str, Any]:
    names = {name: f"task_{name.removeprefix('hs_task_')}" for name in OF_TASK if name.startswith("hs_task_")}
    told: dict[str, Any] = {to: task.properties.get(name) for name, to in names.items()}
    owner = task.properties.get(OWNER)
    return {
        **told,
        "object": "task",
        "task_id": task.id,
        "task_owner": owner,
        "task_owner_email": owners.get(owner or ""),
    }

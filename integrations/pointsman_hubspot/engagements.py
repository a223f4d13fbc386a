"""What stands on a contact's record by the host's key: meetings and tasks, found and made in one way."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pointsman_hubspot.api.objects import Found, equals
from pointsman_hubspot.api.refusals import Conflict, Invalid
from pointsman_hubspot.api.shape import same
from pointsman_hubspot.desk import Desk, is_late
from pointsman_hubspot.ours import KEY, SEQUENCE, Mode
from pointsman_sdk import Retryable

_LINKED = ("contacts", "companies")
_TRIES = 2
_INDEXED_AFTER = timedelta(hours=1)
"""What was made is in HubSpot's index long before; the connection's memory has its id until then."""


class Engagements:
    """Records of one kind, one for each key.

    Where the account keeps keys unique, HubSpot itself sees to it. Where it refuses that, a record is looked for along its
    contact's associations, which do not lag as the index does, and a turn keeps others from making it meanwhile.
    """

    def __init__(self, desk: Desk, kind: str, properties: Sequence[str]) -> None:
        self._desk, self._objects, self._kind = desk, desk.objects, kind
        self._properties = (*properties, KEY, SEQUENCE)

    async def bring(
        self,
        key: str,
        sequence: int,
        state: Mapping[str, str],
        *,
        first: Mapping[str, str],
        person: str,
        account: str | None,
    ) -> Found:
        """The record once it is in `state`, on the records of the person and the account; what is newer stays.

        `first` is written as the record is made, and left to its owner from then on.
        """
        kind = self._kind
        wanted = {**state, KEY: key, SEQUENCE: str(sequence)}
        links = [("contacts", person), *([("companies", account)] if account is not None else [])]
        async with self._desk.turns.of(f"{kind}:{key}"):
            for _ in range(_TRIES):
                is_unique = await self._is_unique()
                present = await self._find(key, person)
                if present is not None:
                    return await self._changed(present, key, sequence, wanted, links)
                made = await self._made(key, {**first, **wanted}, links, is_unique=is_unique)
                if made is not None:
                    return made
        raise Retryable("HubSpot's properties have just been changed")

    async def find(self, key: str) -> Found | None:
        """The record, or None."""
        return await self._find(key, None)

    async def take_away(self, key: str) -> None:
        """Into the recycle bin: twice is fine, unknown is fine."""
        async with self._desk.turns.of(f"{self._kind}:{key}"):
            present = await self._find(key, None)
            if present is not None:
                await self._objects.archive(self._kind, present.id)
            await self._desk.made.forget(self._note(key))

    async def _is_unique(self) -> bool:
        return await self._desk.ours.mode(self._kind) is Mode.UNIQUE

    async def _changed(
        self, present: Found, key: str, sequence: int, wanted: Mapping[str, str], links: Sequence[tuple[str, str]]
    ) -> Found:
        if is_late(present, key, sequence):
            return present
        differing = {
            name: value for name, value in wanted.items() if not same(name, present.properties.get(name), value)
        }
        found = await self._objects.change(self._kind, present, differing) if differing else present
        await self._link(found, links)
        return found

    async def _made(
        self, key: str, properties: Mapping[str, str], links: Sequence[tuple[str, str]], *, is_unique: bool
    ) -> Found | None:
        """A new record; None where the account does not keep keys unique any more."""
        properties = {name: value for name, value in properties.items() if value}
        if not is_unique:
            made = await self._objects.create(self._kind, properties, links)
            await self._desk.made.note(self._note(key), made.id, lasts=_INDEXED_AFTER)
            return made
        try:
            made = await self._objects.upsert(self._kind, KEY, key, properties)
        except (Invalid, Conflict):
            await self._desk.ours.forget(self._kind)
            if await self._is_unique():
                raise
            return None
        await self._link(made, links)
        return made

    async def _link(self, found: Found, links: Sequence[tuple[str, str]]) -> None:
        for kind, record in links:
            if record not in found.linked.get(kind, frozenset()):
                await self._objects.link(self._kind, found.id, kind, record)

    async def _find(self, key: str, person: str | None) -> Found | None:
        for _ in range(_TRIES):
            if not await self._is_unique():
                break
            try:
                return await self._objects.read(self._kind, key, by=KEY, properties=self._properties, linked=_LINKED)
            except Invalid:  # an admin has changed the property: looked at anew
                await self._desk.ours.forget(self._kind)
        noted = await self._desk.made.get(self._note(key))
        found = await self._by_id(noted, key) if noted is not None else None
        if found is None and person is not None:
            found = await self._along(person, key)
        return found or await self._searched(key)

    async def _by_id(self, record: str, key: str) -> Found | None:
        found = await self._objects.read(self._kind, record, properties=self._properties, linked=_LINKED)
        return found if found is not None and found.properties.get(KEY) == key else None

    async def _along(self, person: str, key: str) -> Found | None:
        """Among the records that the contact is associated with, the oldest that has the key."""
        ids = await self._objects.linked("contacts", person, self._kind)
        read = await self._objects.read_many(self._kind, ids, properties=self._properties)
        found = [one for one in read.values() if one is not None and one.properties.get(KEY) == key]
        return await self._by_id(min(found, key=lambda one: int(one.id)).id, key) if found else None

    async def _searched(self, key: str) -> Found | None:
        page = await self._objects.search(
            self._kind, [equals(KEY, key)], properties=self._properties, sort="hs_createdate", limit=1
        )
        return await self._by_id(page.items[0].id, key) if page.items else None

    def _note(self, key: str) -> str:
        return f"{self._kind}:{key}"

"""Accounts: companies. HubSpot keeps no domain unique, so that ours stands in a property of our own that is."""

from pointsman_hubspot.api.objects import Found, equals
from pointsman_hubspot.api.refusals import Conflict, Invalid
from pointsman_hubspot.api.shape import line, same, written
from pointsman_hubspot.desk import Desk, is_late, sequence_of
from pointsman_hubspot.ours import DOMAIN, KEY, SEQUENCE
from pointsman_hubspot.people import OWNER
from pointsman_sdk import AccountState, Rejected, RemoteRecord, Retryable

KIND = "companies"
PROPERTIES = ("domain", "name", "phone", "country", "industry", "numberofemployees", "annualrevenue", OWNER)
_READ = (*PROPERTIES, KEY, SEQUENCE, DOMAIN)
_TRIES = 3


class HubSpotAccounts:
    """A company that others made is found by its domain and then known by ours."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._objects = desk, desk.objects

    async def put(self, thing: AccountState) -> RemoteRecord:
        await self._desk.ours.mode(KIND)
        domain = line(thing.domain).lower()
        async with self._desk.turns.of(f"{KIND}:{domain}"):
            for _ in range(_TRIES):
                present = await self._by_domain(domain)
                found = await self._brought(present, thing, domain)
                if found is not None:
                    return await self._record(found, thing.key)
        raise Retryable("others change the same company in HubSpot")

    async def get(self, place: str, key: str) -> RemoteRecord | None:  # noqa: ARG002  # a CRM is one place
        await self._desk.ours.mode(KIND)
        found = await self._desk.read_by(KIND, key, KEY, properties=_READ)
        return None if found is None else await self._record(found, key)

    async def _by_domain(self, domain: str) -> Found | None:
        """By our property, which does not lag; what was there before us by a search, of several the oldest."""
        found = await self._desk.read_by(KIND, domain, DOMAIN, properties=_READ)
        if found is not None:
            return found
        page = await self._objects.search(
            KIND, [equals("domain", domain)], properties=_READ, sort="createdate", limit=1
        )
        return await self._objects.read(KIND, page.items[0].id, properties=_READ) if page.items else None

    async def _brought(self, present: Found | None, thing: AccountState, domain: str) -> Found | None:
        """The company in the state that is wanted; None where it is to be looked up once more."""
        wanted = _state(thing, domain)
        try:
            if present is None:
                given = {name: value for name, value in wanted.items() if value}
                return await self._objects.upsert(KIND, DOMAIN, domain, given)
            if is_late(present, thing.key, thing.sequence):
                return present
            differing = {
                name: value for name, value in wanted.items() if not same(name, present.properties.get(name), value)
            }
            if present.properties.get("domain", "").casefold() == domain:
                differing.pop("domain", None)
            return await self._objects.change(KIND, present, differing) if differing else present
        except (Conflict, Invalid):
            other = await self._desk.read_by(KIND, thing.key, KEY, properties=_READ)
            if other is None or (present is not None and other.id == present.id):
                raise
            await self._objects.change(KIND, other, {KEY: ""})
            return None

    async def _record(self, found: Found, key: str) -> RemoteRecord:
        values = found.properties
        return RemoteRecord(
            key=key,
            place="",
            id=found.id,
            version=found.updated,
            sequence=sequence_of(found),
            owner=values.get(OWNER),
            title=values.get("name", ""),
            url=(await self._desk.portal()).page_of(KIND, found.id),
            fields=tuple(sorted((name, value) for name, value in values.items() if name in PROPERTIES)),
        )


def _state(thing: AccountState, domain: str) -> dict[str, str]:
    given = {"name": thing.name, OWNER: thing.owner}
    fields = {name: written(value) for name, value in thing.fields.items()}
    if not fields.keys().isdisjoint((KEY, SEQUENCE, DOMAIN)):
        raise Rejected("a mapping may not write the properties by which Pointsman knows its records")
    known = {name: written(value) for name, value in given.items() if value is not None}
    return {**fields, **known, "domain": domain, DOMAIN: domain, KEY: thing.key, SEQUENCE: str(thing.sequence)}

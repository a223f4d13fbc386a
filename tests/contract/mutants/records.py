"""Connectors that double people, lose owners, or misread what a CRM has."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from contract.mutants.base import fails
from pointsman_memory.activities import MemoryActivities
from pointsman_memory.client import Client
from pointsman_memory.directory import MemoryFields, MemoryOwners
from pointsman_memory.people import MemoryAccounts, MemoryPeople
from pointsman_sdk import (
    AccountState,
    Activity,
    ConnectorError,
    Field,
    Page,
    PersonBy,
    PersonState,
    RecordKind,
    Rejected,
    RemoteRecord,
    User,
)


@fails("test_one_address_is_one_person")
class AddressesInOtherLettersAreOthers(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        email = thing.email
        shouted = email is not None and email == email.upper()
        return await super().put(replace(thing, email=f"x{email}") if shouted else thing)


@fails("test_person_is_known_by_its_own_id")
class ForgetsTheRecordsId(MemoryPeople):
    async def find(self, by: PersonBy) -> RemoteRecord | None:
        return await super().find(replace(by, external_id=None))


@fails("test_owner_is_set_and_stays")
class TakesTheOwnerAway(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        return await super().put(replace(thing, owner=thing.owner or "user-2"))


@fails("test_owner_is_set_and_stays")
class LeavesAnUnknownOwnerOut(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        try:
            return await super().put(thing)
        except Rejected:
            return await super().put(replace(thing, owner=None))


@fails("test_owner_is_taken_away")
class LeavesAnOwnerWhoIsToGo(MemoryPeople):
    async def put(self, thing: PersonState) -> RemoteRecord:
        return await super().put(replace(thing, owner=thing.owner or None))


@fails("test_awkward_address_finds_its_own_record")
class CutsAddressesAtThePlus(MemoryPeople):
    async def find(self, by: PersonBy) -> RemoteRecord | None:
        email = (by.email or "").partition("+")[0]
        return await super().find(replace(by, email=email if "@" in email else f"{email}@example.com"))


@fails("test_failed_search_is_not_none")
class SwallowsFailedSearches(MemoryPeople):
    async def find(self, by: PersonBy) -> RemoteRecord | None:
        try:
            return await super().find(by)
        except ConnectorError:
            return None


@fails("test_one_domain_is_one_account")
class DomainsInOtherLettersAreOthers(MemoryAccounts):
    async def put(self, thing: AccountState) -> RemoteRecord:
        other = thing.domain != thing.domain.lower()
        return await super().put(replace(thing, domain=f"x-{thing.domain}") if other else thing)


@fails("test_users_are_listed_and_found")
class ListsTheFirstUsers(MemoryOwners):
    async def page(self, cursor: str | None = None) -> Page[User]:
        found = await super().page(cursor)
        return Page(items=[one for one in found.items if one.id != "user-1"], cursor=found.cursor)


@fails("test_users_are_listed_and_found")
class FindsTheAddressAsItIsWritten(MemoryOwners):
    async def find(self, email: str) -> User | None:
        return await super().find(email) if email == email.lower() else None


@fails("test_failed_look_up_of_a_user_is_not_none")
class SwallowsFailedLookUpsOfUsers(MemoryOwners):
    async def find(self, email: str) -> User | None:
        try:
            return await super().find(email)
        except ConnectorError:
            return None


@fails("test_meeting_follows_every_act")
class LogsEveryActAnew(MemoryActivities):
    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._numbers = count(1)

    async def put(self, thing: Activity) -> RemoteRecord:
        return replace(await super().put(replace(thing, key=f"{thing.key}-{next(self._numbers)}")), key=thing.key)


@fails("test_meeting_follows_every_act")
class ShowsTheCustomerTheEvidence(MemoryActivities):
    async def put(self, thing: Activity) -> RemoteRecord:
        return await super().put(replace(thing, shared=f"{thing.shared} {thing.private}"))


@fails("test_fields_are_listed")
class NamesFieldsTwice(MemoryFields):
    async def of(self, kind: RecordKind) -> Sequence[Field]:
        found: list[Any] = list(await super().of(kind))
        return [*found, *found[:1]]

"""The accounts repository: companies, whose they are, and which of them are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.leads.matching import AccountCandidate
from pointsman.domain.roster.ownership import Colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A company as stored; `owner` is a rep's key, `merged_into` the account that this one is now."""

    id: UUID
    name: str | None
    domain: str | None
    status: str
    owner: str | None
    parent_id: UUID | None
    merged_into: UUID | None
    merged_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """Which accounts; None asks for all. `domain` is of one account, also by a merge. `words` stand, each of them, in the name.

    In its own, or in that of one that was merged into it.

    `owner` is a rep's key. Made from `since` on and before `until`.
    """

    domain: str | None = None
    words: Sequence[str] = ()
    status: str | None = None
    owner: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedByMerge:
    """What came to the account that survives: how many leads, and the accounts that stood under the merged one."""

    leads: int
    children: Sequence[UUID]


class Accounts(Protocol):
    async def get(self, account_id: UUID, *, lock: bool = False) -> AccountRow | None:
        """`lock` holds the row, and keeps leads from being given to it, until the transaction ends."""
        ...

    async def page(
        self, which: AccountFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[AccountRow]:
        """Newest first, without those that were merged into another."""
        ...

    async def colleagues(self, account_id: UUID, *, but: UUID) -> Sequence[Colleague]:
        """The reps who have leads of the account now, and how many, apart from the lead `but`."""
        ...

    async def exists(self, *, domain: str | None, name_key: str) -> bool:
        """Whether the domain, or the name where there is no domain, names an account exactly."""
        ...

    async def find_similar(self, blocks: Sequence[str], *, limit: int) -> Sequence[AccountCandidate]:
        """Accounts whose names share a block, those that share most first; without their countries."""
        ...

    async def lead_countries(self, account_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[str]]:
        """Where the leads of each account say that they are."""
        ...

    async def lock_domains(self, domains: Sequence[str]) -> None:
        """Until the transaction ends, no other one that calls this with one of these domains goes on beside it."""
        ...

    async def get_or_create_by_domain(self, domain: str, *, new_id: UUID, at: datetime) -> UUID | None:
        """The account that the domain leads to, made as `new_id` where there is none; None when another one makes it just now."""
        ...

    async def learn_domain(
        self, domain: str, *, name_key: str, audit_id: UUID, actor: str, at: datetime
    ) -> UUID | None:
        """The account that was known by this name alone and has the domain now, with its audit line; None where there is none.

        None as well where another account has the domain; LostRace where one gets it at the same moment.
        """
        ...

    async def is_ancestor_of(self, account_id: UUID, other: UUID) -> bool:
        """Whether the account is `other`, or one of those above it."""
        ...

    async def set_parent(self, account_id: UUID, parent_id: UUID | None) -> None:
        """Raises Refused "PM004" for a circle."""
        ...

    async def make_customer(self, account_id: UUID) -> bool:
        """Whether it was none before."""
        ...

    async def merge(self, account_id: UUID, *, into: UUID, at: datetime) -> MovedByMerge:
        """Everything that names the account names `into` from then on. Both rows are locked.

        Raises Refused "PM004" where the parents would become a circle.
        """
        ...

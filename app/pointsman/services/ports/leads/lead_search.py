"""Leads by what people know them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import SEES_ALL, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNames:
    """A mailbox (`normalise.email_key`), or the (source system, external id) pairs that a text may stand for."""

    email_key: str | None = None
    external_ids: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which leads; None asks for all. What names a merged lead leaves the lead that it is now.

    `external_id` is of `source_system`, or of any, and given by `sender`, or by any. `words` (`search_words`) stand, each
    of them, somewhere in first name, last name and address, as they are or as they were of one merged lead. `rep` (a key),
    `work`, `pool` and `rule` are those by which a rep has the lead now. `account` is an id. Made from `since` on and before
    `until`; changed last likewise. `sees` leaves the leads that the caller sees.
    """

    sees: Visibility = SEES_ALL
    email_key: str | None = None
    phone_key: str | None = None
    external_id: str | None = None
    source_system: str | None = None
    sender: str | None = None
    words: Sequence[str] = ()
    stage: str | None = None
    account: UUID | None = None
    source: str | None = None
    rep: str | None = None
    work: str | None = None
    pool: str | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None


class LeadSearch(Protocol):
    async def page(self, which: LeadFilter, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[UUID]:
        """Newest first, without those that were merged into another."""
        ...

    async def named(self, names: LeadNames, *, sees: Visibility, sender: str | None) -> Sequence[UUID]:
        """The leads of any of these names that the caller sees, ten at most; of a merged lead the one that it is now.

        External ids count under this `sender` alone, or under all where it is None.
        """
        ...

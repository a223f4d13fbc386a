"""Leads by what people know them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pointsman.domain.permissions.callers import Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadNames:
    """A mailbox (`normalise.email_key`), or the (source system, external id) pairs that a text may stand for."""

    email_key: str | None = None
    external_ids: Sequence[tuple[str, str]] = ()


class LeadSearch(Protocol):
    async def named(self, names: LeadNames, *, sees: Visibility, sender: str | None) -> Sequence[UUID]:
        """The leads of any of these names that the caller sees, ten at most; of a merged lead the one that it is now.

        External ids count under this `sender` alone, or under all where it is None.
        """
        ...

"""The repository of what mailboxes of buyers got: how many messages within a day, and where each went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.domain.leads.normalise import owner_key


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as it was given, and the name of its mailbox, which is the same for every spelling of it.

    `owner` is the name by which its mail is counted: one for all addresses that may lead to one mailbox.
    """

    address: str = field(repr=False)
    key: str = field(repr=False)

    @property
    def owner(self) -> str:
        return owner_key(self.key)


class BuyerMail(Protocol):
    async def lock(self, mailbox: Mailbox) -> None:
        """Until this transaction ends no other decides about mail to the mailbox."""
        ...

    async def sent(self, mailbox: Mailbox, *, since: datetime, besides: UUID) -> Sequence[datetime]:
        """When each delivery but `besides` was last sent to the mailbox after `since`, or may have been; the oldest first."""
        ...

    async def address(self, delivery_id: UUID, *, lease: UUID, to: Mailbox, sender: str | None, at: datetime) -> None:
        """Write down where a claimed delivery goes, and from where, before it does."""
        ...

    async def take_back(self, delivery_id: UUID, *, lease: UUID) -> None:
        """The claimed delivery went to no mailbox after all; one of which an attempt before may have gone there still counts."""
        ...

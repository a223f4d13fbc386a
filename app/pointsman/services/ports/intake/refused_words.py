"""The repository of what was refused to partners and reps, since the person is known and not theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from pointsman.services.ports.leads.leads import ExternalId, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedWord:
    """The lead that a refused word would have made, were the person not known, and by which of its names it was found."""

    id: UUID
    refused_for: UUID  # the lead that is known, as it was then
    lead_id: UUID  # and what it is now
    email_key: str
    external_id: ExternalId | None
    first_name: str | None
    last_name: str | None
    at: datetime
    by_external_id: bool
    by_email: bool
    by_phone: bool


class RefusedWords(Protocol):
    async def lock(self, names: Sequence[str]) -> None:
        """Hold these names, in one order for all, until the transaction ends: words about one person come one by one."""
        ...

    async def find(self, person: Person, *, bringer: str, most_of_a_number: int) -> Sequence[RefusedWord]:
        """Those with the person's id, or with its email or number from this bringer; the newest first.

        An id and an email find one at most. Of one number, no more are read than `most_of_a_number`.
        """
        ...

    async def of_lead(self, lead_id: UUID, *, most: int) -> Sequence[RefusedWord]:
        """Of all that were refused for this lead, or for one that was merged into it, the `most` that came first."""
        ...

    async def brought_in(self, phone_key: str, *, bringer: str) -> Sequence[UUID]:
        """Up to two of the leads with this number that the bringer brought in, as what they are now."""
        ...

    async def has_brought(self, email_key: str, *, bringer: str) -> bool:
        """Whether the bringer brought in a lead that goes by this email or shows it, or did before it was merged."""
        ...

    async def keep(
        self,
        person: Person,
        *,
        word_id: UUID,
        bringer: str,
        first_name: str | None,
        last_name: str | None,
        refused_for: UUID,
        at: datetime,
    ) -> None:
        """Keep the word, which has an email; once for each id, and for each email of a bringer."""
        ...

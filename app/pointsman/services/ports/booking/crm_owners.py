"""Owners of leads' records in CRMs: those that we wrote last, what others made of it, and what became of that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.messages.message import Message

LOOK_TASK = "crm_owners.look"


class OwnerOutcome(StrEnum):
    """What became of a change of owner by others."""

    ACCEPTED = "accepted"  # the rep got the lead
    RELEASED = "released"  # nobody is the owner any more: the rules gave the lead on
    REFUSED = "refused"  # ours stands, as the policy says
    NOT_ALLOWED = "not-allowed"  # the policy accepts, and the rep may not have the lead
    NO_REP = "no-rep"  # the policy accepts, and no rep has that address
    REVERTED = "reverted"  # ours is written again
    GIVEN_UP = "given-up"  # it would be once too often
    LEFT = "left"  # nobody has the lead here, or the record is another lead's too
    AGREED = "agreed"  # a difference that was there is over


#: After these the CRM has another owner than we do, and that is to stay.
DIFFERENT = (OwnerOutcome.REFUSED, OwnerOutcome.NOT_ALLOWED, OwnerOutcome.NO_REP, OwnerOutcome.GIVEN_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownOwner:
    """The owner of a lead's record as we wrote it, or took it over, at `told_at`; "": taken away.

    `noticed` counts the events that told of the record, and `tries` the looks since the last of them.
    """

    connection_id: UUID
    lead_id: UUID
    record_id: str
    owner: str
    told_at: datetime
    noticed: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerChange:
    """A change by others: to the user `owner` ("": none), who is the rep `rep_id`, while `our_rep_id` had the lead."""

    id: UUID
    connection_id: UUID
    lead_id: UUID
    owner: str
    rep_id: UUID | None
    our_rep_id: UUID | None
    outcome: OwnerOutcome
    message: Message
    decision_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerDifference:
    """A lead whose owner in the CRM is another than here. `ours` and `theirs` are keys of reps; `message` as JSON values."""

    connection: str
    lead_id: UUID
    owner: str
    ours: str | None
    theirs: str | None
    outcome: str
    message: Mapping[str, Any]
    at: datetime


class CrmOwners(Protocol):
    async def note_told(self, delivery_id: UUID, *, lease: UUID, record_id: str, owner: str, at: datetime) -> None:
        """A delivery wrote this owner. Nothing where another worker has it by now."""
        ...

    async def take_over(self, known: KnownOwner, *, owner: str, at: datetime) -> None:
        """What others wrote is what stands there from now on."""
        ...

    async def notice(self, intake_id: UUID, *, about: str, at: datetime) -> Sequence[tuple[UUID, UUID]]:
        """An event told of this record: the connections and leads of which somebody has to look who owns it."""
        ...

    async def due(self, *, at: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
        """Connections and leads to be looked at."""
        ...

    async def claim(self, connection_id: UUID, lead_id: UUID, *, at: datetime, until: datetime) -> KnownOwner | None:
        """For one worker, which has it until then; None where it is not due."""
        ...

    async def lock(self, connection_id: UUID, lead_id: UUID) -> KnownOwner | None: ...

    async def looked(self, known: KnownOwner) -> None:
        """That is done, unless an event told of the record since it was claimed."""
        ...

    async def put_off(self, known: KnownOwner, *, until: datetime) -> None: ...

    async def is_being_told(self, connection_id: UUID, lead_id: UUID, *, soon: datetime) -> bool:
        """Whether the lead's record is being told, or will be by then."""
        ...

    async def is_own_version(self, connection_id: UUID, *, record_id: str, version: str) -> bool:
        """Whether a delivery of ours wrote it."""
        ...

    async def is_shared(self, known: KnownOwner, *, records: Sequence[str]) -> bool:
        """Whether another lead that was not merged has one of these records."""
        ...

    async def add(self, change: OwnerChange) -> None: ...

    async def last(self, connection_id: UUID, lead_id: UUID) -> OwnerChange | None: ...

    async def followed(self, lead_id: UUID, *, since: datetime) -> int:
        """How many changes of the lead's owner were accepted or set back, in all CRMs together."""
        ...

    async def wants_revert(self, connection_id: UUID, lead_id: UUID) -> bool:
        """Whether ours is to be written again, and was not yet."""
        ...

    async def counts(self, connection_id: UUID, *, since: datetime) -> Mapping[str, int]:
        """How many changes had which outcome."""
        ...

    async def differences(
        self, *, connection_id: UUID | None, outcomes: Sequence[OwnerOutcome], limit: int
    ) -> Sequence[OwnerDifference]:
        """Those that stand, the newest first."""
        ...

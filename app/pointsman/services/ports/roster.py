"""The roster's repository: roles, suppliers, reps, time off, and a snapshot of them all at each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.roster.reps import Rep


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """A role as stored."""

    id: UUID
    name: str
    works: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    """An employer of reps: in-house, or a partner, who may be barred from accounts."""

    key: str
    name: str
    kind: str
    barred_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterName:
    """How a person or thing is called; `time_zone` and `supplier` are of reps alone."""

    kind: str  # of `NameKind`
    key: str
    name: str
    time_zone: str | None
    supplier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffRow:
    """One absence of one rep. What was given by date has its days too; `last_day` alone: it began at an instant."""

    id: UUID
    rep: str
    starts_at: datetime
    ends_at: datetime
    first_day: date | None = None
    last_day: date | None = None  # included
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedLead:
    """A lead that a rep holds for some work, without an override."""

    lead_id: UUID
    rep: str
    work: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepAssignment:
    """A lead in a rep's hands, and since when."""

    assignment_id: UUID
    lead_id: UUID
    work: str
    assigned_at: datetime


class RosterStore(Protocol):
    async def lock(self) -> None:
        """Holds other changes of the roster until the transaction ends."""
        ...

    async def roles(self) -> Sequence[RoleRow]: ...
    async def suppliers(self) -> Sequence[SupplierRow]: ...
    async def reps(self) -> Sequence[Rep]: ...
    async def time_off(self, rep: str | None = None) -> Sequence[TimeOffRow]: ...

    async def put_role(self, role: RoleRow) -> None:
        """Adds the role or the works it lacks; takes none away."""
        ...

    async def remove_role_works(self, role: RoleRow) -> None:
        """Takes away the works that the role no longer includes; raises `ConstraintRefused`."""
        ...

    async def put_supplier(self, supplier: SupplierRow) -> None: ...

    async def put_rep(self, rep: Rep, *, at: datetime) -> None:
        """Adds or replaces by key; raises `ConstraintRefused`."""
        ...

    async def add_time_off(self, row: TimeOffRow) -> None: ...

    async def move_time_off(self, row: TimeOffRow) -> None:
        """Gives it the instants of `row`, found by its id."""
        ...

    async def delete_time_off(self, time_off_id: UUID) -> bool: ...
    async def clear_time_off(self, rep: str) -> None: ...
    async def assigned_leads(
        self, *, reps: Sequence[str] | None = None, role: str | None = None
    ) -> Sequence[AssignedLead]: ...

    async def count_open_leads(self, reps: Sequence[str]) -> Mapping[str, int]:
        """How many leads each of these reps holds."""
        ...

    async def leads_of(
        self, rep: str, *, works: Sequence[str] | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[RepAssignment]:
        """What a rep holds, the oldest first; `after` is an instant and an assignment's id."""
        ...

    async def snapshot(self, version: int) -> Mapping[str, Any] | None: ...
    async def latest_snapshot(self) -> tuple[int, Mapping[str, Any]] | None: ...
    async def add_version(self, version: int, snapshot: Mapping[str, Any], *, at: datetime) -> None: ...
    async def names(self) -> Sequence[RosterName]:
        """Of all reps and suppliers, former ones too."""
        ...

    async def emails(self) -> Mapping[str, str]:
        """Rep key to email, which no snapshot holds."""
        ...

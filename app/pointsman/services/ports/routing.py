"""Repositories of the routing slice: policies, roster, decisions, ledgers, holds, overrides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.eligibility import RepLoad
from pointsman.domain.qualification import Evidence
from pointsman.services.ports.roster import RosterStore

__all__ = [
    "AssignmentRow", "DecisionRow", "Decisions", "GatePass", "HoldRow", "Holds", "LedgerEntryRow", "LedgerRow",
    "Ledgers", "OverrideRow", "Overrides", "Periods", "Policies", "PolicyRow", "RosterStore", "RoutingContext",
    "RoutingWrite", "Versions",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """A policy as stored: a draft, the published one, or an archived one."""

    version: int
    state: str
    document: Mapping[str, Any]
    note: str
    created_by: str
    created_at: datetime
    published_by: str | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What is in force: None where nothing has been published or put on the roster."""

    policy: int | None
    roster: int | None


class Policies(Protocol):
    async def versions(self) -> Versions:
        """The published policy and the newest roster, seen at one moment."""
        ...

    async def lock(self) -> None:
        """Holds publishing until the transaction ends, so that versions and states change one after another."""
        ...

    async def add(self, document: Mapping[str, Any], *, note: str, by: str, at: datetime) -> PolicyRow: ...
    async def get(self, version: int) -> PolicyRow | None: ...
    async def current(self) -> PolicyRow | None: ...
    async def page(self, *, before: int | None, limit: int) -> Sequence[PolicyRow]: ...

    async def publish(self, version: int, *, note: str, by: str, at: datetime) -> PolicyRow:
        """Archives the published one and publishes this one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRow:
    """Who holds, or held, which work on a lead."""

    id: UUID
    lead_id: UUID
    rep_id: UUID
    rep: str
    work: str
    pool: str | None
    decision_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    assigned_at: datetime
    ended_at: datetime | None
    end_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A lead that waits: for what, since when, and when the wait breaks its promise."""

    id: UUID
    lead_id: UUID
    decision_id: UUID
    work: str | None
    pool: str | None
    reason: str
    sentence: str
    held_at: datetime
    due_at: datetime
    released_at: datetime | None
    release: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePass:
    """A passing, unrevoked, unexpired gate check."""

    id: UUID
    work: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """A human's exception: exactly this rep, this lead, this work, until it expires; `used` counts."""

    id: UUID
    lead_id: UUID
    rep: str
    work: str
    reason: str
    approver: str
    used: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingContext:
    """All that one statement can tell about a lead before it is routed."""

    versions: Versions
    assignment: AssignmentRow | None = None
    hold: HoldRow | None = None
    passes: Sequence[GatePass] = ()  # the latest of each work
    overrides: Sequence[OverrideRow] = ()  # in force
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingWrite:
    """One decision and everything that follows from it, written by one statement."""

    decision_id: UUID
    lead_id: UUID
    at: datetime
    outcome: str
    work: str | None
    rule: str | None
    pool: str | None
    rep_id: UUID | None
    hold_reason: str | None
    summary: str
    policy_version: int
    roster_version: int
    record: str  # JSON
    inputs: str  # JSON
    stage: str
    nurture_until: datetime | None
    nurture_reason: str | None
    assignment_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    hold_id: UUID | None  # a new hold
    open_hold_id: UUID | None  # the one that is kept or released
    hold_sentence: str | None
    hold_due_at: datetime | None
    release: str | None  # set when the open hold ends
    ledger: "LedgerRow | None"  # as it stands afterwards
    entry: str | None  # JSON of the turn
    audit_id: UUID
    actor: str
    action: str
    before: str | None  # JSON
    after: str  # JSON
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A decision as stored; `record` is the whole trace, `inputs` what replay needs."""

    id: UUID
    lead_id: UUID
    at: datetime
    outcome: str
    work: str | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None
    summary: str
    policy_version: int
    roster_version: int
    record: Mapping[str, Any]
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Since when a rep's turns count for the caps of the hour, the day and the week."""

    hour: datetime
    day: datetime
    week: datetime


class Decisions(Protocol):
    async def context(self, lead_id: UUID, *, at: datetime) -> RoutingContext: ...

    async def loads(self, periods: Mapping[str, Periods]) -> Mapping[str, RepLoad]:
        """What each rep (by key) has open, and was given since the periods began."""
        ...

    async def lock_reps(self, reps: Sequence[str]) -> None:
        """Hold the reps' rows, in the order of their keys: nobody else gives them work until the transaction ends."""
        ...

    async def end_assignment(self, assignment_id: UUID, *, at: datetime, reason: str) -> None: ...

    async def write(self, write: RoutingWrite) -> None:
        """Raises `Refused` when the database will not have it, `LostRace` after a deadlock."""
        ...

    async def add_assignment(self, row: AssignmentRow) -> None:
        """An assignment that no rule decided; raises `Refused`."""
        ...

    async def assignment_of_decision(self, decision_id: UUID) -> AssignmentRow | None: ...
    async def active_assignment(self, lead_id: UUID) -> AssignmentRow | None: ...
    async def past_holders(self, lead_id: UUID) -> frozenset[str]: ...

    async def get(self, decision_id: UUID, *, supplier: str | None = None) -> DecisionRow | None: ...

    async def page(
        self,
        *,
        lead_id: UUID | None,
        supplier: str | None,
        before: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[DecisionRow]:
        """Newest first."""
        ...

    async def visible_lead(self, lead_id: UUID, *, supplier: str | None) -> bool:
        """Whether the lead exists and, for a partner, is or was with one of that partner's reps."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A pool's ledger as stored: `ledger` as `Ledger.as_json`, `waiting_since` rep key to ISO instant."""

    pool: str
    seq: int
    ledger: Mapping[str, Any]
    waiting_since: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntryRow:
    """One line of a pool's history."""

    pool: str
    seq: int
    kind: str  # assign, credit, adjust
    decision_id: UUID | None
    rep_id: UUID | None
    entry: Mapping[str, Any]
    reason: str | None
    at: datetime


class Ledgers(Protocol):
    async def lock(self, pools: Sequence[str]) -> Mapping[str, LedgerRow]:
        """The ledgers, made when missing, locked in the order of their names."""
        ...

    async def get(self, pool: str) -> LedgerRow | None: ...

    async def append(self, entry: LedgerEntryRow, ledger: LedgerRow) -> None:
        """The entry, and the ledger it leads to."""
        ...

    async def credited(self, decision_id: UUID) -> bool: ...
    async def turn_of(self, decision_id: UUID) -> LedgerEntryRow | None: ...

    async def entries(self, pool: str, *, after: int, limit: int) -> Sequence[LedgerEntryRow]: ...

    async def counts(self, pool: str) -> Mapping[str, tuple[int, int]]:
        """Turns taken and turns credited, by rep key."""
        ...


class Holds(Protocol):
    async def get(self, hold_id: UUID) -> HoldRow | None: ...
    async def open_for(self, lead_id: UUID) -> HoldRow | None: ...

    async def page(self, *, supplier: str | None, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[HoldRow]:
        """Open holds in order of arrival."""
        ...

    async def lead_free(self, hold_id: UUID) -> HoldRow | None:
        """The hold, if it is open and nobody else works on its lead right now; the lead's row is locked then."""
        ...

    async def release(self, hold_id: UUID, *, at: datetime, reason: str) -> None: ...

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[HoldRow]:
        """Open holds past their due time without an open alert."""
        ...


class Overrides(Protocol):
    async def add(self, row: OverrideRow) -> None: ...
    async def get(self, override_id: UUID) -> OverrideRow | None: ...

    async def page(
        self, *, lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[OverrideRow]: ...

    async def in_force(self, lead_id: UUID, rep: str, work: str, *, at: datetime) -> OverrideRow | None: ...
    async def revoke(self, override_id: UUID, *, at: datetime) -> bool: ...

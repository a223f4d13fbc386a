"""The decisions repository: what a lead has, what was decided, who has it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.distribution.caps import RepLoad
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.services.ports.routing.holds import HoldRow
from pointsman.services.ports.routing.ledgers import LedgerRow
from pointsman.services.ports.routing.overrides import OverrideRow
from pointsman.services.ports.routing.policies import LiveVersions


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRow:
    """Which rep has, or had, which work on a lead."""

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
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePass:
    """A passing, unrevoked, unexpired gate check."""

    id: UUID
    work: str
    expires_at: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingContext:
    """All that one statement can tell about a lead before it is routed."""

    versions: LiveVersions
    current_assignment: AssignmentRow | None = None
    hold: HoldRow | None = None
    gate_passes: Sequence[GatePass] = ()  # the latest of each work
    overrides: Sequence[OverrideRow] = ()  # in force
    evidence: Sequence[Evidence] = ()  # as it counts: expired when it was used up, or its employer was left


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
    summary: str  # JSON of a message
    policy_version: int
    roster_version: int
    record: str  # JSON
    inputs: str  # JSON
    stage: str
    nurture_cause: str | None  # NurtureCause: a decision begins no cool-off
    nurture_reason: str | None  # JSON of a message
    assignment_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    hold_id: UUID | None  # a new hold
    open_hold_id: UUID | None  # the one that is kept or released
    hold_sentence: str | None  # JSON of a message
    hold_due_at: datetime | None
    release: str | None  # set when the open hold ends
    ledger: LedgerRow | None  # as it stands afterwards
    entry: str | None  # JSON of the turn
    audit_id: UUID
    actor: str
    action: str
    before: str | None  # JSON
    after: str  # JSON
    reason: str | None  # JSON of a message
    category: str | None = None
    skips_used: Sequence[UUID] = ()


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
    summary: Mapping[str, Any]  # `Message.as_json`
    policy_version: int
    roster_version: int
    record: Mapping[str, Any]
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapPeriods:
    """Since when a rep's turns count for the caps of the hour, the day and the week."""

    hour: datetime
    day: datetime
    week: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadQuery:
    """Reps whose work is counted together: one rep, or a supplier's reps; of one category only, if given."""

    reps: Sequence[UUID]
    periods: CapPeriods
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions; None asks for all. A lead's are also those of leads merged into it; `rep` is a key.

    From `since` on, before `until`. `sees` leaves the leads that the caller sees.
    """

    sees: Visibility = SEES_ALL
    lead_id: UUID | None = None
    rep: str | None = None
    rule: str | None = None
    pool: str | None = None
    work: str | None = None
    outcome: str | None = None
    hold_reason: str | None = None
    policy_version: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Decisions(Protocol):
    async def routing_context(self, lead_id: UUID, *, at: datetime) -> RoutingContext: ...

    async def routing_contexts(self, lead_ids: Sequence[UUID], *, at: datetime) -> Mapping[UUID, RoutingContext]:
        """Of many leads, by one statement."""
        ...

    async def loads(self, asks: Sequence[LoadQuery], *, ending_assignment: UUID | None) -> Sequence[RepLoad]:
        """What is open, and was given since the periods began: one load for each ask, all by one statement.

        `ending_assignment` ends with the decision that is asked for, so it does not count as open.
        """
        ...

    async def lock_reps(self, reps: Sequence[str]) -> None:
        """Lock the reps' rows, in the order of their keys: no other transaction gives them work until this one ends."""
        ...

    async def lock_suppliers(self, suppliers: Sequence[str]) -> None:
        """Hold the suppliers' rows, in the order of their keys, likewise."""
        ...

    async def end_assignment(self, assignment_id: UUID, *, at: datetime, reason: str) -> None: ...

    async def write(self, write: RoutingWrite) -> None:
        """Raises `ConstraintRefused` when the database will not have it, `LostRace` after a deadlock."""
        ...

    async def add_assignment(self, row: AssignmentRow) -> None:
        """An assignment that no rule decided; raises `ConstraintRefused`."""
        ...

    async def assignment(self, assignment_id: UUID) -> AssignmentRow | None: ...
    async def current_assignment(self, lead_id: UUID) -> AssignmentRow | None: ...
    async def past_holders(self, lead_id: UUID) -> frozenset[str]: ...

    async def excluded_reps(self, lead_id: UUID, work: str) -> frozenset[str]:
        """The reps who had this work of the lead until it was reassigned or rejected: it does not come back."""
        ...

    async def get(self, decision_id: UUID, *, sees: Visibility = SEES_ALL) -> DecisionRow | None: ...

    async def page(
        self,
        which: DecisionFilter,
        *,
        before: tuple[datetime, UUID] | None,
        limit: int,
    ) -> Sequence[DecisionRow]:
        """Newest first."""
        ...

    async def with_changed_inputs(self, decision_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Those of the decisions whose stored inputs are not the ones that were written with them."""
        ...

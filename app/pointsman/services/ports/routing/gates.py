"""The gates repository: evidence, gate checks, and the assignment that a hand-over starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from pointsman.domain.leads.evidence import Evidence, EvidenceEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheckRow:
    """One try of a gate; `expires_at` is set exactly when it passed."""

    id: UUID
    lead_id: UUID
    work: str
    passed: bool
    policy_version: int
    setter_rep_id: UUID | None
    result: Mapping[str, Any]
    checked_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None

    def is_open_at(self, now: datetime) -> bool:
        return self.expires_at is not None and self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentAssignment:
    """A lead's active assignment: who does what, by which decision, and what allows it now.

    `check` is the gate check that it rests on; `has_override` says that its override is in force.
    """

    assignment_id: UUID
    rep_id: UUID
    rep_key: str
    rep_name: str
    supplier: str
    work: str
    pool: str | None
    category: str | None  # of the rule that gave the lead away
    decision_id: UUID | None
    gate_check_id: UUID | None
    override_id: UUID | None
    gate_check: GateCheckRow | None
    has_override: bool


class Gates(Protocol):
    """Evidence, gate checks, and the work that a lead is in."""

    async def evidence(self, lead_id: UUID) -> Sequence[Evidence]:
        """As it was recorded; how it counts, `evidence_ends` say."""
        ...

    async def evidence_ends(self, lead_id: UUID) -> Sequence[EvidenceEnd]:
        """What ended evidence of this lead: an appointment that used it up, or a change of employer."""
        ...

    async def add_evidence(self, lead_id: UUID, items: Sequence[Evidence], *, at: datetime) -> None:
        """Every item has an id."""
        ...

    async def add_check(self, check: GateCheckRow) -> None: ...

    async def revoke_passes(self, lead_id: UUID, work: str, *, at: datetime) -> None:
        """End every pass that the lead has for `work`: newer evidence says otherwise."""
        ...

    async def current_assignment(self, lead_id: UUID, *, at: datetime) -> CurrentAssignment | None: ...

    async def last_check(self, lead_id: UUID, work: str) -> GateCheckRow | None:
        """The lead's latest try of the gate for this work."""
        ...

    async def last_setter(self, lead_id: UUID, work: str) -> UUID | None:
        """The setter of the lead's latest passed check."""
        ...

    async def end_assignment_and_hold(self, lead_id: UUID, *, at: datetime, reason: str) -> None:
        """End the active assignment and release the open hold, if there are any."""
        ...

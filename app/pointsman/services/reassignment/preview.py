"""What a reassignment would do, decided on a snapshot: no row is locked, nothing is written, and routing goes on beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.domain.routing.decision import Decision
from pointsman.services.policies.cache import RoutingConfig
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.decisions import AssignmentRow
from pointsman.services.reassignment.appointment_transfer import AppointmentTransfer, preview_transfer
from pointsman.services.reassignment.by_rules import require_assignment
from pointsman.services.reassignment.pending_moves import PendingMove, PendingMoves
from pointsman.services.routing.dry_run import dry_run


@dataclass(frozen=True, slots=True)
class ReassignmentPreview:
    """One dry run over several leads: each sees the turns, loads and appointments that those before it would leave.

    `tx` is a snapshot, and `config` what is in force in it; `calendars` None means that none was read.
    """

    env: Env
    tx: Tx
    config: RoutingConfig
    calendars: Mapping[str, CalendarState] | None
    pending: PendingMoves

    async def move(self, lead_id: UUID, *, holder: str | None, transfer: AppointmentTransfer | None) -> Decision:
        """The decision that `reassign_in_tx` would take. Raises what it raises, but for what the database alone would refuse."""
        env, tx = self.env, self.pending.over(self.tx)
        lead = await tx.leads.get(lead_id)
        if lead is None:
            raise NotFound("There is no such lead.")
        if lead.merged_into is not None:
            raise Conflict("This lead was merged into another one.", code="lead-merged")
        current = await require_assignment(tx, lead_id, holder)
        now, participant_ids = env.clock(), tuple[UUID, ...]()
        meeting = await tx.appointments.active_for_lead(lead_id)
        if meeting is not None or transfer is not None:
            decision, participant_ids = await preview_transfer(env, tx, lead, meeting, transfer)
        else:
            decision = await self._by_rules(tx, lead, current)
        move = PendingMove(
            account_id=lead.account_id,
            before=current,
            rep=self.config.roster.reps[decision.rep] if decision.rep else None,
            category=decision.category if decision.rep else None,
            at=now,
            appointment=meeting,
            participant_ids=participant_ids,
        )
        await self.pending.add(self.tx, move, decision, self.config.policy.policy)
        return decision

    async def _by_rules(self, tx: Tx, lead: LeadRow, current: AssignmentRow) -> Decision:
        if current.work in GATED_WORKS and self.calendars is None:
            raise Conflict("This lead went to a closer meanwhile. Ask again.", code="holder-changed")
        preview = await dry_run(
            self.env,
            tx,
            lead,
            purpose=Work(current.work),
            calendars=self.calendars or {},
            past_holders=await tx.decisions.past_holders(lead.id),
            reversed_turn=current.decision_id,
        )
        return preview.decide(None)

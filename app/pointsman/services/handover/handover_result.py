"""The answer to a hand-over."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.slots import Slot
from pointsman.domain.errors import Fault
from pointsman.domain.gate.evaluation import GateResult
from pointsman.domain.leads.facts import LeadStage
from pointsman.domain.messages.message import Message
from pointsman.domain.routing.decision import DecisionOutcome
from pointsman.services.booking.slots import SlotList
from pointsman.services.handover.gate_check import GateAttempt
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.routing.routing_request import RoutingResult

#: The stages of a lead that went to no rep who takes appointments.
STAGE_AFTER = {
    DecisionOutcome.ASSIGNED: LeadStage.WORKING,
    DecisionOutcome.HELD: LeadStage.HELD,
    DecisionOutcome.NURTURE: LeadStage.NURTURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverResult:
    """The answer to a hand-over. `routed` is None when the lead was not routed again; `what_happens` is a sentence."""

    gate: GateResult
    check_id: UUID
    routing: RoutingResult | None
    closer: str | None
    slot_list: SlotList | None
    appointment: AppointmentRow | None
    setter: str | None
    stage: str
    nurture_until: datetime | None
    what_happens: Message
    warnings: tuple[Fault, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.slot_list.slots if self.slot_list else ()


def handover_result(
    case: GateAttempt,
    check_id: UUID,
    *,
    stage: str,
    what: Message,
    routed: RoutingResult | None = None,
    closer: str | None = None,
    offer: SlotList | None = None,
    appointment: AppointmentRow | None = None,
    nurture_until: datetime | None = None,
) -> HandoverResult:
    """The answer about `case`, with what came of it."""
    return HandoverResult(
        gate=case.gate,
        check_id=check_id,
        routing=routed,
        closer=closer,
        slot_list=offer,
        appointment=appointment,
        setter=case.setter.key if case.setter else None,
        stage=stage,
        nurture_until=nurture_until,
        what_happens=what,
        warnings=tuple(case.warnings),
    )

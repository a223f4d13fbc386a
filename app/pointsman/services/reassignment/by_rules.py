"""Taking a lead from its rep and giving it to a rep who never had it, by the rules."""

from collections.abc import Mapping
from uuid import UUID

from pointsman.domain.distribution.candidate import CalendarState
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.message import Reason, as_message, say
from pointsman.domain.roster.roles import Work
from pointsman.services.audit import audit
from pointsman.services.calendars.closer_calendars import with_closer_calendars
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.routing.decisions import AssignmentRow
from pointsman.services.reassignment.appointment_transfer import (
    REASSIGN_TRIGGER,
    AppointmentTransfer,
    lock_appointment_of_lead,
    prepare_transfer,
    transfer_by_rules,
)
from pointsman.services.roster.absent_holder_alerts import update_absent_holder_alerts
from pointsman.services.routing.ledger import reverse_turn_of
from pointsman.services.routing.route_lead import route_lead
from pointsman.services.routing.routing_request import RoutingRequest, RoutingResult, TurnReversal
from pointsman.services.transactions import run_in_transaction


async def reassign(env: Env, lead_id: UUID, *, reason: str, actor: Actor) -> RoutingResult:
    """Give the lead to a rep who never held it, by the rules; the old turn is taken back, a new one is booked.

    The lead is held when no rep is eligible. An appointment goes along: Conflict "no-rep-free" when no rep is free then, and
    nothing has changed. NotFound; Conflict when the lead has no rep.
    """
    transfer = await prepare_transfer(env, lead_id)

    async def attempt(calendars: Mapping[str, CalendarState]) -> RoutingResult:
        async def work(tx: Tx) -> RoutingResult:
            before, routed = await reassign_in_tx(
                env, tx, lead_id, reason=reason, actor=actor, calendars=calendars, transfer=transfer
            )
            await resolve_absence_alert(env, tx, before)
            return routed

        return await run_in_transaction(env, work)

    return await with_closer_calendars(env, attempt)


async def reassign_in_tx(
    env: Env,
    tx: Tx,
    lead_id: UUID,
    *,
    reason: Reason,
    actor: Actor,
    calendars: Mapping[str, CalendarState],
    holder: str | None = None,
    transfer: AppointmentTransfer | None = None,
) -> tuple[AssignmentRow, RoutingResult]:
    """`reassign` inside the caller's transaction: what was held before, and what became of the lead.

    An appointment goes along by the `transfer` that was prepared for it. Conflict "holder-changed" when another rep than the
    given `holder` has it; CalendarsUnread, so that its transaction belongs into `with_closer_calendars`.
    """
    lead = await lock_lead(tx, lead_id)
    current = await require_assignment(tx, lead_id, holder)
    meeting = await lock_appointment_of_lead(tx, lead, transfer)
    if meeting is not None and transfer is not None:
        routed = await transfer_by_rules(env, tx, lead, meeting, transfer, reason=reason, actor=actor)
    else:
        turn = (
            TurnReversal(decision_id=current.decision_id, reason=say("reason.reassigned", why=as_message(reason)))
            if current.decision_id
            else None
        )
        request = RoutingRequest(
            lead=lead,
            purpose=Work(current.work),
            trigger=REASSIGN_TRIGGER,
            actor=actor,
            calendars=calendars,
            past_holders=await tx.decisions.past_holders(lead_id),
            turn_reversal=turn,
        )
        routed = await route_lead(env, tx, request)
    await audit(
        env,
        tx,
        actor,
        "lead.reassigned",
        f"lead:{lead_id}",
        before={"rep": current.rep},
        after={"from": current.rep, "to": routed.rep.key if routed.rep else None, "decision": str(routed.decision_id)}
        | ({"appointment": str(meeting.id)} if meeting else {}),
        reason=reason,
    )
    return current, routed


async def require_assignment(tx: Tx, lead_id: UUID, holder: str | None) -> AssignmentRow:
    """What is held now. Conflict "not-assigned"; "holder-changed" when another rep than the given `holder` has it."""
    current = await tx.decisions.current_assignment(lead_id)
    if current is None:
        raise Conflict("No rep has this lead, so it cannot be reassigned.", code="not-assigned")
    if holder is not None and current.rep != holder:
        raise Conflict("Another rep has this lead by now. Ask again.", code="holder-changed")
    return current


async def lock_lead(tx: Tx, lead_id: UUID) -> LeadRow:
    """NotFound; Conflict for a merged lead."""
    lead = await tx.leads.get(lead_id, lock=True)
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


async def resolve_absence_alert(env: Env, tx: Tx, before: AssignmentRow | None) -> None:
    """Close the alert about an absent rep, once other reps have their last lead."""
    if before is not None and await tx.alerts.is_open(code=AlertCode.INACTIVE_HOLDER, subject=f"rep:{before.rep}"):
        await update_absent_holder_alerts(env, tx)


async def credit_turn(env: Env, tx: Tx, current: AssignmentRow, reason: Reason, actor: Actor) -> None:
    """Take back the turn that gave the lead away, if one did."""
    if current.decision_id is not None:
        await reverse_turn_of(env, tx, current.decision_id, reason, actor=actor)

"""The row of an appointment that is being booked: what is copied into it stays when the lead or the policy changes."""

from datetime import datetime

from pointsman.domain.booking.availability import Interval
from pointsman.domain.booking.lifecycle import AppointmentAction, AppointmentStatus, transition_for
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.roster.reps import Rep
from pointsman.services.availability.booking_context import BookingContext, gate_snapshot
from pointsman.services.availability.participants import Participants
from pointsman.services.booking.meeting_place import meeting_place
from pointsman.services.deliveries.notices import choose_inviter, invitation_rules
from pointsman.services.leads.facts import shown_company
from pointsman.services.leads.fields import known_fields
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow


async def build_appointment(
    env: Env, tx: Tx, participants: Participants, wanted: Interval, *, actor: Actor, now: datetime
) -> AppointmentRow:
    """The appointment of `participants` at `wanted`; nothing is written."""
    what, assignment = participants.context, participants.context.assignment
    setter = await find_setter(env, tx, what)
    company = shown_company(what.lead, (await known_fields(env, tx)).lists.placeholder_keys)
    invitations = invitation_rules(what.config.policy.policy, assignment.pool)
    place = meeting_place(what.config.policy.policy, assignment.pool)
    status = transition_for(AppointmentAction.BOOK, what.rules.confirmation).status or AppointmentStatus.CONFIRMED
    return AppointmentRow(
        id=env.new_id(),
        lead_id=what.lead.id,
        rep_id=assignment.rep_id,
        rep_key=assignment.rep_key,
        work=assignment.work,
        pool=assignment.pool,
        category=assignment.category,
        status=status.value,
        confirm_by=confirmation_deadline(what.rules, wanted, now) if status is AppointmentStatus.REQUESTED else None,
        accepted_at=None,
        reject_code=None,
        outcome=None,
        outcome_at=None,
        conflict=None,
        starts_at=wanted.start,
        ends_at=wanted.end,
        buffer_before=what.rules.buffer_before,
        buffer_after=what.rules.buffer_after,
        company=company,  # no personal data in this column
        assignment_id=assignment.assignment_id,
        gate_check_id=assignment.gate_check_id,
        override_id=assignment.override_id,
        gate_snapshot=gate_snapshot(what, setter.key if setter else None),
        setter_rep_id=setter.id if setter else None,
        setter_key=setter.key if setter else None,
        booked_by=actor.name,
        sequence=0,
        created_at=now,
        cancelled_at=None,
        cancelled_by=None,
        cancel_reason=None,
        companions=participants.companions,
        invitation_pool=assignment.pool,
        join_url=place.join_url,
        vendor_meeting=place.vendor_meeting,
        invited_by=(await choose_inviter(env, tx, invitations, invitations.by, assignment.rep_id)).value,
    )


async def find_setter(env: Env, tx: Tx, what: BookingContext) -> Rep | None:
    """The rep who sets the lead's appointment: of the gate check that it rests on, or else of the latest passed one."""
    setter_id = (
        what.gate_check.setter_rep_id
        if what.gate_check
        else await tx.gates.last_setter(what.lead.id, what.assignment.work)
    )
    return (await load_routing_config(env, tx)).roster.by_id(setter_id) if setter_id else None


def confirmation_deadline(rules: BookingRules, wanted: Interval, now: datetime) -> datetime:
    """Until when a request may be confirmed: always before the appointment begins."""
    return min(now + rules.confirm_within, wanted.start)

"""What may be booked for a lead right now: with which rep, under which rules, on which gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.booking.appointment_caps import CAP_LOOKAROUND, CountedAppointment
from pointsman.domain.booking.availability import Interval, Reservation, bookable_window
from pointsman.domain.booking.bookable_check import Obstacle, find_obstacle
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.policy.pools import Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.policies.cache import RoutingConfig, load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.routing.gates import CurrentAssignment, GateCheckRow
from pointsman.services.routing.lead_inputs import gate_closed_error
from pointsman.services.wording.english import english_error

#: Work that is done in appointments. Prospecting and qualification are done on the phone, there and then.
BOOKABLE_WORKS = frozenset({Work.CLOSING, Work.SOLUTION_DESIGN, Work.CUSTOMER_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingContext:
    """A lead whose holder may be booked."""

    lead: LeadRow
    assignment: CurrentAssignment
    rep: Rep
    rules: BookingRules
    gate_check: GateCheckRow | None  # None for work that needs no gate, or by override
    config: RoutingConfig
    pool: Pool | None  # that gave the lead away; None when a human did, or when the live policy has it no more

    def lookahead_window(self, now: datetime) -> Interval:
        """From now to the horizon: what has to be known of a calendar."""
        return Interval(now, bookable_window(self.rules, now).end)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedTime:
    """What Pointsman itself has given away of a rep's time."""

    reservations: Sequence[Reservation]
    appointments: Sequence[CountedAppointment]


async def visible_lead(tx: Tx, lead_id: UUID, actor: Actor, *, lock: bool = False) -> LeadRow:
    """The lead, if the caller sees it. Raises NotFound."""
    if actor.sees.is_limited and not await tx.leads.is_visible(lead_id, sees=actor.sees):
        raise NotFound("There is no lead with this id.")
    try:
        lead = await tx.leads.get(lead_id, lock=lock)
    except Conflict as merged:
        if not actor.sees.is_limited:
            raise
        message = "This lead was merged into another: nothing writes to it any more."
        raise Conflict(message, code=merged.code) from merged  # the lead that it is now may be another's
    if lead is None:
        raise NotFound("There is no lead with this id.")
    return lead


async def load_booking_context(
    env: Env, tx: Tx, lead: LeadRow, *, now: datetime, moving: bool = False
) -> BookingContext:
    """Load what may be booked for `lead`. Raises Conflict or RoleProtected with what to do about it.

    With `moving`, who holds it may have left, and the pass that this rests on may be over: the caller looks to both.
    """
    current = await tx.gates.current_assignment(lead.id, at=now)
    if current is None or Work(current.work) not in BOOKABLE_WORKS:
        raise Conflict(
            "No rep who takes appointments has this lead. Hand it over first: POST /v1/leads/{id}/handovers.",
            code="no-closer",
            extra={"stage": lead.stage, "work": current.work if current else None},
        )
    check = current.gate_check
    gated = Work(current.work) in GATED_WORKS and not current.has_override
    if gated and not moving and not (check and check.is_open_at(now)):
        raise gate_closed_error()
    known = await load_routing_config(env, tx)
    rep = known.roster.reps.get(current.rep_key)
    if rep is None or not (rep.active or moving):
        said = say("refusal.rep-inactive", rep=rep_name(current.rep_key))
        raise english_error(Conflict, said, known.roster.reps, code="rep-inactive")
    pool = known.policy.policy.pools.get(current.pool or "")
    rules = pool.booking if pool else BookingRules()
    return BookingContext(
        lead=lead, assignment=current, rep=rep, rules=rules, gate_check=check, config=known, pool=pool
    )


def require_email(lead: LeadRow) -> None:
    """An appointment invites the lead by email. Raises Conflict "no-email"."""
    if not lead.email:
        raise Conflict("This lead has no email address to invite. Add one: POST /v1/leads.", code="no-email")


async def load_booked_time(tx: Tx, what: BookingContext, window: Interval) -> BookedTime:
    """Reservations around `window`, and the appointments that count against the days and weeks that it touches."""
    wide = Interval(window.start - CAP_LOOKAROUND, window.end + CAP_LOOKAROUND)
    found = await tx.appointments.busy_reservations([what.assignment.rep_id], wide)
    return BookedTime(
        reservations=[item.reservation for item in found],
        appointments=[
            CountedAppointment(start=t.interval.start, category=t.category) for t in found if t.appointment_id
        ],
    )


def find_booking_obstacle(
    what: BookingContext, wanted: Interval, busy: Sequence[Interval], gone: BookedTime, now: datetime
) -> Obstacle | None:
    """What stands in the way of booking `wanted`, by the same rules that slots are offered by."""
    return find_obstacle(
        what.rep,
        wanted,
        busy=busy,
        reservations=gone.reservations,
        meetings=gone.appointments,
        rules=what.rules,
        now=now,
        category=what.assignment.category,
    )


def gate_snapshot(what: BookingContext, setter: str | None) -> dict[str, Any]:
    """What the closer reads before the call: the evidence that opened the gate, with its sources."""
    if what.gate_check is None:
        return {"override": str(what.assignment.override_id) if what.assignment.override_id else None, "evidence": []}
    return {
        "checked_at": what.gate_check.checked_at.isoformat(),
        "expires_at": what.gate_check.expires_at.isoformat() if what.gate_check.expires_at else None,
        "policy_version": what.gate_check.policy_version,
        "setter": setter,
        "evidence": what.gate_check.result.get("evidence", []),
    }

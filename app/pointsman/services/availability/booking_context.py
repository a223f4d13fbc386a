"""What may be booked for a lead right now: with whom, under which rules, on which gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.booking.availability import Interval, bookable_window, free
from pointsman.domain.booking.bookable_check import Obstacle, obstacle
from pointsman.domain.booking.caps import COUNTED_AROUND, Meeting, full_days
from pointsman.domain.booking.slots import Slot, slots
from pointsman.domain.errors import Conflict, NotFound, RoleProtected
from pointsman.domain.policy.parsing import BookingRules
from pointsman.domain.policy.pools import Pool
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import GATED_WORKS, Work
from pointsman.services.policies.cache import Current, current
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import CheckRow, HeldWork

#: Work that is done in appointments. Prospecting and qualification are done on the phone, there and then.
BOOKABLE = frozenset({Work.CLOSING, Work.SOLUTION_DESIGN, Work.CUSTOMER_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookable:
    """A lead whose holder may be booked."""

    lead: LeadRow
    held: HeldWork
    rep: Rep
    rules: BookingRules
    check: CheckRow | None  # None for work that needs no gate, or by override
    known: Current
    pool: Pool | None  # that gave the lead away; None when a human did, or when the live policy has it no more

    def reach(self, now: datetime) -> Interval:
        """From now to the horizon: what has to be known of a calendar."""
        return Interval(now, bookable_window(self.rules, now).end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What Pointsman itself has given away of a rep's time."""

    reservations: Sequence[Interval]
    meetings: Sequence[Meeting]


async def visible_lead(tx: Tx, lead_id: UUID, actor: Actor, *, lock: bool = False) -> LeadRow:
    """The lead; for a partner only one that its reps hold or held. Raises NotFound."""
    lead = await tx.leads.get(lead_id, lock=lock)
    if lead is None or (actor.supplier is not None and not await tx.gates.supplier_sees(lead_id, actor.supplier)):
        raise NotFound("There is no lead with this id.")
    return lead


async def bookable(env: Env, tx: Tx, lead: LeadRow, *, now: datetime, moving: bool = False) -> Bookable:
    """Who may be booked for `lead`; raises Conflict or RoleProtected with what to do about it.

    With `moving`, who holds it may have left, and the pass that this rests on may be over: the caller looks to both.
    """
    held = await tx.gates.held(lead.id, at=now)
    if held is None or Work(held.work) not in BOOKABLE:
        raise Conflict(
            "Nobody who takes appointments holds this lead. Hand it over first: POST /v1/leads/{id}/qualifications.",
            code="no-closer",
            extra={"stage": lead.stage, "work": held.work if held else None},
        )
    check = held.check
    gated = Work(held.work) in GATED_WORKS and not held.by_override
    if gated and not moving and not (check and check.open_at(now)):
        raise RoleProtected(
            "This lead's gate has expired or was revoked. Send fresh evidence: POST /v1/leads/{id}/qualifications.",
            code="gate-closed",
        )
    known = await current(env, tx)
    rep = known.roster.reps.get(held.rep_key)
    if rep is None or not (rep.active or moving):
        raise Conflict(f"{held.rep_name} is not active. Reassign the lead.", code="rep-inactive")
    pool = known.policy.policy.pools.get(held.pool or "")
    rules = pool.booking if pool else BookingRules()
    return Bookable(lead=lead, held=held, rep=rep, rules=rules, check=check, known=known, pool=pool)


async def taken(tx: Tx, what: Bookable, window: Interval) -> Taken:
    """Reservations around `window`, and the appointments that count against the days and weeks that it touches."""
    wide = Interval(window.start - COUNTED_AROUND, window.end + COUNTED_AROUND)
    found = await tx.appointments.taken([what.held.rep_id], wide)
    return Taken(
        reservations=[item.interval for item in found],
        meetings=[Meeting(start=t.interval.start, category=t.category) for t in found if t.appointment_id],
    )


def offered(
    what: Bookable, busy: Sequence[Interval], gone: Taken, window: Interval, now: datetime, *, limit: int | None
) -> list[Slot]:
    """The slots of the holder inside `window`."""
    rep, rules = what.rep, what.rules
    return slots(
        rep.key,
        free(rep, busy, gone.reservations, window, rules, now),
        rules.duration,
        rules.slot_grid,
        rep.time_zone,
        full_days=full_days(rep, gone.meetings, [what.held.category]),
        limit=limit,
    )


def hindrance(
    what: Bookable, wanted: Interval, busy: Sequence[Interval], gone: Taken, now: datetime
) -> Obstacle | None:
    """What stands in the way of booking `wanted`, by the same rules that slots are offered by."""
    return obstacle(
        what.rep,
        wanted,
        busy=busy,
        reservations=gone.reservations,
        meetings=gone.meetings,
        rules=what.rules,
        now=now,
        category=what.held.category,
    )


def snapshot(what: Bookable, setter: str | None) -> dict[str, Any]:
    """What the closer reads before the call: the evidence that opened the gate, with its sources."""
    if what.check is None:
        return {"override": str(what.held.override_id) if what.held.override_id else None, "evidence": []}
    return {
        "checked_at": what.check.checked_at.isoformat(),
        "expires_at": what.check.expires_at.isoformat() if what.check.expires_at else None,
        "policy_version": what.check.policy_version,
        "setter": setter,
        "evidence": what.check.result.get("evidence", []),
    }

"""Slots for a lead: when and with which rep it can be booked, or why there is none and when there will be."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.availability import Interval, bookable_window, interval_or_none
from pointsman.domain.booking.slot_union import SlotUnion
from pointsman.domain.booking.slots import Slot
from pointsman.domain.dates.living_zones import zone_of_buyer
from pointsman.domain.distribution.candidate import DropReason
from pointsman.domain.distribution.inputs import RequestedTime
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.callers import SEES_ALL, Visibility
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.pools import OfferMode
from pointsman.domain.roster.roles import Work
from pointsman.services.appointments.transition_effects import require_open_gate
from pointsman.services.availability.at_time import possible_leaders
from pointsman.services.availability.booking_context import BookingContext, load_booking_context, visible_lead
from pointsman.services.availability.companions import CompanionPool, companion_pools, counting_window, missing_pools
from pointsman.services.availability.participant_calendars import read_participant_calendars
from pointsman.services.booking.slot_offers import SlotFinder, UnavailableRep
from pointsman.services.calendars.busy_times import fetch_schedules
from pointsman.services.calendars.readings import MAX_AGE_FOR_SLOTS, RepCalendarReading
from pointsman.services.calendars.refresh import READ_DEADLINE
from pointsman.services.ports import WORKER, Actor, Env, Tx
from pointsman.services.routing.dry_run import DryRun, dry_run
from pointsman.services.routing.lead_inputs import routing_facts

__all__ = ["SlotList", "UnavailableRep", "find_slots", "slots_for_lead"]

#: So far beyond the horizon, or the window, the next free time is looked for.
SEARCH_BEYOND_HORIZON = timedelta(days=60)

#: So many reasons for an empty list are told.
_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotList:
    """Slots, each with the rep who would be booked now; `why_empty` is set exactly when there is none.

    `dropped` says why each possible rep cannot be booked; `next_free` is the next time that a rep is free, as far as
    the calendars are known.
    """

    rep: str
    rep_name: str
    time_zone: str
    slots: tuple[Slot, ...]
    why_empty: Message | None
    offer: OfferMode = OfferMode.STRICT
    dropped: tuple[UnavailableRep, ...] = ()
    next_free: datetime | None = None
    read_at: datetime | None = None  # when the oldest of the calendars behind it was read; None where none was
    needs_email: bool = False  # the lead has no address to invite: nothing is kept or booked until one is sent
    lead_zone: str | None = None  # where the lead is: its own zone, else its country's only one

    @property
    def decided_at_booking(self) -> bool:
        """Whether another rep than the named one may be booked."""
        return self.offer is not OfferMode.STRICT


async def slots_for_lead(
    env: Env,
    lead_id: UUID,
    *,
    limit: int | None = None,
    actor: Actor | None = None,
    deadline: timedelta = READ_DEADLINE,
    window: Interval | None = None,
    moving: UUID | None = None,
) -> SlotList:
    """The next bookable slots of a lead, inside `window`; `limit` None is what the pool shows.

    `moving` is the appointment that is to be moved, else the one of the lead that lies ahead, if there is one: neither its
    own time nor its own event stand in the way. Raises NotFound, Forbidden, Conflict "no-closer", RoleProtected "gate-closed".
    """
    now, who = env.clock(), actor or WORKER
    who.require(Operation.SLOTS_READ)
    async with env.uow() as tx:
        lead = await visible_lead(tx, lead_id, who)
        booked = await tx.appointments.active_for_lead(lead.id)
        if booked is not None and booked.starts_at > now:
            moving = moving or booked.id
            await require_open_gate(env, tx, booked, lead)  # any open pass will do, as for moving it
        what = await load_booking_context(env, tx, lead, now=now, moving=moving is not None)
    readings = await read_participant_calendars(env, what, max_age=MAX_AGE_FOR_SLOTS, deadline=deadline)
    async with env.uow() as tx:
        found = await find_slots(env, tx, what, readings, limit=limit, window=window, moving=moving, sees=who.sees)
    if found.slots:
        return found
    # Only now, as the answer is that there is none: calendars are read further ahead than anything can be booked.
    further = replace(what, rules=what.rules.model_copy(update={"horizon": what.rules.horizon + SEARCH_BEYOND_HORIZON}))
    readings = await read_participant_calendars(env, further, max_age=MAX_AGE_FOR_SLOTS, deadline=deadline)
    async with env.uow() as tx:
        return replace(found, next_free=await _next_free(env, tx, further, readings, window, moving))


async def find_slots(
    env: Env,
    tx: Tx,
    what: BookingContext,
    readings: Mapping[str, RepCalendarReading],
    *,
    limit: int | None = None,
    window: Interval | None = None,
    moving: UUID | None = None,
    sees: Visibility = SEES_ALL,
) -> SlotList:
    """The slots that the readings leave. `sees` is that of the reader: nothing about other reps."""
    now = env.clock()
    reach = bookable_window(what.rules, now)
    span = reach if window is None else interval_or_none(max(reach.start, window.start), min(reach.end, window.end))
    blank = SlotList(
        rep=what.rep.key,
        rep_name=what.rep.name,
        time_zone=what.rep.time_zone,
        slots=(),
        why_empty=None,
        offer=what.rules.offer,
        read_at=min((reading.read_at for reading in readings.values() if reading.read_at), default=None),
        needs_email=not what.lead.email and moving is None,
        lead_zone=zone_of_buyer(
            time_zone=what.lead.facts.get("lead.time_zone"), country=what.lead.facts.get("lead.country"), now=now
        ),
    )
    if span is None:
        notice, ahead = what.rules.minimum_notice, what.rules.horizon
        return replace(blank, why_empty=say("booking-time.outside-reach", notice=notice, ahead=ahead))
    offer = await _slot_finder(env, tx, what, readings, span, now, moving)
    # In a thread: hundreds of calendars are long enough for others to notice.
    found = await to_thread(offer.slots, limit or what.rules.slots_shown)
    if found:
        return replace(blank, slots=found)
    left = offer.unavailable_reps()
    return replace(blank, why_empty=_why_empty(what, left, sees), dropped=_visible_to(what, left, sees))


async def _next_free(
    env: Env,
    tx: Tx,
    what: BookingContext,
    readings: Mapping[str, RepCalendarReading],
    window: Interval | None,
    moving: UUID | None,
) -> datetime | None:
    """The first start after what was asked for, up to the (widened) horizon."""
    now = env.clock()
    reach = bookable_window(what.rules, now)
    span = interval_or_none(max(reach.start, window.end) if window else reach.start, reach.end)
    if span is None:
        return None
    offer = await _slot_finder(env, tx, what, readings, span, now, moving)
    found = await to_thread(offer.slots, 1)
    return found[0].start if found else None


async def _slot_finder(
    env: Env,
    tx: Tx,
    what: BookingContext,
    readings: Mapping[str, RepCalendarReading],
    span: Interval,
    now: datetime,
    moving: UUID | None,
) -> SlotFinder:
    hold = await tx.slot_holds.open_for_lead(what.lead.id)
    before = await tx.appointments.get(moving) if moving else None
    leaders, dropped, preview = await _leaders(env, tx, what, readings, span)
    known, rules = what.config, what.rules
    found: tuple[CompanionPool, ...] = ()
    if rules.companion_pools:
        context = await tx.decisions.routing_context(what.lead.id, at=now)
        facts = known.policy.enrich(routing_facts(what.lead, context, known.policy, now), now)
        found = companion_pools(known, rules.companion_pools, facts, span)
    keys = {*leaders, *(key for band in found for key in band.weights)}
    reps = [rep for key in sorted(keys) if (rep := known.roster.reps.get(key)) is not None and rep.active]
    schedules = await fetch_schedules(tx, reps, readings, span, moving=before, hold=hold.id if hold else None)
    balanced = rules.offer is OfferMode.BALANCED and schedules
    counts = (
        await tx.appointments.count_by_rep([d.rep.id for d in schedules.values()], counting_window(span))
        if balanced
        else {}
    )
    return SlotFinder(
        context=what,
        now=now,
        window=span,
        slot_union=SlotUnion(rules=rules, now=now, window=span, categories=[what.assignment.category]),
        readings=readings,
        leaders=leaders,
        dropped=dropped,
        companion_pools=found,
        missing_pools=missing_pools(known, rules.companion_pools),
        schedules=schedules,
        appointment_counts=counts,
        moving=before,
        dry_run=preview,
    )


async def _leaders(
    env: Env, tx: Tx, what: BookingContext, readings: Mapping[str, RepCalendarReading], span: Interval
) -> tuple[tuple[str, ...], tuple[UnavailableRep, ...], DryRun | None]:
    """The reps who may lead the appointment, those who may not and why, and what the rules would decide from."""
    holder = what.rep.key
    if what.rules.offer is OfferMode.STRICT:
        return (holder,), (), None
    relieved = await tx.decisions.excluded_reps(what.lead.id, what.assignment.work)
    preview = await dry_run(
        env,
        tx,
        what.lead,
        purpose=Work(what.assignment.work),
        calendars={key: reading.state for key, reading in readings.items()},
        past_holders=relieved - {holder},
        reversed_turn=what.assignment.decision_id,
    )
    asked = possible_leaders(what)
    outside = {key: say("booking-time.not-asked") for key in what.config.roster.reps if key not in asked}
    decision = preview.decide(RequestedTime(start=span.start, end=span.end, obstacles=outside))
    looked_at = [c for c in decision.candidates if c.rep in asked and c.rep != holder]
    able = {candidate.rep for candidate in looked_at if candidate.eligible}
    dropped = {
        c.rep: UnavailableRep(rep=c.rep, code=c.code or DropReason.UNKNOWN_REP.value, sentence=c.sentence)
        for c in looked_at
        if c.rep not in able
    }
    leaders = (holder, *sorted(able))
    return leaders, tuple(dropped.values()), preview


def _why_empty(what: BookingContext, left: tuple[UnavailableRep, ...], sees: Visibility) -> Message:
    if (
        what.rules.offer is OfferMode.STRICT
        and len(left) == 1
        and sees.covers_rep(what.rep.key, supplier=what.rep.supplier)
    ):
        return left[0].sentence
    if sees.is_limited:
        return say("booking-time.nobody-in-window")
    reasons: list[Message] = [item.sentence for item in left[:_TOLD]]
    if len(left) > _TOLD:
        reasons.append(say("routing.more-likewise", count=len(left) - _TOLD))
    if not reasons:
        return say("booking-time.nobody-in-window")
    return say("booking-time.nobody-in-window-since", reasons=tuple(reasons))


def _visible_to(what: BookingContext, left: tuple[UnavailableRep, ...], sees: Visibility) -> tuple[UnavailableRep, ...]:
    """A partner reads reasons about its own reps alone, a rep about themselves."""
    if not sees.is_limited:
        return left
    reps = what.config.roster.reps
    return tuple(
        item for item in left if item.rep in reps and sees.covers_rep(item.rep, supplier=reps[item.rep].supplier)
    )

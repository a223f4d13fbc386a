"""What a buyer sees and does through a booking link: one lead's appointment, and nothing else."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pointsman.domain.booking.calendar_diff import is_time_refused
from pointsman.domain.booking.lifecycle import AppointmentAction, allowed_actions
from pointsman.domain.dates.living_zones import NO_PLACE, place_on_clock, zone_of_buyer, zones_of_country
from pointsman.domain.errors import Conflict, NotFound, SlotTaken
from pointsman.domain.messages.message import Reason, say
from pointsman.domain.permissions.callers import CallerKind
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy.pools import BookingRules
from pointsman.services.appointments.actions import cancel
from pointsman.services.appointments.transitions import refuse_further_act, refuse_revoked_link
from pointsman.services.booking.book import book
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.booking.slot_holds import hold_slot, release_slot_hold
from pointsman.services.booking.slots import SlotList, slots_for_lead
from pointsman.services.deliveries.ics_invitation import build_invitation
from pointsman.services.leads.facts import shown_company
from pointsman.services.leads.fields import known_fields
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.slot_holds import SlotHoldRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.signed_links.tokens import SignedLink, link_expired

BUYER = Actor(name="booking-page", kind=CallerKind.BUYER)

#: More than any pool offers in a quarter; the page shows them a week at a time.
_ALL = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerView:
    """The lead of a link now, and what its buyer needs to know of the appointment."""

    link: UUID
    lead_id: UUID
    company: str | None
    country: str | None
    time_zone: str | None  # where the buyer is, as far as the lead says
    assumed_time_zone: str  # to show all the same: of the biggest city of the country, else the rep's
    rules: BookingRules  # by which it is booked
    appointment: AppointmentRow | None
    allowed_actions: frozenset[AppointmentAction]  # of moving and calling off, what is possible now
    slot_hold: SlotHoldRow | None  # of those that have not run out

    @property
    def needs_another_time(self) -> bool:
        """Whether the closer cannot come when it was agreed, and another time may be chosen."""
        there = self.appointment
        return (
            there is not None
            and is_time_refused(there.conflict)
            and AppointmentAction.RESCHEDULE in self.allowed_actions
        )

    @property
    def actor(self) -> Actor:
        """The buyer, by this link."""
        return replace(BUYER, link=self.link)


async def load_buyer_view(env: Env, link: SignedLink) -> BuyerView:
    """Raises NotFound, and LinkExpired for a link that was revoked."""
    BUYER.require(Operation.APPOINTMENT_READ)
    now = env.clock()
    async with env.uow() as tx:
        lead = await _linked_lead(tx, link, now=now)
        appointment = await tx.appointments.active_for_lead(lead.id)
        hold = await tx.slot_holds.open_for_lead(lead.id)
        current = await tx.gates.current_assignment(lead.id, at=now)
        known = await load_routing_config(env, tx)
        lists = (await known_fields(env, tx)).lists
    own, country = lead.facts.get("lead.time_zone"), lead.facts.get("lead.country")
    holder = appointment.rep_key if appointment else current.rep_key if current else ""
    rep, theirs = known.roster.reps.get(holder), zones_of_country(country, now)
    pool = known.policy.policy.pools.get(current.pool or "") if current else None
    return BuyerView(
        link=link.id,
        lead_id=lead.id,
        company=shown_company(lead, lists.placeholder_keys),
        country=str(country) if theirs else None,
        time_zone=zone_of_buyer(time_zone=own, country=country, now=now),
        assumed_time_zone=theirs[0] if theirs else place_on_clock(rep.time_zone, now) if rep else NO_PLACE,
        rules=pool.booking if pool else BookingRules(),
        appointment=appointment,
        allowed_actions=_buyer_actions(appointment, now),
        slot_hold=hold if hold and hold.expires_at > now else None,
    )


async def rep_names(env: Env, keys: list[str]) -> list[str]:
    """The names of these reps; a rep who has left the roster is left out."""
    async with env.uow() as tx:
        reps = (await load_routing_config(env, tx)).roster.reps
    return [reps[key].name for key in keys if key in reps]


async def slots_for_buyer(env: Env, buyer: BuyerView) -> SlotList:
    """When the buyer can be met, or meet at another time. Raises Conflict and RoleProtected as `slots_for_lead`."""
    moving = buyer.appointment.id if buyer.appointment else None
    return await slots_for_lead(env, buyer.lead_id, limit=_ALL, actor=BUYER, moving=moving)


async def hold_slot_for_buyer(env: Env, buyer: BuyerView, start: datetime) -> bool:
    """Keep a time for the buyer while they read what they are about to book; False when no more may be kept for them.

    Raises SlotTaken, Conflict "slot-not-offered", and what forbids any booking.
    """
    if buyer.slot_hold is not None and buyer.slot_hold.starts_at == start:
        return True
    await _refuse_further_act(env, buyer)
    try:
        await hold_slot(env, buyer.lead_id, start, actor=buyer.actor)
    except SlotTaken:
        raise
    except Conflict as refused:
        if refused.code != "too-many-holds":
            raise
        await release_buyer_slot_hold(env, buyer)  # the one before would stand in the way of times around it
        return False
    return True


async def release_buyer_slot_hold(env: Env, buyer: BuyerView) -> None:
    """Give back the time that is kept for the buyer."""
    if buyer.slot_hold is not None:
        await release_slot_hold(env, buyer.slot_hold.id, actor=buyer.actor)


async def book_for_buyer(env: Env, buyer: BuyerView, start: datetime) -> AppointmentRow:
    """Book; the same time twice is one appointment. Raises as `book`."""
    there = buyer.appointment
    if there is not None and there.starts_at == start:
        return there
    await _refuse_further_act(env, buyer)
    try:
        return await book(env, buyer.lead_id, start, actor=buyer.actor)
    except Conflict as refused:
        if refused.code != "already-booked":
            raise
        async with env.uow() as tx:  # the same form, sent twice at once
            there = await tx.appointments.active_for_lead(buyer.lead_id)
        if there is None or there.starts_at != start:
            raise
        return there


async def reschedule_for_buyer(env: Env, buyer: BuyerView, appointment_id: UUID, start: datetime) -> AppointmentRow:
    """Another time for the appointment. Raises as `reschedule`."""
    row = await _own_appointment(env, buyer, appointment_id)
    if row.starts_at != start:
        await _refuse_further_act(env, buyer)
    return await reschedule(env, appointment_id, start, reason=say("reason.moved-on-booking-page"), actor=buyer.actor)


async def cancel_for_buyer(env: Env, buyer: BuyerView, appointment_id: UUID, reason: Reason) -> AppointmentRow:
    """Cancel; again changes nothing. Raises NotFound and Conflict "action-not-allowed"."""
    row = await _own_appointment(env, buyer, appointment_id)
    if row.starts_at <= env.clock() and AppointmentAction.CANCEL not in buyer.allowed_actions:
        raise Conflict("It has begun already.", code="action-not-allowed")
    return await cancel(env, appointment_id, reason=reason, actor=buyer.actor)


async def invitation_for_buyer(env: Env, buyer: BuyerView, *, url: str, language: str) -> bytes:
    """The standing appointment as a calendar file, in `language`. Raises NotFound, Conflict "no-email"."""
    if buyer.appointment is None:
        raise NotFound("There is no appointment.")
    async with env.uow() as tx:
        return await build_invitation(env, tx, buyer.appointment, url=url, language=language)


async def _refuse_further_act(env: Env, buyer: BuyerView) -> None:
    """Before calendars are read for it; the act itself looks again, under the lead's lock."""
    async with env.uow() as tx:
        await refuse_revoked_link(tx, buyer.actor)
        await refuse_further_act(env, tx, buyer.lead_id, buyer.actor)


async def _linked_lead(tx: Tx, link: SignedLink, *, now: datetime) -> LeadRow:
    """The lead that the link is for. A merge gives its links to the lead that it is now.

    A link in mail about an appointment ends with that, which may be at another time than when the mail was written.
    """
    row = await tx.booking_links.get(link.id)
    if row is not None and (row.revoked_at is not None or row.expires_at <= now):
        raise link_expired(link)
    lead = await tx.leads.get(row.lead_id) if row is not None else None
    if lead is None:
        raise NotFound("This link is not valid.", code="no-such-link")
    return lead


async def _own_appointment(env: Env, buyer: BuyerView, appointment_id: UUID) -> AppointmentRow:
    async with env.uow() as tx:
        row = await _of_lead(tx, buyer.lead_id, appointment_id)
    if row is None:
        raise NotFound("There is no appointment.")
    return row


async def _of_lead(tx: Tx, lead_id: UUID, appointment_id: UUID) -> AppointmentRow | None:
    row = await tx.appointments.get(appointment_id)
    return row if row is not None and row.lead_id == lead_id else None


def _buyer_actions(appointment: AppointmentRow | None, now: datetime) -> frozenset[AppointmentAction]:
    """Once it has begun, it is for the closer to say what became of it."""
    if appointment is None or appointment.starts_at <= now:
        return frozenset()
    return frozenset(allowed_actions(appointment.state, now)) & {AppointmentAction.RESCHEDULE, AppointmentAction.CANCEL}

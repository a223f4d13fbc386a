"""Booking links as an SDR or an admin handles them: made, listed, revoked. Each of the two ends leaves an audit line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import load_booking_context, require_email, visible_lead
from pointsman.services.booking_links.tokens import LINK_PATH, BookingLink, sign_link
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.booking.booking_links import BookingLinkRow

DEFAULT_LIFETIME = timedelta(days=30)
MIN_LIFETIME = timedelta(minutes=5)
MAX_LIFETIME = timedelta(days=180)


async def make_link(
    env: Env,
    lead_id: UUID,
    *,
    expires_in: timedelta | None = None,
    language: str | None = None,
    zone: str | None = None,
    actor: Actor,
) -> tuple[str, BookingLinkRow]:
    """(address, what is stored of it) of a link for a lead that may be booked or has an appointment.

    Raises NotFound, Conflict "no-closer" and "no-email", RoleProtected "gate-closed", Invalid, Forbidden.
    """
    actor.require(Operation.BOOKING_LINK)
    life = DEFAULT_LIFETIME if expires_in is None else expires_in
    if not MIN_LIFETIME <= life <= MAX_LIFETIME:
        advice = "Give from 5m to 180d."
        fault = Fault(path="body.expires_in", code="out-of-range", message=advice)
        raise Invalid(f"A link cannot live that long or short. {advice}", faults=[fault])
    now = env.clock()
    expires_at = (now + life).astimezone(UTC).replace(microsecond=0)
    async with env.uow() as tx:
        lead = await visible_lead(tx, lead_id, actor, lock=True)  # which may be merged meanwhile
        if await tx.appointments.active_for_lead(lead.id) is None:
            await load_booking_context(env, tx, lead, now=now)
            require_email(lead)
        row = BookingLinkRow(
            id=env.new_id(), lead_id=lead.id, made_by=actor.name, created_at=now, expires_at=expires_at
        )
        await tx.booking_links.add(row)
        made = {"link": str(row.id), "expires_at": expires_at.isoformat()}
        await audit(env, tx, actor, "booking-link.made", f"lead:{lead.id}", after=made)
    link = BookingLink(id=row.id, expires_at=expires_at, language=language, time_zone=zone)
    return f"{env.public_url}{LINK_PATH}{sign_link(env.secrets, link)}", row


async def list_links(
    env: Env, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, actor: Actor
) -> Sequence[BookingLinkRow]:
    """Newest first. Raises NotFound, Forbidden."""
    actor.require(Operation.BOOKING_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor)
        return await tx.booking_links.page(lead_id, after=after, limit=limit)


async def revoke_link(env: Env, link_id: UUID, *, actor: Actor) -> None:
    """End a link at once; again changes nothing. Raises Forbidden; NotFound, also for a lead that the caller may not see."""
    actor.require(Operation.BOOKING_LINK)
    async with env.uow() as tx:
        row = await tx.booking_links.get(link_id)
        if row is None:
            raise NotFound("There is no booking link with this id.")
        try:
            await visible_lead(tx, row.lead_id, actor, lock=True)  # what a buyer does now comes to its end first
        except NotFound:
            raise NotFound("There is no booking link with this id.") from None
        if await tx.booking_links.revoke(link_id, at=env.clock()):
            gone = {"links": [str(link_id)]}
            await audit(env, tx, actor, "booking-link.revoked", f"lead:{row.lead_id}", after=gone)


async def revoke_links(env: Env, lead_id: UUID, *, actor: Actor) -> int:
    """End all links of a lead that still lead somewhere; how many. Raises NotFound, Forbidden."""
    actor.require(Operation.BOOKING_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor, lock=True)
        gone = await tx.booking_links.revoke_all(lead_id, at=env.clock())
        if gone:
            links = {"links": [str(one) for one in gone]}
            await audit(env, tx, actor, "booking-link.revoked", f"lead:{lead_id}", after=links)
    return len(gone)

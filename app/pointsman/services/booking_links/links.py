"""Booking links as an SDR or an admin handles them: made, listed, revoked. Each of the two ends leaves an audit line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import NotFound
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import load_booking_context, require_email, visible_lead
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.booking.booking_links import BookingLinkRow
from pointsman.services.signed_links.rights import end_of_life, links_handled
from pointsman.services.signed_links.tokens import LINK_PATH, SignedLink, sign_link

USUAL, LONGEST = timedelta(days=30), timedelta(days=180)


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
    now = env.clock()
    expires_at = end_of_life(now, expires_in, usual=USUAL, longest=LONGEST)
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
    link = SignedLink(id=row.id, expires_at=expires_at, language=language, time_zone=zone)
    return f"{env.public_url}{LINK_PATH}{sign_link(env.secrets, link)}", row


async def list_links(
    env: Env, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, actor: Actor
) -> Sequence[BookingLinkRow]:
    """Those that the caller handles (`links_handled`), newest first. Raises NotFound, Forbidden."""
    actor.require(Operation.BOOKING_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor)
        handled = await links_handled(tx, lead_id, actor)
        return await tx.booking_links.page(lead_id, made_by=handled, after=after, limit=limit)


async def revoke_link(env: Env, link_id: UUID, *, actor: Actor) -> None:
    """End a link at once; again changes nothing. Raises Forbidden; NotFound, also for one that the caller does not handle."""
    actor.require(Operation.BOOKING_LINK)
    gone = NotFound("There is no booking link with this id.")
    async with env.uow() as tx:
        row = await tx.booking_links.get(link_id)
        if row is None:
            raise gone
        try:
            await visible_lead(tx, row.lead_id, actor, lock=True)  # what a buyer does now comes to its end first
        except NotFound:
            raise gone from None
        if await tx.booking_links.get(link_id, made_by=await links_handled(tx, row.lead_id, actor)) is None:
            raise gone
        if await tx.booking_links.revoke(link_id, at=env.clock()):
            ended = {"links": [str(link_id)]}
            await audit(env, tx, actor, "booking-link.revoked", f"lead:{row.lead_id}", after=ended)


async def revoke_links(env: Env, lead_id: UUID, *, actor: Actor) -> int:
    """End all links of a lead that the caller handles and that still lead somewhere; how many. Raises NotFound, Forbidden."""
    actor.require(Operation.BOOKING_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor, lock=True)
        handled = await links_handled(tx, lead_id, actor)
        gone = await tx.booking_links.revoke_all(lead_id, made_by=handled, at=env.clock())
        if gone:
            links = {"links": [str(one) for one in gone]}
            await audit(env, tx, actor, "booking-link.revoked", f"lead:{lead_id}", after=links)
    return len(gone)

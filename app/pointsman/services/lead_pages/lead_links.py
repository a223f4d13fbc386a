"""Links to the page of a lead, as they are made, listed and revoked. Each of the two ends leaves an audit line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Conflict, Forbidden, NotFound
from pointsman.domain.permissions.callers import UNLIMITED
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import visible_lead
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.lead_links import LeadLinkRow
from pointsman.services.signed_links.lead_page import LIFETIMES, LinkReader, lead_page_address
from pointsman.services.signed_links.rights import end_of_life, links_handled


async def make_lead_link(
    env: Env,
    lead_id: UUID,
    *,
    reader: LinkReader,
    expires_in: timedelta | None = None,
    language: str | None = None,
    key_id: str | None,
    actor: Actor,
) -> tuple[str, LeadLinkRow]:
    """(address, what is stored of it). `key_id` is the key behind `actor`.

    Raises NotFound, Invalid, Forbidden; Conflict "no-holder" and "rep-inactive" of a link for the holder.
    """
    actor.require(Operation.LEAD_LINK)
    now = env.clock()
    usual, longest = LIFETIMES[reader]
    expires_at = end_of_life(now, expires_in, usual=usual, longest=longest)
    async with env.uow() as tx:
        if reader is LinkReader.HOLDER:
            await visible_lead(tx, lead_id, actor, lock=True)  # which may go to another rep meanwhile
            assignment, key_id = await _holder(tx, lead_id, actor), None
        else:
            await visible_lead(tx, lead_id, actor)
            assignment = None
        row = LeadLinkRow(
            id=env.new_id(),
            lead_id=lead_id,
            assignment_id=assignment,
            key_id=key_id,
            made_by=actor.name,
            created_at=now,
            expires_at=expires_at,
        )
        await tx.lead_links.add(row)
        made = {"link": str(row.id), "reader": reader.value, "expires_at": expires_at.isoformat()}
        await audit(env, tx, actor, "lead-link.made", f"lead:{lead_id}", after=made)
    return lead_page_address(env, row, language), row


async def list_lead_links(
    env: Env, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, actor: Actor
) -> Sequence[LeadLinkRow]:
    """Those that the caller handles (`links_handled`), newest first. Raises NotFound, Forbidden."""
    actor.require(Operation.LEAD_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor)
        handled = await links_handled(tx, lead_id, actor)
        return await tx.lead_links.page(lead_id, made_by=handled, after=after, limit=limit)


async def revoke_lead_link(env: Env, link_id: UUID, *, actor: Actor) -> None:
    """End a link at once; again changes nothing.

    A holder's link is ended by those who may make it, a key's link by keys of the same rep or partner, each by an admin.
    Raises Forbidden; NotFound, also for one that the caller does not handle (`links_handled`).
    """
    actor.require(Operation.LEAD_LINK)
    gone = NotFound("There is no link to a lead's page with this id.")
    async with env.uow() as tx:
        row = await tx.lead_links.get(link_id)
        if row is None or not await tx.leads.is_visible(row.lead_id, sees=actor.sees):
            raise gone
        if await tx.lead_links.get(link_id, made_by=await links_handled(tx, row.lead_id, actor)) is None:
            raise gone
        await _require_own(tx, row, actor)
        await tx.leads.get(row.lead_id, lock=True)  # what the link's reader does now comes to its end first
        if await tx.lead_links.revoke(link_id, at=env.clock()):
            ended = {"link": str(link_id)}
            await audit(env, tx, actor, "lead-link.revoked", f"lead:{row.lead_id}", after=ended)


async def _require_own(tx: Tx, row: LeadLinkRow, actor: Actor) -> None:
    if row.assignment_id is not None:
        actor.require(Operation.APPOINTMENT_ACCEPT)
        holder = await tx.lead_links.rep_of(row.assignment_id)
        if actor.rep is not None and (holder is None or holder.rep != actor.rep):
            raise Forbidden("A rep's key ends that rep's own link alone.")
        return
    if actor.kind in UNLIMITED or row.made_by == actor.name:
        return
    if not actor.sees.is_limited or await tx.lead_links.get(row.id, made_by=actor.sees) is None:
        raise Forbidden("This link is another key's, and reads as that key: that key ends it, or an admin.")


async def _holder(tx: Tx, lead_id: UUID, actor: Actor) -> UUID:
    """The assignment of the rep who has the lead. The link can accept and reject: only those who may do so make it."""
    actor.require(Operation.APPOINTMENT_ACCEPT)
    current = await tx.decisions.current_assignment(lead_id)
    if current is None:
        raise Conflict("No rep has this lead now, so there is no one to link it to.", code="no-holder")
    if actor.rep not in (None, current.rep):
        raise Forbidden("A rep's key makes links for that rep alone, of leads that the rep has now.")
    holder = await tx.lead_links.rep_of(current.id)
    if holder is None or not holder.active:
        raise Conflict("The rep who has this lead is not active. Reassign the lead.", code="rep-inactive")
    return current.id

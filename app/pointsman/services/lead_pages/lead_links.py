"""Links to the page of a lead, as they are made, listed and revoked. Each of the two ends leaves an audit line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import visible_lead
from pointsman.services.booking_links.tokens import BookingLink, sign_link
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.leads.lead_links import LeadLinkRow

LEAD_PAGE_PATH = "/lead/"
SEAL_CONTEXT = "lead-link"
SHORTEST = timedelta(minutes=5)


class LinkReader(StrEnum):
    """The reader of a link: the key that makes it, with what it may read, or the rep who has the lead, with accept and reject."""

    KEY = "key"
    HOLDER = "holder"


#: (where nothing is said, the longest) by reader: what a key reads ends soon, since an address is more easily lost than a key.
LIFETIMES = {
    LinkReader.KEY: (timedelta(hours=1), timedelta(hours=12)),
    LinkReader.HOLDER: (timedelta(days=14), timedelta(days=90)),
}


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
    life = _lifetime(reader, expires_in)
    now = env.clock()
    expires_at = (now + life).astimezone(UTC).replace(microsecond=0)
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
    token = sign_link(
        env.secrets, BookingLink(id=row.id, expires_at=expires_at, language=language), context=SEAL_CONTEXT
    )
    return f"{env.public_url}{LEAD_PAGE_PATH}{token}", row


async def list_lead_links(
    env: Env, lead_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, actor: Actor
) -> Sequence[LeadLinkRow]:
    """Newest first. Raises NotFound, Forbidden."""
    actor.require(Operation.LEAD_LINK)
    async with env.uow() as tx:
        await visible_lead(tx, lead_id, actor)
        return await tx.lead_links.page(lead_id, after=after, limit=limit)


async def revoke_lead_link(env: Env, link_id: UUID, *, actor: Actor) -> None:
    """End a link at once; again changes nothing. Who may make the holder's link may end it, and no one else.

    Raises Forbidden; NotFound, also for a lead that the caller may not see.
    """
    actor.require(Operation.LEAD_LINK)
    gone = NotFound("There is no link to a lead's page with this id.")
    async with env.uow() as tx:
        row = await tx.lead_links.get(link_id)
        if row is None or not await tx.leads.is_visible(row.lead_id, sees=actor.sees):
            raise gone
        if row.assignment_id is not None:
            actor.require(Operation.APPOINTMENT_ACCEPT)
            holder = await tx.lead_links.rep_of(row.assignment_id)
            if actor.rep is not None and (holder is None or holder.rep != actor.rep):
                raise Forbidden("A rep's key ends that rep's own link alone.")
        await tx.leads.get(row.lead_id, lock=True)  # what the link's reader does now comes to its end first
        if await tx.lead_links.revoke(link_id, at=env.clock()):
            ended = {"link": str(link_id)}
            await audit(env, tx, actor, "lead-link.revoked", f"lead:{row.lead_id}", after=ended)


def _lifetime(reader: LinkReader, expires_in: timedelta | None) -> timedelta:
    usual, longest = LIFETIMES[reader]
    life = usual if expires_in is None else expires_in
    if not SHORTEST <= life <= longest:
        most = f"{longest.days}d" if longest.days else f"{longest.seconds // 3600}h"
        advice = f"Give from 5m to {most}."
        fault = Fault(path="body.expires_in", code="out-of-range", message=advice)
        raise Invalid(f"A link for that reader cannot live that long or short. {advice}", faults=[fault])
    return life


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

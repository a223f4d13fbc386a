"""Links to the booking page: signed, expiring, and stored nowhere. All state is looked at again on every use."""

import base64
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pointsman.domain.errors import Fault, Invalid, NotFound, PointsmanError
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.availability.booking_context import load_booking_context, visible_lead
from pointsman.services.ports import Actor, Env, Secrets, Tx
from pointsman.services.ports.leads.leads import LeadRow

LINK_PATH = "/book/"
SEAL_CONTEXT = "booking-link"
DEFAULT_LIFETIME = timedelta(days=30)
MIN_LIFETIME = timedelta(minutes=5)
MAX_LIFETIME = timedelta(days=180)

_HEAD = struct.Struct(">B16sQ")  # version, lead, expiry in seconds; language and zone follow as text
_VERSION = 1
_MAX_TOKEN_CHARS = 1_000
_MAX_MERGE_STEPS = 10


class LinkExpired(NotFound):
    """The link was ours, and its time is over."""

    code = "link-expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingLink:
    """What a link says: its lead, its expiry, and how its reader likes times written."""

    lead_id: UUID
    expires_at: datetime
    language: str | None = None
    time_zone: str | None = None


def sign_link(vault: Secrets, link: BookingLink) -> str:
    """The link as the last part of an address."""
    head = _HEAD.pack(_VERSION, link.lead_id.bytes, int(link.expires_at.timestamp()))
    rest = f"{link.language or ''}\0{link.time_zone or ''}".encode()
    return _encode(vault.seal(head + rest, context=SEAL_CONTEXT))


def read_link(vault: Secrets, token: str, *, now: datetime) -> BookingLink:
    """What `token` says. Raises NotFound for a link that we did not sign, and LinkExpired."""
    try:
        link = _decode(vault, token)
    except (PointsmanError, ValueError, struct.error, OverflowError, OSError):
        raise NotFound("This link is not valid.", code="no-such-link") from None
    if now >= link.expires_at:
        raise LinkExpired("This link has expired.", extra={"language": link.language})
    return link


async def make_link(
    env: Env,
    lead_id: UUID,
    *,
    expires_in: timedelta | None = None,
    language: str | None = None,
    zone: str | None = None,
    actor: Actor,
) -> tuple[str, datetime]:
    """(address, expiry) of a link for a lead that may be booked or has an appointment.

    Raises NotFound, Conflict "no-closer" and "no-email", RoleProtected "gate-closed", Invalid, Forbidden.
    """
    actor.require(Operation.BOOKING_LINK)
    life = DEFAULT_LIFETIME if expires_in is None else expires_in
    if not MIN_LIFETIME <= life <= MAX_LIFETIME:
        advice = "Give from 5m to 180d."
        raise Invalid(f"A link cannot live that long or short. {advice}", faults=[_fault(advice)])
    now = env.clock()
    expires_at = (now + life).astimezone(UTC).replace(microsecond=0)
    async with env.uow() as tx:
        lead = await visible_lead(tx, lead_id, actor)
        if await tx.appointments.active_for_lead(lead.id) is None:
            await load_booking_context(env, tx, lead, now=now)
        await audit(
            env, tx, actor, "booking-link.made", f"lead:{lead.id}", after={"expires_at": expires_at.isoformat()}
        )
    link = BookingLink(lead_id=lead.id, expires_at=expires_at, language=language, time_zone=zone)
    return f"{env.public_url}{LINK_PATH}{sign_link(env.secrets, link)}", expires_at


async def linked_lead(tx: Tx, link: BookingLink) -> LeadRow:
    """The lead that the link is for, or the one that it was merged into. Raises NotFound."""
    lead = await tx.leads.get(link.lead_id)
    for _ in range(_MAX_MERGE_STEPS):
        if lead is None or lead.merged_into is None:
            break
        lead = await tx.leads.get(lead.merged_into)
    if lead is None or lead.merged_into is not None:
        raise NotFound("This link is not valid.", code="no-such-link")
    return lead


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _decode(vault: Secrets, token: str) -> BookingLink:
    if not token or len(token) > _MAX_TOKEN_CHARS:
        raise ValueError(token[:20])
    sealed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    if _encode(sealed) != token:  # bits that mean nothing: not ours
        raise ValueError(token[:20])
    plain = vault.open(sealed, context=SEAL_CONTEXT)
    version, lead, expiry = _HEAD.unpack_from(plain)
    if version != _VERSION:
        raise ValueError(version)
    language, _, zone = plain[_HEAD.size :].decode().partition("\0")
    return BookingLink(
        lead_id=UUID(bytes=lead),
        expires_at=datetime.fromtimestamp(expiry, UTC),
        language=language or None,
        time_zone=zone or None,
    )


def _fault(message: str) -> Fault:
    return Fault(path="body.expires_in", code="out-of-range", message=message)

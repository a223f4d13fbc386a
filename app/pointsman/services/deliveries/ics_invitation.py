"""Invitations: an appointment as the prospect may see it. Neither evidence nor anything else of the house is in here."""

from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict, NotFound
from pointsman.domain.policy.pools import BookingRules
from pointsman.domain.roster.reps import Rep
from pointsman.services.deliveries.calendar_event import guest_name, invitation_title, lead_language, shared_text
from pointsman.services.deliveries.told import CALLED_OFF
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.vendors.invitations import CalendarUser, Invitation, InvitationMethod
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE, MessageReader


def invitation_uid(appointment_id: UUID) -> str:
    """The appointment's name in the prospect's calendar, for good."""
    return f"pm-{appointment_id}@pointsman"


def invitation_method(row: AppointmentRow) -> InvitationMethod:
    """Whether the prospect is asked to come, or told not to."""
    return InvitationMethod.CANCEL if row.status in CALLED_OFF else InvitationMethod.REQUEST


async def build_invitation(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    *,
    url: str | None = None,
    language: str | None = None,
    organizer: str | None = None,
    sent_by: str | None = None,
    to: str | None = None,
    calls_off: bool = False,
    sequence: int | None = None,
) -> bytes:
    """What the prospect's calendar is to be told of the appointment as it stands; `url` is where to change it.

    In `language`, else the lead's, else English. `organizer` is the mailbox that sends it, the same under every rep; None:
    the rep who leads the appointment. `sent_by` sends in the organizer's place. `to` is the address that is asked; None:
    the lead's. `calls_off`: it is told not to come, whatever stands; `sequence`: by this SEQUENCE, and not the
    appointment's own, to one who alone is left out (RFC 5546, 3.2.5).

    Raises Conflict "no-email" when a participant has no address that can be invited.
    """
    lead = await tx.leads.get(row.lead_id)
    assert lead is not None
    known = await load_routing_config(env, tx)
    pool = known.policy.policy.pools.get(row.invitation_pool or "")
    reps = known.roster.reps
    # A rep who has left the roster has no address any more: what a mailbox sends names the house in that place.
    gone = CalendarUser(name=env.organisation, email="")
    leader = _ours(reps[row.rep_key]) if row.rep_key in reps else gone
    companions = [_ours(reps[item.rep_key]) for item in row.companions if item.rep_key in reps]
    words = ("de" if language == "de" else "en") if language else lead_language(lead)
    invitation = Invitation(
        uid=invitation_uid(row.id),
        sequence=row.sequence if sequence is None else sequence,
        method=InvitationMethod.CANCEL if calls_off else invitation_method(row),
        start=row.starts_at,
        end=row.ends_at,
        summary=invitation_title(
            pool.booking if pool else BookingRules(), leader.name, env.organisation, language=words
        ),
        description=shared_text(
            [one.name for one in (leader, *companions)], MessageReader(language=words), join_url=row.join_url, url=url
        ),
        organizer=CalendarUser(name=leader.name, email=organizer) if organizer else leader,
        attendee=CalendarUser(name=guest_name(lead), email=to or lead.email or ""),
        companions=tuple(companions) if sequence is None else (),
        tentative=row.status == AppointmentStatus.REQUESTED,
        url=url,
        created_at=row.created_at,
        stamped_at=env.clock(),
        sent_by=sent_by,
    )
    try:
        return env.invitations.write(invitation)
    except ValueError as error:
        raise Conflict(
            "A participant has no email address that can be invited: correct the lead's (POST /v1/leads) or "
            "the rep's (the roster).",
            code="no-email",
        ) from error


async def read_invitation(env: Env, appointment_id: UUID, *, actor: Actor) -> tuple[InvitationMethod, bytes]:
    """The invitation of an appointment. NotFound, also for what a partner may not see; Conflict "no-email".

    It names who comes, with their addresses: to a caller who does not read one of them it is not there.
    """
    reader = (await roster_names(env)).reader(actor, FALLBACK_LANGUAGE)
    async with env.uow() as tx:
        row = await tx.appointments.get(appointment_id, sees=actor.sees)
        if row is None or not all(map(reader.reads_rep, (row.rep_key, *(one.rep_key for one in row.companions)))):
            raise NotFound("There is no appointment with this id.")
        return invitation_method(row), await build_invitation(env, tx, row)


def _ours(rep: Rep) -> CalendarUser:
    return CalendarUser(name=rep.name, email=rep.email)

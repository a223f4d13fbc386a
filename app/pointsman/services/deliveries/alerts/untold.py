"""The alert of a buyer who is not told of their appointment: it is raised where that comes to be, and ends once they are told.

It ends by `services.appointments.untold`, which invites them as soon as there is a way.
"""

from uuid import UUID

from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES
from pointsman.domain.dates.local_time import to_local_time
from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.policy.invitations import Inviter
from pointsman.services.deliveries.notices import invitation_rules
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.operations.alerts import AlertCode


async def note_untold(env: Env, tx: Tx, before: AppointmentRow, after: AppointmentRow, zone: str) -> None:
    """Raise it where a change of the rep took the buyer's invitation away; `zone` is the rep's who leads it now."""
    if before.invited_by != Inviter.CALENDAR or after.invited_by != Inviter.NOBODY:
        return
    said = say(
        "alerts.buyer-untold",
        rep=rep_name(after.rep_key),
        before=rep_name(before.rep_key),
        at=to_local_time(after.starts_at, zone),
        appointment=str(after.id),
    )
    await _put(env, tx, after, said)


async def note_uninvited(env: Env, tx: Tx, row: AppointmentRow, zone: str) -> None:
    """Raise it where the pool has buyers invited, and none of its ways leads to the buyer of what was just booked."""
    rules = invitation_rules((await load_routing_config(env, tx)).policy.policy, row.invitation_pool)
    if rules.by != Inviter.NOBODY and row.invited_by == Inviter.NOBODY:
        at = to_local_time(row.starts_at, zone)
        await _put(
            env,
            tx,
            row,
            say("alerts.buyer-uninvited", rep=rep_name(row.rep_key), at=at, appointment=str(row.id)),
        )


async def note_no_address(env: Env, tx: Tx, row: AppointmentRow) -> None:
    """Raise it where the buyer of what stands has no address any more."""
    if row.invited_by == Inviter.NOBODY or row.status not in ACTIVE_STATUSES:
        return
    rep = (await load_routing_config(env, tx)).roster.reps.get(row.rep_key)
    at = to_local_time(row.starts_at, rep.time_zone) if rep is not None else row.starts_at
    await _put(
        env,
        tx,
        row,
        say("alerts.buyer-no-address", rep=rep_name(row.rep_key), at=at, appointment=str(row.id)),
    )


def untold_subject(appointment_id: UUID) -> str:
    """The subject of the alert."""
    return f"appointment:{appointment_id}"


async def _put(env: Env, tx: Tx, row: AppointmentRow, said: Message) -> None:
    await tx.alerts.put(
        id=env.new_id(), at=env.clock(), code=AlertCode.BUYER_UNTOLD, subject=untold_subject(row.id), message=said
    )

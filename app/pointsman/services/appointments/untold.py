"""Buyers who are not told of their appointment: a human hears of it until there is a way to them, and then they are invited.

`by: calendar` leaves the invitation to the vendor of the rep's calendar. Where that invites no guests, when it is booked or
once another rep takes over, mail does it; where the pool names no connection that sends mail, the buyer is told nothing. Nor
is one who has no address any more: what a new one is to be told is owed by who writes it down.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.booking.lifecycle import ACTIVE_STATUSES
from pointsman.domain.policy.invitations import Inviter
from pointsman.services.deliveries.alerts.untold import untold_subject
from pointsman.services.deliveries.enqueue import enqueue_deliveries
from pointsman.services.deliveries.kinds.uninvited import GUESTS_REFUSED
from pointsman.services.deliveries.notices import choose_inviter, invitation_rules
from pointsman.services.deliveries.told import CALLED_OFF, MailHistory
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted
from pointsman.services.ports.operations.alerts import AlertCode, AlertFilter
from pointsman.services.sweeps import SweepPosition, sweep_in_order
from pointsman.services.transactions import run_in_transaction

UNTOLD_TASK = "appointments.untold"
BATCH_SIZE = 200
#: So long after a vendor refused guests it is asked again.
ASK_AGAIN = timedelta(hours=1)


async def tell_untold_buyers(env: Env) -> int:
    """Invite each such buyer as soon as there is a way again, and end the alert; also once the appointment is over.

    Returns how many were invited.
    """
    appointments: dict[UUID, tuple[UUID, bool]] = {}  # by the id of their alert, and whether a vendor refused the guest

    async def untold(after: SweepPosition | None) -> Sequence[SweepPosition]:
        async with env.uow() as tx:
            found = await tx.alerts.page(AlertFilter(code=AlertCode.BUYER_UNTOLD), after=after, limit=BATCH_SIZE)
        appointments.update(
            {one.id: (UUID(one.subject.partition(":")[2]), one.message.key == GUESTS_REFUSED) for one in found}
        )
        return [(alert.raised_at, alert.id) for alert in found]

    return await sweep_in_order(
        env, "untold-buyers", untold, lambda alert_id: _tell(env, *appointments[alert_id]), page_size=BATCH_SIZE
    )


async def _tell(env: Env, appointment_id: UUID, was_refused: bool) -> bool:  # noqa: FBT001  # of a pair
    async def work(tx: Tx) -> bool:
        now = env.clock()
        lead, row = await lock_appointment(tx, appointment_id, WORKER)
        asked = await _asked(tx, row) if was_refused else None
        # The vendor says next whether it invites; of what is called off a human tells an invited buyer.
        is_asked = asked is not None and asked.status == "pending" and row.status in ACTIVE_STATUSES
        if is_asked or (row.ends_at > now and await _is_called_off_untold(tx, row)):
            return False
        has_address = lead.email is not None
        is_given_up = asked is not None and asked.status == "dead" and row.invited_by == Inviter.CALENDAR
        # Told by another worker since the alert was found, or by who wrote the address down.
        is_told = has_address and row.invited_by != Inviter.NOBODY and not is_given_up
        if is_told or row.status not in ACTIVE_STATUSES or row.ends_at <= now:
            await _end(tx, row.id, now)
            return False
        if not has_address or is_given_up:
            return False  # without an address nobody is told; what was given up a human sends again
        rules = invitation_rules((await load_routing_config(env, tx)).policy.policy, row.invitation_pool)
        inviter = await choose_inviter(env, tx, rules, rules.by, row.rep_id)
        if inviter is Inviter.CALENDAR and asked is not None:
            # It refused this very guest: mail takes over where there is a way by now.
            inviter = Inviter.CALENDAR if rules.connection is None else Inviter.MAIL
            if inviter is Inviter.CALENDAR and asked.done_at is not None and asked.done_at > now - ASK_AGAIN:
                return False
        if inviter is Inviter.NOBODY:
            return False
        after = replace(row, invited_by=inviter.value, sequence=row.sequence + 1)
        await tx.appointments.save(after)
        await enqueue_deliveries(env, tx, after, Wanted.PUT)
        if inviter is not Inviter.CALENDAR or asked is None:
            await _end(tx, row.id, now)
        return True

    return await run_in_transaction(env, work)


async def _is_called_off_untold(tx: Tx, row: AppointmentRow) -> bool:
    """Whether the vendor invited the buyer and took them out of the event, so that it does not tell them the end."""
    if row.status not in CALLED_OFF or row.invited_by != Inviter.NOBODY:
        return False
    return bool(MailHistory.of(row.id, await tx.deliveries.of_appointment(row.id)).taken_out)


async def _asked(tx: Tx, row: AppointmentRow) -> DeliveryRow | None:
    """The last event that was owed to the calendar of the rep who leads it."""
    owed = await tx.deliveries.of_appointment(row.id)
    mine = [one for one in owed if one.kind == DeliveryKind.APPOINTMENT and one.rep_id == row.rep_id]
    return max(mine, key=lambda one: one.sequence, default=None)


async def _end(tx: Tx, appointment_id: UUID, now: datetime) -> None:
    await tx.alerts.resolve(at=now, code=AlertCode.BUYER_UNTOLD, subject=untold_subject(appointment_id))

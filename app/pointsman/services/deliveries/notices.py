"""Owing mail to buyers, in the transaction of the act: what is new to them of an appointment, and reminders of it.

Which way a buyer is invited is decided when the appointment is booked, and stays: `AppointmentRow.invited_by`. So does the
connection that mail goes out over, until it is switched off.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.invitations import InvitationRules, Inviter
from pointsman.services.deliveries.mail.change_link import keep_change_link, make_change_link
from pointsman.services.deliveries.mail.connection import mail_connection
from pointsman.services.deliveries.owe import next_sequence, owe
from pointsman.services.deliveries.told import (
    CALLED_OFF,
    TELLABLE,
    MailHistory,
    invitation_key,
    mailbox_of,
    reminder_key,
    told_state,
)
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow

#: So long mail waits for the link to a meeting that is being made: one mail, rather than a second one that corrects it. Once
#: the link is there the mail is owed anew, at once; where it comes later still, the buyer is told of a change.
LINK_WAIT = timedelta(minutes=2)


def invitation_rules(policy: Policy, pool: str | None) -> InvitationRules:
    """What the pool says of mail, as `AppointmentRow.invitation_pool` names it; nothing where there is none, or none any more."""
    found = policy.pools.get(pool or "")
    return found.invitations if found is not None else InvitationRules()


async def choose_inviter(env: Env, tx: Tx, rules: InvitationRules, by: str, rep_id: UUID) -> Inviter:
    """Which way the buyer of an appointment that this rep leads is invited, where it is to be `by`.

    The vendor of the rep's calendar, where it can; else by mail, where a connection sends it.
    """
    if by == Inviter.CALENDAR:
        target = await tx.calendars.write_target(rep_id)
        if target is not None and env.calendars.invites_guests(target.connection.connector):
            return Inviter.CALENDAR
    return Inviter.MAIL if by != Inviter.NOBODY and rules.connection is not None else Inviter.NOBODY


async def inviter_after(env: Env, tx: Tx, row: AppointmentRow, rules: InvitationRules, rep_id: UUID) -> str:
    """Which way it is once `rep_id` leads it. Where the vendor of another rep's calendar cannot invite, mail takes over."""
    if row.rep_id == rep_id or row.invited_by != Inviter.CALENDAR:
        return row.invited_by
    return (await choose_inviter(env, tx, rules, row.invited_by, rep_id)).value


async def enqueue_notices(
    env: Env, tx: Tx, row: AppointmentRow, past: Sequence[DeliveryRow], *, moved: bool = False
) -> None:
    """Owe the buyer what they do not know yet, and reminders, by the rules in force. The rows of lead and appointment are locked.

    `past` is what was owed for the appointment before.
    """
    if row.invited_by != Inviter.NOBODY:
        rules = invitation_rules((await load_routing_config(env, tx)).policy.policy, row.invitation_pool)
        await owe_notices(env, tx, row, past, rules, moved=moved)


async def owe_notices(
    env: Env, tx: Tx, row: AppointmentRow, past: Sequence[DeliveryRow], rules: InvitationRules, *, moved: bool
) -> None:
    """The same by these rules. A buyer without an address is told nothing, but for a cancellation where they were invited."""
    sent = sorted((item for item in past if item.kind == DeliveryKind.NOTICE), key=lambda item: item.sequence)
    connection_id = await mail_connection(tx, rules, sent)
    lead = await tx.leads.get(row.lead_id)
    to = mailbox_of(lead.email) if lead is not None else None
    if to is not None:
        await keep_change_link(tx, row, to)
    if connection_id is None or lead is None:
        return
    owed = await _owe_invitation(env, tx, row, connection_id, past, to)
    if to is not None:
        owed |= await _owe_reminders(env, tx, row, connection_id, sent, rules, moved=moved)
        if owed or sent:  # what was owed before goes to the mailbox of now, too
            await make_change_link(env, tx, row, to)


async def _owe_invitation(
    env: Env, tx: Tx, row: AppointmentRow, connection_id: UUID, past: Sequence[DeliveryRow], to: Mailbox | None
) -> bool:
    """What is called off is told to who was invited alone."""
    if row.invited_by != Inviter.MAIL or row.status not in TELLABLE or not _is_news(row, past, to):
        return False
    mine = sorted((item for item in past if item.key == invitation_key(row.id)), key=lambda item: item.sequence)
    waits = row.vendor_meeting and row.join_url is None and row.status not in CALLED_OFF
    due = env.clock() + LINK_WAIT if waits else None
    key = invitation_key(row.id)
    await owe(env, tx, row, connection_id, DeliveryKind.NOTICE, key, next_sequence(mine), due=due)
    return True


def _is_news(row: AppointmentRow, past: Sequence[DeliveryRow], to: Mailbox | None) -> bool:
    """Whether the buyer's mailbox does not know how it stands, or one that they left still holds the appointment."""
    heard, state = MailHistory.of(row.id, past), told_state(row)
    if row.status in CALLED_OFF:
        return any(not heard.knows(one, state) for one in heard.invited())
    if to is None:
        return False
    return not heard.knows(to, state) or any(one.key != to.key for one in heard.mailboxes())


async def _owe_reminders(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    connection_id: UUID,
    sent: Sequence[DeliveryRow],
    rules: InvitationRules,
    *,
    moved: bool,
) -> bool:
    """Each once, and anew for another time. One that is due already when it would be owed does not go out."""
    if row.status != AppointmentStatus.CONFIRMED or not rules.mails:
        return False
    now, owed = env.clock(), False
    for span in rules.reminders:
        key, due = reminder_key(row.id, span), row.starts_at - span
        mine = [item for item in sent if item.key == key]
        # One that is owed for the old time is overtaken, also by one that will have nothing to say.
        if (due > now or mine) and (moved or not mine):
            at = max(due, now)
            await owe(env, tx, row, connection_id, DeliveryKind.NOTICE, key, next_sequence(mine), due=at)
            owed = True
    return owed

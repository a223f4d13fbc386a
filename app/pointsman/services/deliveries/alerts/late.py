"""The alerts of what is owed and does not arrive; each ends by itself once its cause is over."""

from collections.abc import Mapping
from datetime import timedelta

from pointsman.domain.messages.message import Message, connection_name, message_from_json, rep_name, say
from pointsman.services.deliveries.alerts.owner_differences import owner_differences
from pointsman.services.deliveries.kinds.meeting_link import ASK_FOR, NO_MEETING
from pointsman.services.deliveries.records.missing_users import missing_users
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

LATE_AFTER = timedelta(hours=1)  # what a vendor's maintenance takes, and no human minds
_MOST_ALERTS = 1_000  # of one kind: no human reads more, and they are written in one transaction
#: The subject of the alert that counts what has none of its own.
_OTHER_LEADS, _OTHER_APPOINTMENTS = "leads:others", "appointments:others"


async def alert_late_deliveries(env: Env, *, most: int = _MOST_ALERTS) -> int:
    """Bring the alerts of what does not arrive to what is so now. How many are new.

    Of a kind that has one for each lead or appointment `most` have their own, and one more counts the others.
    """

    async def work(tx: Tx) -> int:
        return (
            await _bring_to(env, tx, AlertCode.DELIVERIES_LATE, await _unanswered(env, tx))
            + await _bring_to(env, tx, AlertCode.DELIVERIES_SWITCHED_OFF, await _switched_off(env, tx))
            + await _bring_to(env, tx, AlertCode.MAIL_BOUND, await _held_mail(tx, most))
            + await _bring_to(
                env,
                tx,
                AlertCode.MEETING_LINK_MISSING,
                {**await _without_meeting(env, tx), **await _missing_links(env, tx, most)},
            )
            + await _bring_to(env, tx, AlertCode.CRM_OWNER_DIFFERS, await owner_differences(tx))
            + await _bring_to(env, tx, AlertCode.CRM_USER_MISSING, await missing_users(tx))
        )

    return await run_in_transaction(env, work)


async def alert_missing_users(env: Env) -> int:
    """Bring the alerts of reps who are no users of a CRM to what is so now. How many are new."""

    async def work(tx: Tx) -> int:
        return await _bring_to(env, tx, AlertCode.CRM_USER_MISSING, await missing_users(tx))

    return await run_in_transaction(env, work)


async def _bring_to(env: Env, tx: Tx, code: AlertCode, stand: Mapping[str, Message]) -> int:
    """Open alerts of this kind for these subjects, and end all others. How many are new."""
    now = env.clock()
    said = {row["subject"]: row["message"] for row in await tx.alerts.list_open() if row["code"] == code}
    open_now = said.keys()
    counts = {
        one for one in (_OTHER_LEADS, _OTHER_APPOINTMENTS) if one in said and stand.get(one, said[one]) != said[one]
    }
    for subject in sorted(stand.keys() - open_now | counts):
        await tx.alerts.put(id=env.new_id(), at=now, code=code, subject=subject, message=stand[subject])
    for subject in sorted(open_now - stand.keys()):
        await tx.alerts.resolve(at=now, code=code, subject=subject)
    return len(stand.keys() - open_now)


async def _unanswered(env: Env, tx: Tx) -> Mapping[str, Message]:
    """One for each connection that left its deliveries unanswered for so long."""
    return {
        f"connection:{one.connection}": say(
            "alerts.deliveries-late",
            connection=connection_name(one.connection),
            count=one.count,
            since=one.since,
            error=message_from_json(one.last_error),
        )
        for one in await tx.deliveries.late(before=env.clock() - LATE_AFTER)
    }


async def _switched_off(env: Env, tx: Tx) -> Mapping[str, Message]:
    """One for each connection that was switched off while buyers or calendars are yet to hear something over it."""
    now = env.clock()
    return {
        f"connection:{one.connection}": say(
            "alerts.deliveries-switched-off",
            connection=connection_name(one.connection),
            key=one.connection,
            count=one.count,
            mails=one.mails,
            since=one.since,
        )
        for one in await tx.unheard.switched_off(before=now - LATE_AFTER, at=now)
    }


async def _held_mail(tx: Tx, most: int) -> Mapping[str, Message]:
    """One for each lead whose buyer's mailbox had enough mail for the day."""
    found = await tx.unheard.held_mail(limit=most)
    told = {
        f"lead:{one.lead_id}": say("alerts.mail-bound", lead=str(one.lead_id), count=one.count, until=one.until)
        for one in found
    }
    others = found[0].leads - len(found) if found else 0
    return told | ({_OTHER_LEADS: say("alerts.mail-bound-others", count=others)} if others else {})


async def _missing_links(env: Env, tx: Tx, most: int) -> Mapping[str, Message]:
    """One for each appointment to which the vendor of a calendar told no link in all the time that it was asked for it."""
    now = env.clock()
    found = await tx.unheard.missing_links(before=now - ASK_FOR, at=now, limit=most)
    told = {
        f"appointment:{one.appointment_id}": say(
            "alerts.meeting-link-missing",
            appointment=str(one.appointment_id),
            rep=rep_name(one.rep_key),
            connection=connection_name(one.connection),
            at=one.starts_at,
        )
        for one in found
    }
    others = found[0].appointments - len(found) if found else 0
    return told | ({_OTHER_APPOINTMENTS: say("alerts.meeting-links-missing-others", count=others)} if others else {})


async def _without_meeting(env: Env, tx: Tx) -> Mapping[str, Message]:
    """Those that were told when the event was put without the meeting, and are so still."""
    return {
        one.subject: message_from_json(one.message)
        for one in await tx.unheard.without_meeting(NO_MEETING, at=env.clock())
    }

"""One test message over a connection that sends mail, to an address that an admin names."""

import html
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import ceil

from pointsman.domain.errors import Fault, Invalid, TooManyRequests
from pointsman.domain.leads.normalise import email_key
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.codes.registered_domains import host_to_ascii
from pointsman.services.connections.live_check import usable_connection
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import Actor, Env, Tx, VendorError, VendorUnansweredError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.operations.audit import AuditFilter
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman.services.transactions import run_in_transaction
from pointsman.services.wording.rendering import MessageReader, render

AGAIN_AFTER = timedelta(minutes=1)
"""Of one connection: what is asked for by hand is no way to send mail."""
_ACTION = "connection.trial-message"


class TrialResult(StrEnum):
    """What became of it."""

    TAKEN = "taken"  # by the vendor: it may still come back as a bounce
    UNKNOWN = "unknown"  # no answer came once it was sent
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTrial:
    """The result, and `why` where it was not taken."""

    result: TrialResult
    why: Message | None = None


async def send_trial_message(env: Env, key: str, *, to: str, reader: MessageReader, actor: Actor) -> SentTrial:
    """Send one, in the reader's language. That it was asked for is on record, with the address's domain alone.

    Raises NotFound, Forbidden, Conflict as `open_live_check`; Invalid for what is no address, and for a connection that sends no
    mail; TooManyRequests for a second one within AGAIN_AFTER.
    """
    actor.require(Operation.CONNECTION)
    address = to.strip()
    mailbox = email_key(address, host_to_ascii)
    if mailbox is None:
        told = say("vendor.no-trial-address")
        raise Invalid(
            "This is no address that mail can go to.",
            told=told,
            faults=[Fault(path="to", code="email", message="This is no address that mail can go to.", told=told)],
        )

    async def work(tx: Tx) -> ConnectionRow:
        row = await usable_connection(tx, key, lock=True)
        if not env.notices.sends_mail(row.connector):
            told = say("vendor.no-mail", connector=row.connector)
            raise Invalid(f"The connector {row.connector} sends no mail.", code="no-mail", told=told)
        await _refuse_a_second_one(env, tx, key)
        domain = mailbox.rpartition("@")[2]
        await audit(env, tx, actor, _ACTION, f"connection:{key}", after={"domain": domain})
        return row

    row = await run_in_transaction(env, work)
    try:
        await env.notices.send(row.ref(), _message(env, row, address, reader))
    except VendorUnansweredError as error:
        return SentTrial(result=TrialResult.UNKNOWN, why=failure_message(error))
    except (VendorError, TimeoutError) as error:
        return SentTrial(result=TrialResult.REFUSED, why=failure_message(error))
    return SentTrial(result=TrialResult.TAKEN)


async def _refuse_a_second_one(env: Env, tx: Tx, key: str) -> None:
    now = env.clock()
    last = AuditFilter(subject=f"connection:{key}", action=_ACTION, since=now - AGAIN_AFTER)
    for line in await tx.audit.page(last, after=None, limit=1):
        left = line["at"] + AGAIN_AFTER - now
        if left > timedelta():
            raise TooManyRequests(
                f"A test message went over {key} less than a minute ago: wait, and look for that one.",
                code="trial-sent",
                retry_after_s=ceil(left.total_seconds()),
                told=say("vendor.trial-just-sent", key=key),
            )


def _message(env: Env, row: ConnectionRow, to: str, reader: MessageReader) -> BuyerNotice:
    key = f"pm-trial-{env.new_id()}"
    text = render(say("text.trial-message", key=row.key), reader)
    return BuyerNotice(
        key=key,
        to=to,
        subject=render(say("text.trial-subject"), reader),
        text=f"{text}\n",
        html=f"<p>{html.escape(text)}</p>",
        sender=env.organisation,
        reply_to=None,
        thread=key,
        at=env.clock(),
    )

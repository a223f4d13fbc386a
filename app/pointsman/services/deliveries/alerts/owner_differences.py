"""Leads whose owner in a CRM is another than here, although the policy would not have it so."""

from collections.abc import Mapping
from uuid import UUID

from pointsman.domain.messages.message import Arg, Message, connection_name, message_from_json, rep_name, say
from pointsman.services.ports import Tx
from pointsman.services.ports.booking.crm_owners import OwnerOutcome

ALERTED = (OwnerOutcome.NOT_ALLOWED, OwnerOutcome.NO_REP, OwnerOutcome.GIVEN_UP)
_MOST_ALERTS = 1_000


def difference_alert(
    *, connection: str, lead_id: UUID, owner: str, ours: str | None, theirs: str | None, why: Message
) -> tuple[str, Message]:
    """Subject and message of the alert; `ours` and `theirs` are keys of reps."""
    there: Arg = rep_name(theirs) if theirs else say("owner-change.another-user" if owner else "owner-change.nobody")
    told = say(
        "alerts.crm-owner-differs",
        connection=connection_name(connection),
        lead=str(lead_id),
        there=there,
        here=rep_name(ours) if ours else say("owner-change.nobody"),
        why=why,
    )
    return f"connection:{connection}/lead:{lead_id}", told


async def owner_differences(tx: Tx) -> Mapping[str, Message]:
    """One for each lead and connection."""
    found = await tx.crm_owners.differences(connection_id=None, outcomes=ALERTED, limit=_MOST_ALERTS)
    return dict(
        difference_alert(
            connection=one.connection,
            lead_id=one.lead_id,
            owner=one.owner,
            ours=one.ours,
            theirs=one.theirs,
            why=message_from_json(one.message),
        )
        for one in found
    )

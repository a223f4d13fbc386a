"""Owing a lead's record to CRMs, in the transaction of whatever changes what they show of the lead."""

from uuid import UUID

from pointsman.services.ports import Env, Tx


def person_key(lead_id: UUID) -> str:
    """The lead's name in a CRM that does not know the person yet."""
    return f"pm-lead-{lead_id}"


async def owe_lead_record(env: Env, tx: Tx, lead_id: UUID) -> None:
    """Every CRM that hears of owners is to have what stands of the lead once this transaction has ended.

    The lead's row is locked. Said again in the same transaction it changes nothing; where there is no CRM it costs one look.
    """
    await tx.deliveries.owe_record(lead_id, key=person_key(lead_id), first_id=env.new_id(), at=env.clock())

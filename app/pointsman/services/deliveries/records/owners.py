"""The rep who owns a record, as a CRM knows them: by the id that an admin confirmed, else by the rep's address."""

from dataclasses import dataclass

from pointsman.services.deliveries.kinds.rendering import Claimed
from pointsman.services.ports.booking.rep_users import UserState
from pointsman.services.ports.vendors.crm import CrmOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOwner:
    """`asked` goes to the CRM; `told` is by what it is compared with what the CRM was told before."""

    asked: CrmOwner
    told: str


async def record_owner(claimed: Claimed, rep_key: str) -> RecordOwner:
    """With the id where the user is active, so that the CRM is not asked for its users.

    While the connection is in doubt its user is looked up by the user's own address: the same id may be somebody else's in
    another account. One who left is found no more, and then the rep's address says who it is.
    """
    rep = claimed.config.roster.reps.get(rep_key)
    address = rep.email if rep else ""
    known = await claimed.tx.rep_users.of_rep(claimed.connection.id, rep_key)
    if known is None or known.user_id is None or known.state is not UserState.ACTIVE:
        return RecordOwner(asked=CrmOwner(email=address), told=address)
    owner = CrmOwner(email=known.email or address, id=None if known.in_doubt else known.user_id)
    return RecordOwner(asked=owner, told=f"user:{known.user_id}")

"""Which user of a CRM each rep is, as it stands, and as the addresses propose."""

from collections.abc import Sequence
from dataclasses import dataclass

from pointsman.domain.roster.reps import Rep
from pointsman.services.connections.missing import no_connection
from pointsman.services.connections.users.listing import list_users
from pointsman.services.connections.users.matching import MatchedUser, match_users
from pointsman.services.ports import Env
from pointsman.services.ports.booking.rep_users import RepUser
from pointsman.services.ports.vendors.crm import CrmUser


@dataclass(frozen=True, slots=True, kw_only=True)
class RepProposal:
    """A rep: `found` by the rep's address, `kept` as an admin confirmed it; None without that."""

    rep: Rep
    found: MatchedUser
    kept: RepUser | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserProposal:
    """By rep, and all users to pick from; not `complete` where the vendor has more than are read."""

    reps: Sequence[RepProposal]
    users: Sequence[CrmUser]
    complete: bool


async def propose_users(env: Env, key: str) -> UserProposal:
    """For every active rep, and for others who have a user; the vendor is asked. Raises NotFound and what `list_users` raises."""
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
        if connection is None:
            raise no_connection(key)
        kept = {one.rep_key: one for one in await tx.rep_users.of_connection(connection.id) if one.user_id is not None}
        reps = [rep for rep in await tx.roster.reps() if rep.active or rep.key in kept]
    listed = await list_users(env, connection)
    found = match_users(listed.users, reps)
    proposed = [RepProposal(rep=rep, found=found[rep.key], kept=kept.get(rep.key)) for rep in reps]
    return UserProposal(
        reps=sorted(proposed, key=lambda one: (one.rep.name, one.rep.key)),
        users=sorted(listed.users, key=lambda one: (one.name.casefold(), one.id)),
        complete=listed.complete,
    )

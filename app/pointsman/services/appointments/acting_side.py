"""On which side of an appointment a caller acts: asked of the table, with what its rep is to the appointment."""

from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.sides import ActorRole, acting_side
from pointsman.domain.roster.roles import SETTING_WORKS
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import Actor, Env, Tx


async def find_acting_side(
    env: Env,
    tx: Tx,
    actor: Actor,
    operation: Operation,
    *,
    leader: str,
    setter: str | None,
    asked: ActorRole | None = None,
) -> ActorRole:
    """The side of `actor`, who does `operation` with an appointment that the rep `leader` leads and `setter` set.

    `asked` is the side that the caller names, as when the buyer asked for it. Raises Forbidden.
    """
    actor.require(operation)
    return acting_side(actor.kind, operation, standing=await _standing(env, tx, actor, leader, setter), asked=asked)


async def _standing(env: Env, tx: Tx, actor: Actor, leader: str, setter: str | None) -> ActorRole | None:
    if actor.rep is None:
        return None
    if actor.rep == leader:
        return ActorRole.CLOSER
    if actor.rep != setter:
        return None
    rep = (await load_routing_config(env, tx)).roster.reps.get(actor.rep)
    return ActorRole.SETTER if rep is not None and rep.role.works & SETTING_WORKS else None

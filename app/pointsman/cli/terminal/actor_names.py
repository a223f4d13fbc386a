"""Names of actors: keys are stored by their ids, which tell a reader nothing."""

from collections.abc import Mapping

from pointsman.services.operations.api_keys import list_keys
from pointsman.services.ports import Env
from pointsman.services.roster.names import roster_names

ActorNames = Mapping[str, str]


async def actor_names(env: Env) -> ActorNames:
    """Names by what the audit calls an actor: "key:c83daa…", "rep:lena"."""
    keys = {f"key:{row.id}": row.name for row in await list_keys(env)}
    known = (await roster_names(env)).names
    return keys | {f"{named.kind.value}:{named.key}": name for named, name in known.items()}

"""The reader of a journey: language, zone, and the names that the caller may read."""

from pointsman.services.ports import Actor, Env
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import MessageReader


async def journey_reader(env: Env, actor: Actor, *, language: str) -> MessageReader:
    """See `RosterNames.reader`."""
    return (await roster_names(env)).reader(actor, language)

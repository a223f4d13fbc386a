"""The reader of a journey: language, zone, and the names that the caller may read."""

from pointsman.domain.permissions.readings import Reading, may_read
from pointsman.services.ports import Actor, Env
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import MessageReader


async def journey_reader(env: Env, actor: Actor, *, language: str) -> MessageReader:
    """The zone as for every answer; names of colleagues for callers of the house, others' own alone."""
    known = await roster_names(env)
    reads_all = may_read(actor.kind, Reading.COLLEAGUES)
    return MessageReader(
        language=language,
        zone=known.clock_of(actor.rep, actor.sees),
        names=known.names if reads_all else known.seen_by(actor.sees),
        hides_others=not reads_all,
    )

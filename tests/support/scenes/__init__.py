"""What the examples of the console alone do not show: played on the demo floor after them, one scene after the other."""

from support.floors.console_floor import Served
from support.scenes.appointments import begun, ended, unfit
from support.scenes.leads import accounts, ambiguous, leads, merged, unheld, webhooks
from support.scenes.stage import Scenes, Stage
from support.scenes.work import connections, holds, roles, rules, turns, undeliverable, users

#: In this order: the last ones let the clock go on, and break a calendar.
_PLAYED = (
    *(leads, webhooks, ambiguous, unheld, merged, accounts),
    *(turns, roles, rules, connections, users, holds),
    *(ended, unfit, begun, undeliverable),
)


def played(served: Served) -> Scenes:
    """All scenes of the demo floor."""
    stage = Stage(served=served)
    for scene in _PLAYED:
        yield from scene(stage)

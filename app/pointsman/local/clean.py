"""Stopping every server whose state lies in a folder, and deleting that state."""

import shutil
from pathlib import Path

from pointsman.domain.messages.message import say
from pointsman.local.calendar_server import CalendarServer
from pointsman.local.errors import LocalServerError
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.supervision.supervised_state import end_leftovers, refuse_while_supervised


def clean(state: Path, *, own_floor: bool = False) -> None:
    """Raises LocalServerError when something lives there that may not be ended: a service that is supervised, above all; or
    a floor that the demo did not make, unless `own_floor` says that it goes, too."""
    for lock in state.rglob("supervisor.lock"):
        refuse_while_supervised(lock)
    # Each `run` and each `demo` keeps its environment there; its key, where none was set.
    kept = () if own_floor else (*state.rglob("environment"), *state.rglob("secret_key"))
    floors = (file.parent for file in kept)
    if own := next((floor for floor in floors if not (floor / "demo.json").exists()), None):
        raise LocalServerError(say("local.own-floor", folder=str(own.absolute())))
    for memory in state.rglob("children.json"):
        end_leftovers(memory, grace=10)
    for memory in state.rglob("server.json"):
        CalendarServer(memory.parent).stop()
    for note in state.rglob("postgres.path"):
        EmbeddedPostgres(note.parent).remove()
    shutil.rmtree(state, ignore_errors=True)

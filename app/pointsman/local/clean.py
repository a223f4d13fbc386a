"""`python -m pointsman.local.clean FOLDER`: stop every server whose state lies there, and delete the state."""

import shutil
import sys
from pathlib import Path

from pointsman.local.calendar_server import CalendarServer
from pointsman.local.errors import LocalServerError
from pointsman.local.postgres import EmbeddedPostgres
from pointsman.local.supervisor import end_leftovers, refuse_while_supervised


def clean(state: Path) -> None:
    """Raises LocalServerError when something lives there that may not be ended: a service that is supervised, above all."""
    for lock in state.rglob("supervisor.lock"):
        refuse_while_supervised(lock)
    for memory in state.rglob("children.json"):
        end_leftovers(memory, grace=10)
    for memory in state.rglob("server.json"):
        CalendarServer(memory.parent).stop()
    for note in state.rglob("postgres.path"):
        EmbeddedPostgres(note.parent).remove()
    shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    try:
        clean(Path(sys.argv[1]))
    except LocalServerError as error:
        sys.exit(str(error))

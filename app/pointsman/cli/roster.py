"""`roster`: who works here, from a file."""

from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.output import show, tell
from pointsman.cli.roster_files import read_roster_file
from pointsman.cli.session import CLI_ACTOR
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.cli.terminal.spoken import Commands
from pointsman.domain.distribution.idle_settings import Hint
from pointsman.services.policies.rep_hints import hints_of_reps
from pointsman.services.ports import Env
from pointsman.services.roster.change_roster import RosterChange, put_roster
from pointsman.services.wording.rendering import render

app = Commands(help="help.roster")


@app.add("put", help="help.roster.put")
def put(
    file: Annotated[Path, typer.Argument(help="help.roster.put.file")],
    reason: Annotated[str | None, typer.Option("--reason", "-m", help="help.reason")] = None,
) -> None:
    """Add or replace what the file names; what it does not name stays. Twice is the same as once."""
    given = read_roster_file(file)

    async def work(env: Env) -> tuple[RosterChange, list[Hint]]:
        changed = await put_roster(env, given.given(), actor=CLI_ACTOR, reason=reason)
        reps = [(rep.key, rep.model_fields_set, f"reps[{i}]") for i, rep in enumerate(given.reps)]
        return changed, list(await hints_of_reps(env, reps))

    (changed, hints), reader = run_with_reader(work)
    for hint in hints:
        show(f"{hint.path}: {render(hint.message, reader)}")
    tell("cli-people.roster-version" if changed.changed else "cli-people.nothing-different", version=changed.version)

"""What several commands about the policy ask for."""

from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.reason import checked_reason

PolicyFileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The policy, as YAML, or JSON (.json).")
]
ExpectOption = Annotated[int | None, typer.Option(min=1, help="Only if this version is live now; else whichever is.")]
NoteOption = Annotated[str, typer.Option("--note", "-m", callback=checked_reason, help="Why; kept with the version.")]

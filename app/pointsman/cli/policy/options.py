"""What several commands about the policy ask for."""

from pathlib import Path
from typing import Annotated

import typer

from pointsman.cli.reason import checked_reason

PolicyFileArgument = Annotated[Path, typer.Argument(help="help.policy.file")]
ExpectOption = Annotated[int | None, typer.Option(min=1, help="help.policy.expect")]
NoteOption = Annotated[str, typer.Option("--note", "-m", callback=checked_reason, help="help.policy.note")]

"""The roster as a file: YAML, the body of `PUT /v1/roster`."""

from pathlib import Path

from pydantic import ValidationError

from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.policy.files import read_policy_file
from pointsman.domain.text.formatting import dotted_path


def read_roster_file(file: Path) -> RosterIn:
    """The roster in a file; ends the command with the path to each fault."""
    document = read_policy_file(file).document
    try:
        return RosterIn.model_validate(document)
    except ValidationError as error:
        faults = [f"{dotted_path(item['loc'])}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()]
        fail("cli-people.no-roster", *faults[:20], file=str(file), code=EXIT_MISUSED)

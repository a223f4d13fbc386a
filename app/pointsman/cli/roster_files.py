"""The roster as a file: YAML, the body of `PUT /v1/roster`."""

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.domain.errors import Fault
from pointsman.domain.messages.form_faults import form_fault
from pointsman.domain.text.formatting import dotted_path


def read_roster_file(file: Path) -> RosterIn:
    """The roster in a file; ends the command with the path to each fault."""
    document = read_policy_file(file).document
    try:
        return RosterIn.model_validate(document)
    except ValidationError as error:
        faults = [_fault(item) for item in error.errors()[:20]]
        fail("cli-people.no-roster", *fault_lines(faults), file=str(file), code=EXIT_MISUSED)


def _fault(found: ErrorDetails) -> Fault:
    said = found["msg"].removeprefix("Value error, ")
    return Fault(path=dotted_path(found["loc"]), code=found["type"], message=said, told=form_fault(found, said))

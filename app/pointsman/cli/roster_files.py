"""The roster as a file: YAML, the body of `PUT /v1/roster`."""

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pointsman.api.http.unknown_names import fields_beside
from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.domain.errors import Fault
from pointsman.domain.messages.form_faults import form_fault, shown_value
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.suggestions import suggestion
from pointsman.domain.text.formatting import dotted_path

_OUTSIDE = frozenset({"less_than_equal", "greater_than_equal"})


def read_roster_file(file: Path) -> RosterIn:
    """The roster in a file; ends the command with the path to each fault."""
    document = read_policy_file(file).document
    try:
        return RosterIn.model_validate(document)
    except ValidationError as error:
        faults = [_fault(item) for item in error.errors()[:20]]
        if isinstance(document, dict) and "rules" in document and "reps" not in document:
            said = say("fault.is-policy")
            faults = [Fault(path="", code="is-policy", message=said.key, told=said)]
        fail("cli-people.no-roster", *fault_lines(faults), file=str(file), code=EXIT_MISUSED)


def _fault(found: ErrorDetails) -> Fault:
    said, loc = found["msg"].removeprefix("Value error, "), found["loc"]
    told = form_fault(found, said, _hint(found))
    if loc and loc[-1] == "weekday" and found["type"] in _OUTSIDE:
        told = say("fault.weekday", given=shown_value(found["input"]))
    return Fault(path=dotted_path(loc), code=found["type"], message=said, told=told)


def _hint(found: ErrorDetails) -> Message | None:
    """What an unknown field is likely meant to be."""
    if found["type"] != "extra_forbidden":
        return None
    return suggestion(str(found["loc"][-1]), fields_beside(RosterIn, found["loc"]))

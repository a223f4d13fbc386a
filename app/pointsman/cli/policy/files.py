"""Policies as files: YAML as it lies in git, or JSON."""

import json
from pathlib import Path

from pointsman.api.policies.policy_text import SubmittedPolicy, parse_policy_yaml_now, policy_as_yaml
from pointsman.api.policies.yaml_reader import POLICY_LIMITS
from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.errors import Invalid, PointsmanError, TooLarge
from pointsman.domain.text.strict_json import parse_json
from pointsman.services.ports.routing.policies import PolicyRow


def read_policy_file(file: Path) -> SubmittedPolicy:
    """The policy in a file, by the same reading as the API's; ends the command when it is none."""
    try:
        body = file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read.", error.strerror or str(error), code=EXIT_MISUSED)
    if file.suffix == ".json":
        try:
            return SubmittedPolicy(document=parse_json(body, POLICY_LIMITS), source=None)
        except (Invalid, TooLarge) as error:
            fail(f"{file} is not JSON.", str(error), code=EXIT_MISUSED)
    try:
        return parse_policy_yaml_now(body, ChildTextReaders())
    except PointsmanError as error:
        fail(f"{file} is not YAML that can be read.", *(fault.message for fault in error.faults), code=EXIT_MISUSED)


def write_policy_file(file: Path, row: PolicyRow) -> None:
    """The policy as YAML, or as JSON where the file's name says so."""
    text = (
        json.dumps(row.document, indent=2, ensure_ascii=False) + "\n" if file.suffix == ".json" else policy_as_yaml(row)
    )
    write_file(file, text)


def write_file(file: Path, text: str) -> None:
    """Write it, or end the command with what is in the way."""
    try:
        file.write_bytes(text.encode())
    except OSError as error:
        fail(f"{file} cannot be written.", error.strerror or str(error), code=EXIT_MISUSED)

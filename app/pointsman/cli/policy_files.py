"""Policies as files: YAML as it lies in git, or JSON."""

import json
from pathlib import Path

from pointsman.api.http.strict_json import NotStorableError, parse_strict_json
from pointsman.api.policies.request_bodies import SubmittedPolicy, parse_policy_yaml, policy_as_yaml
from pointsman.api.policies.yaml import MAX_YAML_DEPTH
from pointsman.cli.session import EXIT_MISUSED, fail
from pointsman.domain.errors import Invalid
from pointsman.services.ports.routing.policies import PolicyRow


def read_policy_file(file: Path) -> SubmittedPolicy:
    """The policy in a file, by the same reading as the API's; ends the command when it is none."""
    try:
        body = file.read_bytes()
        if file.suffix == ".json":
            return SubmittedPolicy(document=parse_strict_json(body, max_depth=MAX_YAML_DEPTH), source=None)
        return parse_policy_yaml(body)
    except NotStorableError as error:
        fail(f"{file} is not JSON.", str(error), code=EXIT_MISUSED)
    except Invalid as error:
        fail(f"{file} is not YAML.", *(fault.message for fault in error.faults), code=EXIT_MISUSED)
    except OSError as error:
        fail(f"{file} cannot be read.", error.strerror or str(error), code=EXIT_MISUSED)


def write_policy_file(file: Path, row: PolicyRow) -> None:
    """The policy as YAML, or as JSON where the file's name says so; ends the command when the file cannot be written."""
    text = (
        json.dumps(row.document, indent=2, ensure_ascii=False) + "\n" if file.suffix == ".json" else policy_as_yaml(row)
    )
    try:
        file.write_bytes(text.encode())
    except OSError as error:
        fail(f"{file} cannot be written.", error.strerror or str(error), code=EXIT_MISUSED)

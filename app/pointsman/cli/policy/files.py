"""Policies as files: YAML as it lies in git, or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pointsman.cli.output import EXIT_MISUSED, fail, word, words_of
from pointsman.domain.errors import Invalid, PointsmanError, TooLarge
from pointsman.domain.messages.system_errors import system_words

if TYPE_CHECKING:
    from pointsman.api.policies.policy_text import SubmittedPolicy
    from pointsman.services.ports.routing.policies import PolicyRow


def read_policy_file(file: Path) -> SubmittedPolicy:
    """The policy in a file, by the same reading as the API's; ends the command when it is none."""
    from pointsman.api.policies.policy_text import SubmittedPolicy, parse_policy_yaml_now  # noqa: PLC0415  # a tenth of a second
    from pointsman.api.policies.yaml_reader import POLICY_LIMITS  # noqa: PLC0415  # a tenth of a second
    from pointsman.connectors.text_readers import ChildTextReaders  # noqa: PLC0415  # a tenth of a second
    from pointsman.domain.text.strict_json import parse_json  # noqa: PLC0415  # a tenth of a second

    try:
        body = file.read_bytes()
    except OSError as error:
        fail("cli.unreadable", words_of(system_words(error)), file=str(file), code=EXIT_MISUSED)
    if file.suffix == ".json":
        try:
            return SubmittedPolicy(document=parse_json(body, POLICY_LIMITS), source=None)
        except (Invalid, TooLarge) as error:
            fail("cli.no-json", word("fault.as-said", said=str(error)), file=str(file), code=EXIT_MISUSED)
    try:
        return parse_policy_yaml_now(body, ChildTextReaders())
    except PointsmanError as error:
        from pointsman.cli.terminal.told_errors import fault_lines  # noqa: PLC0415  # the catalogues, seldom needed here

        fail("cli.no-yaml", *fault_lines(error.faults), file=str(file), code=EXIT_MISUSED)


def write_policy_file(file: Path, row: PolicyRow) -> None:
    """The policy as YAML, or as JSON where the file's name says so."""
    from pointsman.api.policies.policy_text import policy_as_yaml  # noqa: PLC0415  # a tenth of a second

    text = (
        json.dumps(row.document, indent=2, ensure_ascii=False) + "\n" if file.suffix == ".json" else policy_as_yaml(row)
    )
    write_file(file, text)


def write_file(file: Path, text: str) -> None:
    """Write it, or end the command with what is in the way."""
    try:
        file.write_bytes(text.encode())
    except OSError as error:
        fail("cli.unwritable", words_of(system_words(error)), file=str(file), code=EXIT_MISUSED)

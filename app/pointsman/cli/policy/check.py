"""`policy check`: whether a file could be published."""

from typing import Annotated

import typer
from rich.text import Text

from pointsman.cli.output import EXIT_FAILED, out
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.policy.findings import show_findings
from pointsman.cli.policy.options import PolicyFileArgument
from pointsman.cli.terminal.found_environment import has_database
from pointsman.cli.terminal.reading import run_with_reader, terminal_language
from pointsman.domain.policy_check.findings import Severity
from pointsman.services.policies import lifecycle as policies
from pointsman.services.wording.rendering import MessageReader


def check(
    file: PolicyFileArgument,
    offline: Annotated[
        bool, typer.Option("--offline", help="Without a database; the default where none is configured.")
    ] = False,
) -> None:
    """Check a policy file against the present roster; nothing is written."""
    document = read_policy_file(file).document
    alone = offline or not has_database()
    if alone:
        findings, reader = policies.check_offline(document), MessageReader(language=terminal_language())
    else:
        findings, reader = run_with_reader(lambda env: policies.check_document(env, document))
    show_findings(findings, reader)
    if alone:
        out.print("Checked without a roster: whether the reps exist and may do their pools' work was left out.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(EXIT_FAILED)
    said = "has no error in itself" if alone else "can be published"
    out.print(Text(f"{file} {said}.", "green"), highlight=False, soft_wrap=True)

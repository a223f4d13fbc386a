"""`policy check`: whether a file could be published."""

from typing import Annotated

import typer

from pointsman.cli.output import EXIT_FAILED, tell
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.policy.findings import show_findings
from pointsman.cli.policy.options import PolicyFileArgument
from pointsman.cli.terminal.found_environment import has_database
from pointsman.cli.terminal.locality import terminal_language
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.policy_check.findings import Severity
from pointsman.services.policies import checking
from pointsman.services.wording.rendering import MessageReader


def check(
    file: PolicyFileArgument,
    offline: Annotated[bool, typer.Option("--offline", help="help.policy.check.offline")] = False,
) -> None:
    """Check a policy file against the present roster; nothing is written."""
    document = read_policy_file(file).document
    alone = offline or not has_database()
    if alone:
        findings, reader = checking.check_offline(document), MessageReader(language=terminal_language())
    else:
        findings, reader = run_with_reader(lambda env: checking.check_document(env, document))
    show_findings(findings, reader)
    if alone:
        tell("cli-policy.checked-alone")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(EXIT_FAILED)
    tell("cli-policy.no-error" if alone else "cli-policy.publishable", style="green", file=str(file))

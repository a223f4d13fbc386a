"""Findings of a policy's check, as a command shows them."""

from collections.abc import Sequence

from rich.text import Text

from pointsman.cli.output import as_one_line, out, word
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.services.wording.rendering import MessageReader, render


def show_findings(findings: Sequence[Finding], reader: MessageReader) -> None:
    """A line for each: how grave, where, what, and its code."""
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        grave = word("cli-policy.error" if finding.severity is Severity.ERROR else "cli-policy.warning")
        said = as_one_line(f" {finding.path or 'policy'}: {render(finding.message, reader)} ({finding.code})")
        out.print(Text.assemble((grave, colour), said), soft_wrap=True)

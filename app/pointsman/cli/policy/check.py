"""`policy check`: whether a file could be published."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pointsman.cli.found_environment import PREFIX, answers, find_environment, is_database_set, read_environment
from pointsman.cli.output import EXIT_FAILED, out
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.policy.findings import show_findings
from pointsman.cli.policy.options import PolicyFileArgument
from pointsman.cli.session import run_with_env
from pointsman.domain.policy_check.findings import Severity
from pointsman.services.policies import lifecycle as policies


def check(
    file: PolicyFileArgument,
    offline: Annotated[
        bool, typer.Option("--offline", help="Without a database; the default where none is configured.")
    ] = False,
) -> None:
    """Check a policy file against the present roster; nothing is written."""
    document = read_policy_file(file).document
    alone = offline or not _has_database()
    findings = (
        policies.check_offline(document) if alone else run_with_env(lambda env: policies.check_document(env, document))
    )
    show_findings(findings)
    if alone:
        out.print("Checked without a roster: whether the reps exist and may do their pools' work was left out.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(EXIT_FAILED)
    said = "has no error in itself" if alone else "can be published"
    out.print(Text(f"{file} {said}.", "green"), highlight=False, soft_wrap=True)


def _has_database() -> bool:
    """Whether one is set, or an embedded one of this folder runs."""
    if is_database_set() or (file := find_environment(Path.cwd())) is None:
        return is_database_set()
    return answers(read_environment(file).get(f"{PREFIX}DATABASE_URL", ""))

"""`policy`: check a file, publish it, explain where a lead would go."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
import yaml
from rich.markup import escape
from rich.table import Table

from pointsman.cli.session import ACTOR, FAILED, MISUSED, fail, out, with_env
from pointsman.domain.decisions import Decision
from pointsman.domain.findings import Finding, Severity
from pointsman.domain.roles import Work
from pointsman.services.explain import Question
from pointsman.services.explain import explain as explain_lead
from pointsman.services.policies import Draft, add_draft, check_document
from pointsman.services.policies import publish as publish_draft
from pointsman.services.ports import Env

app = typer.Typer(help="Check, publish and explain the rules.", no_args_is_help=True)

PolicyFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The policy, as YAML or JSON.")]


@app.command()
def check(file: PolicyFile) -> None:
    """Check a policy file against the present roster; nothing is written."""
    document = _read(file)
    findings = with_env(lambda env: check_document(env, document))
    _show(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(FAILED)
    out.print(f"[green]{file} can be published.[/]", highlight=False)


@app.command()
def publish(
    file: PolicyFile, note: Annotated[str, typer.Option("--note", "-m", help="Why; kept with the version.")]
) -> None:
    """Publish a policy file; it is live from the next lead on."""
    document = _read(file)

    async def work(env: Env) -> Draft:
        draft = await add_draft(env, document, note=note, actor=ACTOR)
        await publish_draft(env, draft.policy.version, note=note, actor=ACTOR, check_expected=False)
        return draft

    with out.status("Checking and publishing"):
        draft = with_env(work)
    _show(draft.findings)
    out.print(f"Version {draft.policy.version} is live.", highlight=False)


@app.command()
def explain(
    lead: Annotated[UUID, typer.Argument(help="The lead's id.")],
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Ask this policy file instead of the live policy.")
    ] = None,
    work: Annotated[
        Work | None, typer.Option(help="Only rules for this work; without it, as if the lead came in.")
    ] = None,
) -> None:
    """Say where a lead would go now and why; nothing is written."""
    question = Question(lead_id=lead, purpose=work, document=None if file is None else _read(file))
    decision = with_env(lambda env: explain_lead(env, question))
    out.print(f"[bold]{decision.summary}[/]", highlight=False)
    for step in decision.steps:
        out.print(f"  {step.rule or '—'}: {step.sentence}", highlight=False, markup=False)
    if decision.candidates:
        out.print(_candidates(decision))
    out.print(f"Policy {decision.policy_version}, roster {decision.roster_version}.", highlight=False)


def _candidates(decision: Decision) -> Table:
    table = Table("rep", "eligible", "why")
    for candidate in decision.candidates:
        mark = "[green]chosen[/]" if candidate.rep == decision.rep else "yes" if candidate.eligible else "no"
        table.add_row(candidate.rep, mark, escape(candidate.sentence))
    return table


def _read(file: Path) -> object:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fail(f"{file} is not YAML or JSON.", str(error), code=MISUSED)


def _show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        out.print(f"[{colour}]{finding.severity.value}[/] ", end="", highlight=False)
        out.print(f"{finding.path}: {finding.message} ({finding.code})", highlight=False, markup=False, soft_wrap=True)

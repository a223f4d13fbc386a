"""`policy`: check a file, publish it, compare, export, roll back, explain where a lead would go."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pointsman.api.policies.policy_text import policy_as_yaml
from pointsman.cli.output import EXIT_FAILED, out, table
from pointsman.cli.policy.compare import diff
from pointsman.cli.policy.explain import explain
from pointsman.cli.policy.files import read_policy_file, write_file, write_policy_file
from pointsman.cli.policy.read import read
from pointsman.cli.policy.simulate import simulate
from pointsman.cli.reason import checked_reason
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.domain.policy_check.findings import Finding, Severity
from pointsman.services.policies import lifecycle as policies
from pointsman.services.policies.history import publication_history as publications
from pointsman.services.ports import Env
from pointsman.services.ports.routing.policies import PolicyRow
from pointsman.settings import PREFIX

app = typer.Typer(help="Check, publish and explain the rules.", no_args_is_help=True)
app.command()(diff)
app.command()(explain)
app.command()(read)
app.command()(simulate)

PolicyFileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The policy, as YAML, or JSON (.json).")
]
ExpectOption = Annotated[int | None, typer.Option(min=1, help="Only if this version is live now; else whichever is.")]
NoteOption = Annotated[str, typer.Option("--note", "-m", callback=checked_reason, help="Why; kept with the version.")]


@app.command()
def check(
    file: PolicyFileArgument,
    offline: Annotated[
        bool, typer.Option("--offline", help="Without a database; the default where none is configured.")
    ] = False,
) -> None:
    """Check a policy file against the present roster; nothing is written."""
    document = read_policy_file(file).document
    alone = offline or not os.environ.get(f"{PREFIX}DATABASE_URL")
    findings = (
        policies.check_offline(document) if alone else run_with_env(lambda env: policies.check_document(env, document))
    )
    _show(findings)
    if alone:
        out.print("Checked without a roster: whether the reps exist and may do their pools' work was left out.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(EXIT_FAILED)
    said = "has no error in itself" if alone else "can be published"
    out.print(Text(f"{file} {said}.", "green"), highlight=False, soft_wrap=True)


@app.command()
def publish(file: PolicyFileArgument, note: NoteOption, expect: ExpectOption = None) -> None:
    """Publish a policy file; it is live from the next lead on."""
    given = read_policy_file(file)

    async def work(env: Env) -> policies.Draft:
        draft = await policies.add_draft(env, given.document, source=given.source, note=note, actor=CLI_ACTOR)
        version, compare = draft.policy.version, expect is not None
        await policies.publish_policy(env, version, note=note, actor=CLI_ACTOR, expected=expect, check_expected=compare)
        return draft

    with out.status("Checking and publishing"):
        draft = run_with_env(work)
    _show(draft.findings)
    out.print(f"Version {draft.policy.version} is live.", highlight=False)


@app.command()
def rollback(
    note: NoteOption,
    to: Annotated[int | None, typer.Option(min=1, help="Which version; else the one before.")] = None,
    expect: ExpectOption = None,
) -> None:
    """Make an archived version live again: the one that the live version took over from, unless --to names another."""
    compare = expect is not None
    row = run_with_env(
        lambda env: policies.rollback_policy(
            env, to=to, note=note, actor=CLI_ACTOR, expected=expect, check_expected=compare
        )
    )
    out.print(f"Version {row.version} is live again.", highlight=False)


@app.command()
def export(
    version: Annotated[int | None, typer.Argument(min=1, help="Without it, the live policy.")] = None,
    to: Annotated[Path | None, typer.Option("--out", "-o", dir_okay=False, help="A file; .json for JSON.")] = None,
) -> None:
    """Write a policy as its author wrote it, with order and comments; what came as JSON is written as YAML."""

    async def work(env: Env) -> PolicyRow:
        return await (policies.published_policy(env) if version is None else policies.get_policy(env, version))

    row = run_with_env(work)
    if to is None:
        sys.stdout.buffer.write(policy_as_yaml(row).encode())
        sys.stdout.buffer.flush()
    else:
        write_policy_file(to, row)
        out.print(f"Version {row.version} is in {to}.", highlight=False)


@app.command()
def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most, newest first.")] = 20,
) -> None:
    """Show which version was live when, who published it, and why."""
    rows = run_with_env(lambda env: publications(env, before=None, limit=limit))
    listed = table("version", "kind", "when", "by", "instead of", "why")
    for row in rows:
        when = row.at.isoformat(timespec="seconds")
        listed.add_row(str(row.version), row.kind, when, row.actor, str(row.replaced or "—"), row.note)
    out.print(listed)


@app.command()
def schema(
    to: Annotated[Path | None, typer.Option("--out", "-o", dir_okay=False, help="A file, else it is printed.")] = None,
) -> None:
    """Write the JSON Schema of a policy file, for editors; needs no database."""
    text = json.dumps(policy_json_schema(), indent=2) + "\n"
    if to is None:
        sys.stdout.write(text)
    else:
        write_file(to, text)
        out.print(f"The schema is in {to}.", highlight=False)


def _show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        colour = "red" if finding.severity is Severity.ERROR else "yellow"
        said = f" {finding.path or 'policy'}: {finding.message} ({finding.code})"
        out.print(Text.assemble((finding.severity.value, colour), said), highlight=False, soft_wrap=True)

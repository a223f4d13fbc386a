"""`policy publish` and `policy rollback`: which version is live."""

from typing import Annotated

import typer

from pointsman.cli.output import busy, fail, tell
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.policy.findings import show_findings
from pointsman.cli.policy.options import ExpectOption, NoteOption, PolicyFileArgument
from pointsman.cli.session import CLI_ACTOR, run_with_env
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.policy_check.run import is_publishable
from pointsman.services.policies import lifecycle as policies
from pointsman.services.ports import Env


def publish(file: PolicyFileArgument, note: NoteOption, expect: ExpectOption = None) -> None:
    """Publish a policy file; it is live from the next lead on."""
    given = read_policy_file(file)

    async def work(env: Env) -> policies.Draft:
        draft = await policies.add_draft(env, given.document, source=given.source, note=note, actor=CLI_ACTOR)
        if draft.is_live or not is_publishable(draft.findings):
            return draft
        version, compare = draft.policy.version, expect is not None
        await policies.publish_policy(env, version, note=note, actor=CLI_ACTOR, expected=expect, check_expected=compare)
        return draft

    with busy("cli-policy.publishing"):
        draft, reader = run_with_reader(work)
    show_findings(draft.findings, reader)
    if not draft.is_live and not is_publishable(draft.findings):
        fail("cli-policy.not-published", version=draft.policy.version)
    tell("cli-policy.live-already" if draft.is_live else "cli-policy.live", version=draft.policy.version)


def rollback(
    note: NoteOption,
    to: Annotated[int | None, typer.Option(min=1, help="help.policy.rollback.to")] = None,
    expect: ExpectOption = None,
) -> None:
    """Make an archived version live again: the one that the live version took over from, unless --to names another."""
    compare = expect is not None
    row = run_with_env(
        lambda env: policies.rollback_policy(
            env, to=to, note=note, actor=CLI_ACTOR, expected=expect, check_expected=compare
        )
    )
    tell("cli-policy.live-again", version=row.version)

"""`policy diff`: two policies compared, each of them a version, the live one, or a file."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from pointsman.cli.output import EXIT_MISUSED, fail, out, show, show_prose, tell
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.policy.language import LanguageOption, spoken_language
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.domain.errors import PolicyInvalid
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_diff.changes import PolicyChange
from pointsman.domain.policy_diff.documents import diff_policies as difference
from pointsman.domain.policy_diff.documents import group_words
from pointsman.services.policies import lifecycle as policies
from pointsman.services.ports import Env
from pointsman.services.roster.names import RosterNames, roster_names
from pointsman.services.wording.rendering import MessageReader, render

LIVE = "live"
_MOST_DIGITS = 18  # of a version's number

PolicySource = Annotated[str, typer.Argument(help="help.policy.source")]


def diff(
    before: PolicySource,
    after: PolicySource,
    data: Annotated[bool, typer.Option("--json", help="help.policy.diff.json")] = False,
    language: LanguageOption = None,
) -> None:
    """Say how the second policy differs from the first; two files need no database."""
    sides, spoken = (before, after), spoken_language(language)
    documents = [None if is_stored(side) else read_source(side) for side in sides]

    async def fetched(env: Env) -> tuple[list[object], RosterNames]:
        both = [
            await fetch_document(env, side) if is_stored(side) else given
            for side, given in zip(sides, documents, strict=True)
        ]
        return both, await roster_names(env)

    both, known = run_with_env(fetched) if any(is_stored(side) for side in sides) else (documents, RosterNames())
    _show(_compared(both, sides), MessageReader(language=spoken, names=known.names), data=data)


def is_stored(side: str) -> bool:
    """Whether it names the live policy or a version, and no file."""
    return side == LIVE or (side.isdecimal() and side.isascii() and len(side) <= _MOST_DIGITS)


def read_source(side: str) -> object:
    """What stands in a file; ends the command when there is none."""
    file = Path(side)
    try:
        exists = file.is_file()
    except OSError:  # too long for the name of a file
        exists = False
    if not exists:
        fail("cli-policy.no-source", given=side[:200], code=EXIT_MISUSED)
    return read_policy_file(file).document


async def fetch_document(env: Env, side: str) -> object:
    """The live policy, or a version's document; NotFound."""
    row = await (policies.published_policy(env) if side == LIVE else policies.get_policy(env, int(side)))
    return row.document


def _compared(documents: list[object], sides: tuple[str, str]) -> tuple[PolicyChange, ...]:
    parsed = []
    for document, side in zip(documents, sides, strict=True):
        try:
            parsed.append(parse_policy(document))
        except PolicyInvalid as invalid:
            fail("cli-policy.no-policy", *fault_lines(invalid.faults), given=side)
    return difference(*parsed)


def _show(changes: tuple[PolicyChange, ...], reader: MessageReader, *, data: bool) -> None:
    if data:
        show(json.dumps([_as_data(change, reader) for change in changes], indent=2, ensure_ascii=False))
        return
    if not changes:
        tell("cli-policy.same")
    part = None
    for change in changes:
        if change.group != part:
            out.print(Text(render(group_words(change.group), reader), "bold"))
        part = change.group
        show_prose(render(change.sentence, reader), indent="  ")


def _as_data(change: PolicyChange, reader: MessageReader) -> dict[str, Any]:
    return {field.name: getattr(change, field.name) for field in fields(change)} | {
        "sentence": render(change.sentence, reader)
    }

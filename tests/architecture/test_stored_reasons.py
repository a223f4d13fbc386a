"""Why something was done is stored as a message, a code, or a person's words: never as a sentence of ours, and none is parsed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Text

from pointsman.db.tables.base import metadata

APP = Path(__file__).parents[2] / "app" / "pointsman"

_TOLD = re.compile(r"reason|error|conflict|title|note|message|sentence|summary|fault|why")
#: Columns of that sort that are text, and why none of them holds a sentence of ours.
CODES = {
    "assignments.end_reason": "a code",
    "decisions.hold_reason": "a code",
    "deliveries.error_code": "a code",
    "holds.reason": "a code",
    "inbox.error": "a code comes first",
    "inbox.error_code": "a code",
    "slot_holds.release_reason": "a code, by a constraint",
}
PEOPLE = {
    "intakes.title": "an admin names it",
    "overrides.reason": "an admin gives it",
    "periodic_runs.last_error": "an exception's class and words, for the engineer",
    "policies.note": "an admin gives it",
    "policy_publications.note": "an admin gives it",
    "skips.reason": "an admin gives it",
    "time_off.reason": "an admin or the rep gives it",
}
#: Arguments in which reasons are handed on.
_REASONS = {"reason", "cancel_reason", "nurture_reason", "conflict", "why", "note", "last_error"}


def told_columns() -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text) and _TOLD.search(column.name)
    }


def test_each_column_that_says_why_is_a_message_a_code_or_a_persons_words() -> None:
    known = CODES.keys() | PEOPLE.keys()
    assert sorted(told_columns() - known) == []
    assert sorted(PEOPLE.keys() - told_columns()) == []


def _is_text(node: ast.expr) -> bool:
    """A text of ours: formatted, or a literal of several words."""
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    )


def sentences_handed_on(source: str, *, shows_examples: bool = False) -> Iterator[int]:
    """Lines on which a sentence is given, or is the default, where a reason is asked for; or is compared with one.

    Where examples are shown, as in the API, dictionaries hold what people might write.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(keywords=keywords):
                yield from (k.value.lineno for k in keywords if k.arg in _REASONS and _is_text(k.value))
            case ast.Dict(keys=keys, values=values) if not shows_examples:
                named = zip(keys, values, strict=True)
                yield from (
                    value.lineno
                    for key, value in named
                    if isinstance(key, ast.Constant) and key.value in _REASONS and _is_text(value)
                )
            case ast.arguments(args=args, defaults=defaults, kwonlyargs=named_args, kw_defaults=named_defaults):
                pairs = [*zip(args[len(args) - len(defaults) :], defaults, strict=True)]
                pairs += [(arg, given) for arg, given in zip(named_args, named_defaults, strict=True) if given]
                yield from (given.lineno for arg, given in pairs if arg.arg in _REASONS and _is_text(given))
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
                asks = any(isinstance(side, ast.Attribute) and side.attr in _REASONS for side in sides)
                yield from (side.lineno for side in sides if asks and _is_text(side))
            case _:
                pass


def sentences_in_sql(source: str) -> list[str]:
    """Comparisons with, and settings to, a literal of several words."""
    return re.findall(r"\b\w*(?:reason|error|conflict|title|note)\w* *(?:=|<>|like) *'[^' ]+ [^']*'", source)


@pytest.mark.parametrize("part", ["services", "api", "worker", "db", "connectors"])
def test_no_sentence_is_handed_on_as_a_reason_or_compared_with_one(part: str) -> None:
    found = [
        f"{path.relative_to(APP)}:{line}"
        for path in sorted((APP / part).rglob("*.py"))
        for line in sentences_handed_on(path.read_text(), shows_examples=part == "api")
    ]
    assert found == []
    assert [said for path in (APP / part).rglob("*.py") for said in sentences_in_sql(path.read_text())] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("audit(env, tx, reason=f'rep {key} created')", 1),
        ("audit(env, tx, reason='the event is in the calendar again')", 1),
        ("audit(env, tx, reason=say('reason.won'))", 0),
        ("release(reason='booked')", 0),
        ("async def follow(*, reason: str | None = 'moved in the calendar'): ...", 1),
        ("changes = {'cancel_reason': 'nobody confirmed it'}", 1),
        ("if row.conflict == 'looks emptied by hand': ...", 1),
        ("if row.reason == 'won': ...", 0),
    ],
)
def test_a_sentence_is_found_where_a_reason_is_asked_for(source: str, found: int) -> None:
    assert len(list(sentences_handed_on(source))) == found


def test_a_sentence_in_a_statement_is_found() -> None:
    assert sentences_in_sql("where cancel_reason = 'nobody confirmed it' and end_reason = 'won'") == [
        "cancel_reason = 'nobody confirmed it'"
    ]

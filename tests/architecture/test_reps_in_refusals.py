"""A refusal names a rep in its message alone: partners read refusals too, and a name in a text cannot be taken out again."""

import ast
from pathlib import Path

from pointsman.domain import errors

APP = Path(__file__).parents[2] / "app" / "pointsman"
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
#: Of a rep, and of rows that name one.
NAMING = {"rep_key", "rep_name", "setter_key", "closer_key"}
REPS = {"rep", "closer", "setter", "holder", "owner"}
#: These texts have the key that the caller sent, or never leave the house.
SENT = {
    "domain/distribution/ledger.py": {"rep"},
    "services/connections/calendar_bindings.py": {"rep_key"},
    "services/reassignment/manual.py": {"rep", "rep.key"},
    "services/routing/ledger.py": {"rep"},
    "services/routing/overrides.py": {"rep"},
    "services/routing/skips.py": {"rep"},
    "services/intake/mapping/mapping_model.py": {"owner"},
    "services/operations/api_keys.py": {"rep"},
    "services/roster/change_roster.py": {"actor.rep"},
}


def names_rep(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr=attr) if attr in NAMING or attr in REPS:
            return True
        case ast.Attribute(value=ast.Name(id=of) | ast.Attribute(attr=of), attr="name" | "key"):
            return of in REPS
        case ast.Name(id=name):
            return name in REPS or name in NAMING
        case ast.Subscript(value=ast.Name(id="names" | "reps")):
            return True
    return False


def refusing_functions(tree: ast.Module) -> list[ast.AST]:
    """Each function that makes an error that a caller may see."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(call, ast.Call) and getattr(call.func, "id", "") in ERRORS for call in ast.walk(node))
    ]


def reps_in_texts(source: str) -> set[str]:
    """What an f-string with words formats of a rep, in the functions that refuse."""
    return {
        ast.unparse(part.value)
        for function in refusing_functions(ast.parse(source))
        for text in ast.walk(function)
        if isinstance(text, ast.JoinedStr)
        and any(isinstance(said, ast.Constant) and " " in str(said.value) for said in text.values)
        for part in text.values
        if isinstance(part, ast.FormattedValue) and names_rep(part.value)
    }


def test_no_refusal_formats_a_rep_that_the_caller_did_not_send() -> None:
    found = {
        str(path.relative_to(APP)): reps
        for wing in ("api", "domain", "services")
        for path in sorted((APP / wing).rglob("*.py"))
        if (reps := reps_in_texts(path.read_text()))
    }
    assert found == SENT


def test_the_check_sees_the_ways_that_a_rep_is_named() -> None:
    ways = ("row.rep_key", "what.rep.name", "rep", "names[key]", "current.rep", "rep.key")
    for way in ways:
        assert reps_in_texts(f'def f():\n    said = f"It went to {{{way}}} now."\n    raise Conflict(said)\n') == {way}
    assert reps_in_texts('def f():\n    raise Conflict("x", told=say("a.b", rep=rep_name(row.rep_key)))') == set()
    assert reps_in_texts('def f():\n    subject = f"rep:{row.rep_key}"\n    raise Conflict("x")') == set()

"""Yes and no that an expression makes itself: `!no(ok)` is true of nothing at all, so it is no known yes."""

from functools import lru_cache
from typing import Any

from pointsman.domain.leads.yes_no import known_answer
from pointsman.services.intake.mapping.expressions import compile_expression

_READING = frozenset({"yes", "no", "not_null", "to_string", "to_number", "to_array"})
_CHOOSING = frozenset({"join", "map", "merge", "values", "reverse", "sort", "sort_by", "max_by", "min_by"})
#: They hand on what the sender wrote, or read it. All others make something of their own.
_HANDING_ON = _READING | _CHOOSING
_PATHS = frozenset({"field", "subexpression", "index_expression", "index"})


@lru_cache(maxsize=10_000)
def advice_on_affirming(expression: str) -> str | None:
    """What to write in place of an `affirmed_if` that makes its answer itself; None for one that asks the sender's words.

    Conditions of a filter (`answers[?id=='ok'].value`) choose among the sender's words: they may compare.
    """
    parsed = compile_expression(expression).parsed
    if not _makes_an_answer(parsed):
        return None
    name = _first_path(parsed) or "the_field"
    return f"`{expression[:80]}` makes its answer itself, also of what is not known: write yes({name})"


def _makes_an_answer(root: Any) -> bool:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        match node.get("type"):
            case "not_expression" | "comparator":
                return True
            case "function_expression" if node["value"] not in _HANDING_ON:
                return True
            case "literal" if known_answer(node["value"]) is True:
                return True
            case "filter_projection":
                waiting += node["children"][:2]
            case _:
                waiting += [child for child in node.get("children", ()) if isinstance(child, dict)]
    return False


def _first_path(root: Any) -> str | None:
    """The first path of the event that is asked for, as it is written."""
    if not isinstance(root, dict):
        return None
    if written := _written(root):
        return written
    return next((found for child in root.get("children", ()) if (found := _first_path(child))), None)


def _written(node: Any) -> str | None:
    if node.get("type") not in _PATHS:
        return None
    if node["type"] == "field":
        name = str(node["value"])
        return name if name.isidentifier() and name.isascii() else f'"{name}"'
    if node["type"] == "index":
        return f"[{node['value']}]"
    parts = [_written(child) for child in node["children"]]
    if None in parts:
        return None
    return "".join(part if not at or part.startswith("[") else f".{part}" for at, part in enumerate(parts) if part)

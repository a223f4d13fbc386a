"""Every path to `route_lead` goes through `with_closer_calendars`: no decision about closing is taken unread.

`route_lead` itself refuses a decision that rests on an unread calendar; here it is held that somebody reads it then.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

APP = Path(__file__).parents[2] / "app" / "pointsman"
DECIDES, READS = "route_lead", "with_closer_calendars"

#: Books at a time: who has not been read is not asked, and the decision says so ("not in the pool whose slots …").
BOOKS = "_reassign_lead"

Mentions = Mapping[str, frozenset[str]]


def functions(tree: ast.Module) -> Iterator[tuple[str, frozenset[str]]]:
    """Each function and method of a module, with every name in it; what is defined inside a function belongs to it."""
    scopes = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for node in (node for body in scopes for node in body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = list(ast.walk(node))
            names = {part.id for part in inside if isinstance(part, ast.Name)}
            names |= {part.attr for part in inside if isinstance(part, ast.Attribute)}
            yield node.name, frozenset(names - {node.name})


def mentions_of(sources: Mapping[str, str]) -> Mentions:
    """By "module:function"."""
    found = {}
    for module, source in sources.items():
        for name, names in functions(ast.parse(source)):
            found[f"{module}:{name}"] = names
    return found


def unread_paths(mentions: Mentions) -> list[str]:
    """The functions that lead to a decision and that nobody calls, without a reading on the way."""
    faults, seen, waiting = [], set[str](), [DECIDES]
    while waiting:
        name = waiting.pop()
        callers = [where for where, names in mentions.items() if name in names]
        if not callers and name != DECIDES:
            faults.append(name)
        for where in callers:
            caller = where.partition(":")[2]
            if where in seen or READS in mentions[where] or caller == BOOKS:
                continue
            seen.add(where)
            waiting.append(caller)
    return sorted(faults)


def test_no_path_leads_to_a_decision_without_a_reading_of_calendars() -> None:
    sources = {str(path.relative_to(APP)): path.read_text(encoding="utf-8") for path in APP.rglob("*.py")}
    mentions = mentions_of(sources)
    assert sum(DECIDES in names for names in mentions.values()) >= 6
    assert unread_paths(mentions) == []


def test_a_path_without_a_reading_is_found() -> None:
    deep = "async def decide_in_tx(tx):\n    await route_lead(tx)\n"
    unread = "async def submit(tx):\n    async def work():\n        await decide_in_tx(tx)\n    await run(work)\n"
    read = unread.replace("run(work)", "with_closer_calendars(work)").replace("submit", "retry")
    assert unread_paths(mentions_of({"deep": deep, "a": unread, "b": read})) == ["submit"]
    assert unread_paths(mentions_of({"deep": deep, "b": read})) == []

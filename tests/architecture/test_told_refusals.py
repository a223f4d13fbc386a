"""A refusal that a command can show names its message: the text of an error is English, for the one who called the API."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pointsman.domain import errors

APP = Path(__file__).parents[2] / "app" / "pointsman"
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
#: Commands that run the service, where the API answers.
SERVICE = {"cli.service.serve", "cli.service.work", "cli.local", "cli.init.one_transaction"}
BEHIND = ("main", "worker.", "api.", "demo.")
#: What these say of one lead among many is told by its code (`left_words`, `refusal_words`).
BY_CODE = {
    "services.appointments.transitions",
    "services.availability.booking_context",
    "services.booking.book",
    "services.reassignment.appointment_transfer",
    "services.reassignment.by_rules",
    "services.reassignment.preview",
    "services.routing.lead_inputs",
    "services.routing.write_decision",
}
#: Reached by name, and never by a command: those act as the service itself, for no setter and no rep.
OF_OTHER_CALLERS = {"services.handover.gate_check", "services.roster.change_roster:_require_time_off_of"}


@dataclass
class Code:
    """The functions, classes and values of the modules, by dotted name, and what each module imports."""

    parts: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)

    def meant(self, name: str) -> str | None:
        """Where a dotted name is written, through what modules import for others."""
        for _ in range(5):
            if name in self.parts:
                return name
            module, _, last = name.rpartition(".")
            name = self.imports.get(module, {}).get(last, "")
        return None

    def uses(self, part: str) -> Iterator[str]:
        """What a part names."""
        module = part.rpartition(".")[0]
        imported = self.imports[module]
        for node in ast.walk(self.parts[part]):
            match node:
                case ast.Name(id=name):
                    found = self.meant(imported.get(name, f"{module}.{name}"))
                case ast.Attribute(value=ast.Name(id=name), attr=last) if name in imported:
                    found = self.meant(f"{imported[name]}.{last}")
                case _:
                    continue
            if found is not None and not found.startswith(BEHIND):
                yield found


@cache
def code() -> Code:
    read = Code()
    for path in APP.rglob("*.py"):
        module = ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text())
        read.imports[module] = {
            alias.asname or alias.name: f"{node.module}.{alias.name}".removeprefix("pointsman.")
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pointsman")
            for alias in node.names
        }
        for node in tree.body:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    read.parts[f"{module}.{name}"] = node
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    read.parts[f"{module}.{name}"] = node
    return read


@cache
def shown() -> frozenset[str]:
    """What commands reach."""
    seen: set[str] = set()
    left = [part for part in code().parts if part.startswith("cli.") and part.rpartition(".")[0] not in SERVICE]
    while left:
        part = left.pop()
        if part not in seen:
            seen.add(part)
            left += code().uses(part)
    return frozenset(seen)


def untold(node: ast.AST) -> list[str]:
    """The errors that are made without a message."""
    return [
        ast.unparse(call)[:100]
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in ERRORS
        and call.args
        and not any(word.arg == "told" for word in call.keywords)
    ]


def faults(parts: Mapping[str, ast.stmt]) -> list[str]:
    return [
        f"{module}:{name}: {call}"
        for module, name, node in ((*part.rpartition(".")[::2], node) for part, node in sorted(parts.items()))
        if module not in BY_CODE and not {module, f"{module}:{name}"} & OF_OTHER_CALLERS
        for call in untold(node)
    ]


def test_each_refusal_that_a_command_can_show_names_its_message() -> None:
    reached = {part: code().parts[part] for part in shown() if part.startswith(("services.", "cli."))}
    assert faults(reached) == []


def test_commands_reach_the_use_cases_that_they_run() -> None:
    assert {
        "services.policies.lifecycle.publish_policy",
        "services.routing.skips.cancel_skip",
        "services.leads.find_lead._not_found",
        "services.connections.live_check.usable_connection",
    } <= shown()


def test_what_is_excused_is_reached_and_makes_errors_without_a_message() -> None:
    """Else nobody would see that the excuse is over."""
    for excused in BY_CODE | OF_OTHER_CALLERS:
        module, _, name = excused.partition(":")
        there = [
            part for part in shown() if part.rpartition(".")[0] == module and part.endswith(f".{name}" if name else "")
        ]
        assert [call for part in there for call in untold(code().parts[part])], excused


def test_the_check_sees_an_error_without_a_message() -> None:
    assert untold(ast.parse('raise NotFound("There is no such thing.")'))
    assert not untold(ast.parse('raise NotFound("There is no such thing.", told=say("refusal.no-thing"))'))

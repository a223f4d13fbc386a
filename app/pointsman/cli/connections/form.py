"""The form of a connection: asked field by field, each answer checked by the connector's own model at once."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pointsman.cli.connections.asking import Asks, ask_yes, from_file, pick, read_yes
from pointsman.cli.output import show, tell, word
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.connectors.set_up.form import FormField, WayToSignIn
from pointsman.domain.errors import Fault

#: The faults of a configuration, with paths below `body.config`.
Check = Callable[[Mapping[str, Any]], Sequence[Fault]]

_CONFIG = "body.config"


def ask_config(
    asks: Asks,
    ways: Sequence[WayToSignIn],
    check: Check,
    *,
    redirect_uri: str,
    everything: bool,
    before: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """A configuration that the connector takes. Fields that have a default are asked for with `everything`, or on wish.

    What was answered `before` is proposed; of fields that are not asked for again it stays.

    Where a person is to sign in, the vendor has to know `redirect_uri` before: it is told first, with the scopes.
    """
    way = ways[0]
    if len(ways) > 1:
        way = ways[pick(asks, "cli-connections.ask-way", [one.title for one in ways])]
    if way.signs_in:
        tell("cli-connections.redirect", address=redirect_uri)
    if way.scopes:
        tell("cli-connections.scopes", scopes=" ".join(way.scopes))
    config, of_others = dict(before), {field.name for other in ways if other is not way for field in other.fields}
    stays = {field.name: before[field.name] for field in way.further if field.name in before.keys() - of_others}
    while True:
        config = dict(way.given) | _asked(asks, way.fields, check, config | dict(way.given))
        if way.further and (everything or ask_yes(asks, "cli-connections.ask-further", default=False)):
            config |= _asked(asks, way.further, check, {**before, **config})
        else:
            config = stays | config
        faults = check(config)
        if not faults:
            return config
        tell_faults(faults)
        tell("cli-connections.once-more")


def tell_faults(faults: Sequence[Fault]) -> None:
    """A line for each, by the name of its field."""
    for line in fault_lines(_named(fault) for fault in faults):
        show(f"  • {line}")


def _asked(asks: Asks, fields: Sequence[FormField], check: Check, before: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        while True:
            answer = _answer(asks, field, before.get(field.name))
            if answer is None:
                if field.required:
                    tell("cli-connections.field-needed", part=field.name)
                    continue
                break
            faults = _of_field(field.name, check({**before, **found, field.name: answer}))
            if not faults:
                found[field.name] = answer
                break
            tell_faults(faults)
    return found


def _answer(asks: Asks, field: FormField, before: Any) -> Any:
    """What was answered, as JSON has it; None for nothing."""
    question = f"{field.name} ({field.description})" if field.description else field.name
    default = before if before is not None else field.default
    if field.choices:
        place = {choice: number for number, choice in enumerate(field.choices)}
        ordered = sorted(field.choices, key=lambda one: (one != default, place[one]))  # the default is the first
        show(question)
        return ordered[pick(asks, "cli-connections.ask-choice", ordered, part=field.name)]
    if field.secret:
        typed = asks.secret(f"{question} {word('cli-connections.not-shown')}")
        typed = typed or (before if isinstance(before, str) else "")
    else:
        typed = asks.text(question, "" if default is None else _shown(default)).strip()
    if not typed:
        return None
    try:
        return _value(field, from_file(typed))
    except (OSError, ValueError):
        tell("cli-connections.no-file", file="@…" if field.secret else typed[1:])
        return _answer(asks, field, before)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(field: FormField, typed: str) -> Any:
    """As JSON of the field's kind; what is none stays text, of which the connector's model says what is wrong."""
    if field.kind == "boolean":
        said = read_yes(typed)
        return typed if said is None else said
    if field.kind in {"integer", "number"}:
        try:
            return int(typed) if field.kind == "integer" else float(typed)
        except ValueError:
            return typed
    return typed


def _of_field(name: str, faults: Sequence[Fault]) -> list[Fault]:
    """Those of one field: what is still missing, and what fields say together, comes later."""
    path = f"{_CONFIG}.{name}"
    return [fault for fault in faults if fault.path == path or fault.path.startswith(f"{path}.")]


def _named(fault: Fault) -> Fault:
    return Fault(
        path=fault.path.removeprefix(_CONFIG).removeprefix("."),
        code=fault.code,
        message=fault.message,
        told=fault.told,
    )

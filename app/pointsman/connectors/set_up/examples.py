"""An example request for each installed connector and each of its ways to sign in, made from its own form."""

from typing import Any

from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.set_up.form import FormField, WayToSignIn, ways_of


def connection_examples(registry: ConnectorRegistry) -> dict[str, Any]:
    """Examples of the body of `PUT /v1/connections/{key}`, as OpenAPI lists them; a broken connector has none."""
    found: dict[str, Any] = {}
    for info in registry.describe():
        if info.fault is not None:
            continue
        ways = ways_of(registry.manifest(info.name))
        for number, way in enumerate(ways, start=1):
            key = info.name if number == 1 else f"{info.name}-{number}"
            title = f"{info.title}: {way.title}" if len(ways) > 1 else info.title
            config = dict(way.given) | {field.name: _value(field) for field in way.fields}
            found[key] = {
                "summary": title,
                "description": _described(way),
                "value": {"connector": info.name, "config": config},
            }
    return found


def _described(way: WayToSignIn) -> str:
    """All fields, also those that the example leaves out."""
    lines = [f"* `{field.name}`: {field.description}" for field in (*way.fields, *way.further)]
    return "\n".join(lines)


def _value(field: FormField) -> Any:
    if field.default is not None:
        return field.default
    if field.choices:
        return field.choices[0]
    match field.kind:
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case _:
            return f"<{field.description or field.name}>"

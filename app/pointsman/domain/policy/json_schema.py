"""The policy document's JSON Schema, for editors and forms: the models' own, without what only the parser needs."""

from typing import Any

from pointsman.domain.policy.condition_wording import OPERATOR_PHRASES
from pointsman.domain.policy.document import Policy

SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_ID = "urn:pointsman:policy-schema"
_PLAIN = frozenset({"type"})


def policy_json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. Unlike the parser it knows no null, which only says "not set": leave the key out."""
    made = _tidy(Policy.model_json_schema(by_alias=True))
    definitions = made.pop("$defs")
    _explain_leaf(definitions["Leaf"])
    head = {"$schema": SCHEMA_DIALECT, "$id": SCHEMA_ID, "title": "Pointsman policy", "description": Policy.__doc__}
    return {**head, **{key: value for key, value in made.items() if key not in head}, "$defs": definitions}


def _explain_leaf(leaf: dict[str, Any]) -> None:
    """Say what each operator asks, and that there is one beside the field."""
    for name, operator in leaf["properties"].items():
        if name in OPERATOR_PHRASES:
            operator["description"] = f"The field is {OPERATOR_PHRASES[name].format('VALUE')}."
    leaf["properties"]["present"]["description"] = "The field is known (true), or unknown (false)."
    leaf["properties"]["field"]["description"] = "A known field, such as lead.country, or one declared under fields."
    leaf["minProperties"] = leaf["maxProperties"] = 2


def _tidy(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # Defaults that are objects, and null, would only be written out by an editor's completion.
    made = {key: _tidy(part) for key, part in schema.items() if key != "default" or not isinstance(part, dict | None)}
    if isinstance(made.get("properties"), dict):
        for part in made["properties"].values():
            part.pop("title", None)  # the key again, in capitals
    if "patternProperties" in made:
        made.setdefault("additionalProperties", False)
    for joint in ("anyOf", "oneOf"):
        if joint in made:
            made = _joined(made, joint)
    return made


def _joined(schema: dict[str, Any], joint: str) -> dict[str, Any]:
    """Alternatives without null; plain types in one, and a single one without its wrapping."""
    parts = [part for part in schema[joint] if part != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != joint}
    if all(part.keys() == _PLAIN for part in parts):
        types = [name for part in parts for name in _types(part)]
        types = [name for name in types if not (name == "integer" and "number" in types)]
        return {**rest, "type": types[0] if len(types) == 1 else types}
    if len(parts) == 1:
        return {**parts[0], **rest}
    return {**rest, joint: parts}


def _types(part: dict[str, Any]) -> list[str]:
    kinds: str | list[str] = part["type"]
    return [kinds] if isinstance(kinds, str) else kinds

"""The schema that editors check a policy with: they and the parser agree."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given

from pointsman.domain.errors import Invalid
from pointsman.domain.policy.conditions_model import Operator
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.json_schema import policy_json_schema
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy.parsing_faults import PATTERNS_IN_WORDS
from support.hypothesis_profiles import examples
from support.strategies.policies import policies

SCHEMA = json.loads(json.dumps(policy_json_schema()))
DEMO = Path(__file__).parents[3] / "examples" / "demo" / "policy.yaml"

#: All that the validator below understands, and words that ask nothing.
UNDERSTOOD = {
    "$ref", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "items", "prefixItems",
    "minItems", "maxItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
    "minProperties", "maxProperties", "anyOf", "oneOf",
}  # fmt: skip
SILENT = {"$schema", "$id", "$defs", "title", "description", "default", "examples", "format"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def fits(value: Any, schema: Any) -> bool:
    """Whether a JSON value is valid under a schema, for as much of JSON Schema 2020-12 as ours uses."""
    if isinstance(schema, bool):
        return schema
    return all(_holds(word, value, asked, schema) for word, asked in schema.items() if word not in SILENT)


def _holds(word: str, value: Any, asked: Any, schema: dict[str, Any]) -> bool:  # noqa: PLR0911  # an answer for each word
    match word:
        case "$ref":
            return fits(value, SCHEMA["$defs"][asked.removeprefix("#/$defs/")])
        case "type":
            return any(_is(value, name) for name in ([asked] if isinstance(asked, str) else asked))
        case "enum":
            return value in asked
        case "const":
            return bool(value == asked)
        case "anyOf" | "oneOf":
            valid = sum(fits(value, part) for part in asked)
            return valid == 1 if word == "oneOf" else valid > 0
    if isinstance(value, str):
        return _text_holds(word, value, asked)
    if isinstance(value, list):
        return _list_holds(word, value, asked, schema)
    if isinstance(value, dict):
        return _object_holds(word, value, asked, schema)
    return {"minimum": lambda: value >= asked, "maximum": lambda: value <= asked}.get(word, lambda: True)()


def _is(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _text_holds(word: str, value: str, asked: Any) -> bool:
    match word:
        case "pattern":
            return re.search(asked, value) is not None
        case "minLength":
            return len(value) >= asked
        case "maxLength":
            return len(value) <= asked
        case _:
            return True


def _list_holds(word: str, value: list[Any], asked: Any, schema: dict[str, Any]) -> bool:
    match word:
        case "items":
            return all(fits(item, asked) for item in value[len(schema.get("prefixItems", ())) :])
        case "prefixItems":
            return all(fits(item, part) for item, part in zip(value, asked, strict=False))
        case "minItems":
            return len(value) >= asked
        case "maxItems":
            return len(value) <= asked
        case _:
            return True


def _object_holds(word: str, value: dict[str, Any], asked: Any, schema: dict[str, Any]) -> bool:  # noqa: PLR0911  # an answer for each word
    patterns = schema.get("patternProperties", {})
    match word:
        case "properties":
            return all(fits(value[name], part) for name, part in asked.items() if name in value)
        case "patternProperties":
            return all(fits(v, part) for p, part in asked.items() for k, v in value.items() if re.search(p, k))
        case "additionalProperties":
            more = [
                k for k in value if k not in schema.get("properties", {}) and not any(re.search(p, k) for p in patterns)
            ]
            return all(fits(value[k], asked) for k in more)
        case "propertyNames":
            return all(fits(k, asked) for k in value)
        case "required":
            return all(name in value for name in asked)
        case "minProperties":
            return len(value) >= asked
        case "maxProperties":
            return len(value) <= asked
        case _:
            return True


def parts(schema: Any) -> list[dict[str, Any]]:
    """Every schema inside, itself first."""
    found = [schema] if isinstance(schema, dict) else []
    for part in found[:1]:
        for word, inner in part.items():
            if word in {"properties", "patternProperties", "$defs"}:
                found += [deep for one in inner.values() for deep in parts(one)]
            elif word in {"items", "additionalProperties", "propertyNames"}:
                found += parts(inner)
            elif word in {"anyOf", "oneOf", "prefixItems"}:
                found += [deep for one in inner for deep in parts(one)]
    return found


def test_it_says_what_it_is() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "urn:pointsman:policy-schema"
    assert SCHEMA["title"] == "Pointsman policy"
    assert {"rules", "pools", "gates", "segments", "icps", "personas", "scores", "suppliers"} <= set(
        SCHEMA["properties"]
    )


def test_every_word_is_understood_and_every_reference_leads_somewhere() -> None:
    for part in parts(SCHEMA):
        assert part.keys() <= UNDERSTOOD | SILENT, part
        assert part.get("$ref", "#/$defs/Rule").removeprefix("#/$defs/") in SCHEMA["$defs"]
        assert part.get("pattern") is None or re.compile(part["pattern"])
    assert "\x00" not in json.dumps(SCHEMA, ensure_ascii=False)
    assert "null" not in json.dumps(SCHEMA)


def test_every_object_is_explained_and_takes_no_unknown_key() -> None:
    for name, definition in SCHEMA["$defs"].items():
        assert definition["description"], name
        if definition["type"] == "object":
            assert definition["additionalProperties"] is False, name
    for part in parts(SCHEMA):
        assert "patternProperties" not in part or part["additionalProperties"] is False, part


def test_every_operator_is_explained_and_stands_alone_beside_the_field() -> None:
    leaf = SCHEMA["$defs"]["Leaf"]
    assert leaf["properties"].keys() == {"field", *Operator}
    assert all(operator["description"] for operator in leaf["properties"].values())
    assert fits({"field": "lead.score", "gte": 5}, leaf)
    assert not fits({"field": "lead.score", "gte": 5, "lt": 9}, leaf)
    assert not fits({"field": "lead.score"}, leaf)


@pytest.mark.parametrize(
    ("operator", "taken", "refused"),
    [
        ("equals", ["NO", 1, 2.5, True, {"field": "lead.source"}], [None, ["NO"], {"fields": "x"}]),
        ("in", [["DE", 1, True], {"field": "rep.languages"}], [[], "DE", [["DE"]], {"field": "rep.languages", "x": 1}]),
        ("gte", [5, 1.5, "2026-01-31", {"field": "rep.tier"}], [True, [5], None]),
        ("between", [[1, 2], ["2026-01-31", "2026-02-01"]], [[1], [1, 2, 3], {"field": "rep.tier"}]),
        ("present", [True, False], ["yes", 1, None]),
        ("within_last", ["30d"], ["30 days", 30]),
    ],
)
def test_an_operand_is_what_the_operator_takes(operator: str, taken: list[Any], refused: list[Any]) -> None:
    leaf = SCHEMA["$defs"]["Leaf"]
    assert [value for value in taken if not fits({"field": "lead.score", operator: value}, leaf)] == []
    assert [value for value in refused if fits({"field": "lead.score", operator: value}, leaf)] == []


def test_the_demo_s_policy_is_valid_and_a_mistake_is_not() -> None:
    demo = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    assert fits(demo, SCHEMA)
    assert not fits({**demo, "rulez": []}, SCHEMA)
    assert not fits({**demo, "rules": [{"name": "x", "work": "everything"}]}, SCHEMA)


@examples(100)
@given(policies)
def test_what_the_parser_takes_is_valid(document: dict[str, Any]) -> None:
    assert fits(document, SCHEMA)


def test_every_form_that_a_text_must_have_is_said_in_words_to_its_author() -> None:
    """An author of rules reads no regular expressions; a duration is read by a function that speaks for itself."""
    patterns = set(_patterns(Policy.model_json_schema()))
    assert patterns - set(PATTERNS_IN_WORDS) == {r"^[0-9]{1,5}[wdhm]$"}
    assert set(PATTERNS_IN_WORDS) <= patterns


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", {})
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _patterns(part)


@pytest.mark.parametrize("given", ["handover", "rep:lena", "scope:read", "rep", "intake:"])
def test_a_source_of_evidence_that_there_is_not_hears_which_there_are(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_policy({"evidence": {"sources": [{"from": given}]}})
    (fault,) = refused.value.faults
    assert fault.path == "evidence.sources[0].from"
    assert "is not known; write webhooks, reps, partners, scope:handover" in fault.message

"""A policy document as a request carries it: JSON, or YAML as it lies in git."""

import json
import re
from typing import Any

import yaml
from fastapi import Request

from pointsman.api.strict_json import NotStorableError, check
from pointsman.domain.errors import Fault, Invalid

try:  # the C parser is ten times as fast; a PyYAML built without it does too
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]  # the same interface

YAML_TYPES = frozenset({"text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml", "text/vnd.yaml"})
#: YAML spends memory freely on few bytes (aliases): documents beyond this are for JSON.
MAX_YAML_BYTES = 1_000_000
MAX_ALIASES = 100
MAX_YAML_DEPTH = 64  # of brackets: reading them costs time that grows with the square of their depth

_EXAMPLE: dict[str, Any] = {
    "rules": [
        {
            "name": "DACH inbound",
            "when": {"field": "lead.country", "in": ["DE", "AT", "CH"]},
            "work": "qualification",
            "pool": "sdr-dach",
            "else": "hold",
        }
    ],
    "pools": {"sdr-dach": {"work": "qualification", "members": ["lena", "jonas"]}},
}

#: For OpenAPI: FastAPI cannot know it, since the route reads the body itself.
_BRACKETS = re.compile(r"[\[\]{}]")

REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": _EXAMPLE},
            "text/yaml": {"schema": {"type": "string"}, "example": yaml.safe_dump(_EXAMPLE, sort_keys=False)},
        },
    }
}


async def document_of(request: Request) -> object:
    """The body as data. Raises Invalid for what is not YAML, or holds what JSON cannot."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if kind in YAML_TYPES:
        return read_yaml(body)
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        raise _unreadable("the body is neither JSON nor marked as YAML (Content-Type: text/yaml)") from None


def read_yaml(body: bytes) -> object:
    """One YAML document as plain data; aliases are bounded, tags that make objects are refused."""
    if len(body) > MAX_YAML_BYTES:
        raise _unreadable(f"a YAML policy may have {MAX_YAML_BYTES} bytes at most; send larger ones as JSON")
    try:
        text = body.decode("utf-8")
        if _depth(text) > MAX_YAML_DEPTH:
            raise _unreadable(f"the document is nested deeper than {MAX_YAML_DEPTH} levels")
        aliases = sum(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_Loader))
        if aliases > MAX_ALIASES:
            raise _unreadable(f"the document uses more than {MAX_ALIASES} aliases: write the parts out")
        document = yaml.load(text, Loader=_OneOfEachKey)  # noqa: S506  # a safe loader that is stricter
        if _written_out(document, {}) > MAX_YAML_BYTES:
            raise _unreadable("its aliases multiply to more than a document may hold: write the parts out")
        # By way of JSON, so that both forms hold the same: dates become text, what JSON lacks is refused.
        return check(json.dumps(document, default=str).encode(), max_depth=MAX_YAML_DEPTH)
    except UnicodeDecodeError:
        raise _unreadable("the body is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise _unreadable(f"this is not YAML: {error.problem}{where}") from None
    except NotStorableError as error:
        raise _unreadable(str(error).rstrip(".")) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise _unreadable("this is not YAML that we can read") from None


def _depth(text: str) -> int:
    """How deep brackets are nested, at most; those in quoted text count too, which only makes it larger."""
    deepest = depth = 0
    for bracket in _BRACKETS.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _written_out(value: object, known: dict[int, int]) -> int:
    """How many values a document holds once every alias is written out. RecursionError for one that holds itself."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_written_out(part, known) for part in parts)
    return known[id(value)]


class _OneOfEachKey(_Loader):
    """YAML lets the last of two equal keys win in silence; here the document is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # as PyYAML has it
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice} occurs twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _unreadable(message: str) -> Invalid:
    return Invalid(
        f"The policy cannot be read: {message}.", faults=[Fault(path="body", code="unreadable", message=message)]
    )

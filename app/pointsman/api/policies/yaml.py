"""Policies as YAML: read under strict limits, and written for those that came as JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from pointsman.domain.errors import Fault, Invalid, TooLarge
from pointsman.domain.text.strict_json import JsonLimits, parse_json

try:  # the C library is ten times as fast; a PyYAML built without it does too
    from yaml import CSafeDumper as _Dumper
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]  # the same interface
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]  # the same interface

#: YAML spends memory freely on few bytes (aliases): documents beyond this are for JSON. The database holds to it too.
MAX_YAML_BYTES = 1_000_000
MAX_ALIASES = 100
MAX_YAML_DEPTH = (
    64  # of brackets, since reading them costs time that grows with the square of their depth, and of blocks
)
POLICY_LIMITS = JsonLimits(depth=MAX_YAML_DEPTH)
WIDTH = 120

_BEGINNINGS = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_ENDS = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_BRACKETS = re.compile(r"[\[\]{}]")
#: Texts that YAML 1.2, which editors speak, takes for a number, though YAML 1.1, which we read, does not: "1e3", "0o17".
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")


def read_yaml(body: bytes) -> object:
    """One YAML document as plain data, in its own order; aliases are bounded, tags that make objects are refused."""
    if len(body) > MAX_YAML_BYTES:
        raise unreadable(f"a YAML policy may have {MAX_YAML_BYTES} bytes at most; send larger ones as JSON")
    try:
        text = body.decode("utf-8")
        _refuse_excess(text)
        document = yaml.load(text, Loader=_OneOfEachKey)  # noqa: S506  # a safe loader that is stricter
        if _written_out(document, {}) > MAX_YAML_BYTES:
            raise unreadable("its aliases multiply to more than a document may hold: write the parts out")
        # By way of JSON, so that both forms hold the same: dates become text, what JSON lacks is refused.
        as_json = json.dumps(document, default=str).encode()
    except UnicodeDecodeError:
        raise unreadable("the body is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise unreadable(f"this is not YAML: {error.problem}{where}") from None
    except (yaml.YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        # PyYAML's constructors take tags at their word: `!!bool x` is a KeyError, `!!timestamp x` an AttributeError.
        raise unreadable("this is not YAML that we can read") from None
    try:
        return parse_json(as_json, POLICY_LIMITS)
    except (Invalid, TooLarge) as error:
        raise unreadable(str(error).rstrip(".")) from None


def write_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML in its own order of keys; `read_yaml` gives it back. A text such as "NO" stays quoted."""
    return yaml.dump(document, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=WIDTH)


def unreadable(message: str) -> Invalid:
    """The refusal of a body that is no policy for its form alone."""
    return Invalid(
        f"The policy cannot be read: {message}.", faults=[Fault(path="body", code="unreadable", message=message)]
    )


def _refuse_excess(text: str) -> None:
    """Refuse many aliases and deep nesting before anything is built: the C library builds on the stack, without a limit."""
    if _bracket_depth(text) > MAX_YAML_DEPTH:
        raise _too_deep()
    aliases = depth = 0
    for token in yaml.scan(text, Loader=_Loader):
        if isinstance(token, yaml.AliasToken):
            aliases += 1
        elif isinstance(token, _BEGINNINGS):
            depth += 1
        elif isinstance(token, _ENDS):
            depth -= 1
        if depth > MAX_YAML_DEPTH:
            raise _too_deep()
        if aliases > MAX_ALIASES:
            raise unreadable(f"the document uses more than {MAX_ALIASES} aliases: write the parts out")


def _too_deep() -> Invalid:
    return unreadable(f"the document is nested deeper than {MAX_YAML_DEPTH} levels")


def _bracket_depth(text: str) -> int:
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
    """YAML lets the last of two equal keys win in silence; here the document is refused.

    So are merge keys (`<<: *base`): ten of ten each, six deep, are 500 bytes to write and a million pairs to build.
    """

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, "merge keys (<<) are not read: write the merged keys out", key.start_mark
                )
        super().flatten_mapping(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # as PyYAML has it
        seen = set[str]()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value} occurs twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Quoting(_Dumper):
    """Quotes what any YAML reader would take for something else than text, and writes no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        style = "'" if _NUMBER_ELSEWHERE.fullmatch(value) else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Quoting.add_representer(str, _Quoting.text)

"""Policies as YAML, for those that came as JSON."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

try:  # the C library is ten times as fast; a PyYAML built without it does too
    from yaml import CSafeDumper as _Dumper
except ImportError:
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]  # the same interface

WIDTH = 120

#: Texts that are numbers in YAML 1.2, which we read, though not in YAML 1.1, which PyYAML quotes for: "1e3", "0o17".
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")


def write_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML in its own order of keys; `read_yaml` gives it back. A text such as "NO" stays quoted."""
    return yaml.dump(document, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=WIDTH)


class _Quoting(_Dumper):
    """Quotes what any YAML reader would take for something else than text, and writes no aliases."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, value: str) -> yaml.ScalarNode:
        style = "'" if _NUMBER_ELSEWHERE.fullmatch(value) else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Quoting.add_representer(str, _Quoting.text)

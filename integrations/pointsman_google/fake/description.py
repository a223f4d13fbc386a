"""Google's own description of the API (a discovery document), by which each request is judged.

It is not a part of this package: `POINTSMAN_GOOGLE_DISCOVERY` names a file that holds it.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pointsman_google.fake.wire import Asked
from pointsman_sdk.readers.strict_json import parse_json

FILE = "POINTSMAN_GOOGLE_DISCOVERY"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WHOLE = re.compile(r"-?\d{1,19}")


class Description:
    """`faults` says what a request has that the description does not know, or knows otherwise."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas, self._common = document["schemas"], document["parameters"]
        self._methods = list(_methods(document["resources"]))

    @classmethod
    def from_environment(cls) -> "Description | None":
        """The one that the environment names, if it does."""
        name = os.environ.get(FILE)
        return _read(name) if name else None

    def faults(self, asked: Asked) -> list[str]:
        method = self._method(asked)
        if method is None:
            return [f"there is no {asked.method} {'/'.join(asked.path)}"]
        known = {**self._common, **method.get("parameters", {})}
        found = [fault for name, values in asked.query.items() for fault in _parameter(name, values, known.get(name))]
        schema = method.get("request")
        if schema is None:
            return found + (["a body where none is known"] if asked.body is not None else [])
        if asked.body is None:
            return [*found, "no body"]
        # Only what is sent anew has to be whole; `null` takes a field away.
        partial = asked.method == "PATCH"
        return found + self._value(asked.body, {"$ref": schema["$ref"]}, schema["$ref"], method["id"], partial=partial)

    def scopes(self, asked: Asked) -> frozenset[str]:
        """Any one of these lets a client ask so."""
        method = self._method(asked)
        return frozenset(method.get("scopes", ())) if method is not None else frozenset()

    def _method(self, asked: Asked) -> Mapping[str, Any] | None:
        for method in self._methods:
            path = method["path"].split("/")
            if method["httpMethod"] != asked.method or len(path) != len(asked.path):
                continue
            if all(one.startswith("{") or one == given for one, given in zip(path, asked.path, strict=True)):
                return method
        return None

    def _value(self, value: Any, schema: Mapping[str, Any], at: str, method: str, *, partial: bool) -> list[str]:
        if "$ref" in schema:
            schema = {"type": "object", **self._schemas[schema["$ref"]]}
        if value is None and partial:
            return []
        match schema["type"]:
            case "object" if isinstance(value, dict):
                return self._object(value, schema, at, method, partial=partial)
            case "array" if isinstance(value, list):
                return [
                    fault
                    for number, one in enumerate(value)
                    for fault in self._value(one, schema["items"], f"{at}[{number}]", method, partial=False)
                ]
            case "object" | "array":
                return [f"{at} is no {schema['type']}"]
            case _:
                return _plain(value, schema, at)

    def _object(
        self, value: Mapping[str, Any], schema: Mapping[str, Any], at: str, method: str, *, partial: bool
    ) -> list[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        found = []
        for name, one in value.items():
            part = known.get(name, others)
            if part is None:
                found.append(f"{at} has no {name}")
            elif "Read-only." in part.get("description", ""):
                found.append(f"{at}.{name} is Google's to say")
            else:
                found += self._value(one, part, f"{at}.{name}", method, partial=partial)
        if not partial:
            needed = [name for name, part in known.items() if method in part.get("annotations", {}).get("required", [])]
            found += [f"{at} lacks {name}" for name in needed if name not in value]
        return found


@cache
def _read(name: str) -> Description:
    """One reading serves all fakes of a process: it takes some milliseconds."""
    return Description(parse_json(Path(name).read_bytes()))


def _methods(resources: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in resources.values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource.get("resources", {}))


def _parameter(name: str, values: list[str], schema: Mapping[str, Any] | None) -> list[str]:
    if schema is None or schema.get("location", "query") != "query":
        return [f"there is no parameter {name}"]
    if len(values) > 1 and not schema.get("repeated"):
        return [f"the parameter {name} comes twice"]
    return [fault for value in values for fault in _text(value, schema, name)]


def _text(value: str, schema: Mapping[str, Any], at: str) -> list[str]:
    """A value that is written as text whatever its type is, as all parameters are."""
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is none of {schema['enum']}"]
    match schema["type"]:
        case "integer":
            fits = bool(_WHOLE.fullmatch(value))
            fits = fits and int(value) >= int(schema.get("minimum", value))
            fits = fits and int(value) <= int(schema.get("maximum", value))
        case "boolean":
            fits = value in ("true", "false")
        case _:
            fits = schema.get("format") != "date-time" or bool(_DATE_TIME.fullmatch(value))
    return [] if fits else [f"{at} is not of its type"]


def _plain(value: Any, schema: Mapping[str, Any], at: str) -> list[str]:
    kind, form = schema["type"], schema.get("format")
    match kind:
        case "string" if isinstance(value, str):
            forms = {"date-time": _DATE_TIME, "date": _DATE, "int64": _WHOLE}
            fits = form not in forms or bool(forms[form].fullmatch(value))
        case "integer":
            fits = isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            fits = isinstance(value, bool)
        case "number":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            fits = kind == "any"
    return [] if fits else [f"{at} is not of its type"]

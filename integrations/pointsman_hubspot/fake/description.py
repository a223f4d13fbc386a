"""Descriptions of the API (OpenAPI documents of version 3), by which each request is judged.

They are no part of this package: `POINTSMAN_HUBSPOT_SPECS` names a folder that holds them (`hubspot-contacts.json` and so on). A
request by a dated path is judged by the path of version 3 that means the same, one about companies by the shape of contacts.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pointsman_hubspot.fake.wire import Asked
from pointsman_sdk.readers.strict_json import JsonLimits, parse_json

FOLDER = "POINTSMAN_HUBSPOT_SPECS"
_FILES = ("contacts", "meetings", "tasks", "owners", "properties", "lists", "associations-v4")
#: What HubSpot's own pages describe and the documents lack, with where it stands.
UNDESCRIBED = {
    # developers.hubspot.com/docs/api-reference/latest/account/account-information/get-account-details
    ("GET", ("account",)),
    # developers.hubspot.com/docs/api-reference/latest/crm/lists/memberships/get-memberships-batch
    ("POST", ("lists", "records", "memberships", "batch", "read")),
}
_PLACE = re.compile(r"\{\w+\}")


class Description:
    """`faults` says what a request has that the documents do not know, or know otherwise."""

    def __init__(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._methods = [
            (method.upper(), tuple(path.strip("/").split("/")), operation, document)
            for document in documents
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in ("get", "post", "put", "patch", "delete")
        ]

    @classmethod
    def from_environment(cls) -> "Description | None":
        """The one that the environment names, if it does."""
        name = os.environ.get(FOLDER)
        return _read(name) if name else None

    def faults(self, asked: Asked) -> list[str]:
        if (asked.method, asked.path) in UNDESCRIBED:
            return []
        path = legacy_path(asked)
        found = self._operation(asked.method, path)
        if found is None:
            return [f"there is no {asked.method} /{'/'.join(path)}"]
        operation, document = found
        known = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
        faults = [f"there is no parameter {name}" for name in asked.query if name not in known]
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if schema is None:
            return faults + (["a body where none is known"] if asked.body is not None else [])
        if asked.body is None:
            return [*faults, "no body"]
        return faults + _judged(asked.body, schema, document, "body")

    def _operation(self, method: str, path: Sequence[str]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
        for known, parts, operation, document in self._methods:
            if known == method and len(parts) == len(path) and _leads_to(parts, path):
                return operation, document
        return None


def _leads_to(parts: Sequence[str], path: Sequence[str]) -> bool:
    return all(_PLACE.fullmatch(one) or one == given for one, given in zip(parts, path, strict=True))


def legacy_path(asked: Asked) -> tuple[str, ...]:
    """The path of version 3, or 4 for associations, that means the same; of companies that of contacts."""
    part, *rest = asked.path
    if part in ("objects", "properties"):
        rest = ["contacts" if one == "companies" and number == 0 else one for number, one in enumerate(rest)]
    is_association = part == "associations" or (part == "objects" and "associations" in rest)
    return ("crm", "v4" if is_association else "v3", part, *rest)


def _judged(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> list[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _judged(value, document["components"]["schemas"][name], document, name)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is none of {schema['enum']}"]
    kind = schema.get("type", "object")
    if kind == "object":
        return _object(value, schema, document, at)
    if kind == "array" and isinstance(value, list):
        each = [_judged(one, schema["items"], document, f"{at}[{n}]") for n, one in enumerate(value)]
        return [fault for faults in each for fault in faults]
    return [] if _is_plain(value, kind) else [f"{at} is no {kind}"]


def _is_plain(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, {"string": str, "integer": int}.get(kind, ()))


def _object(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is no object"]
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    faults = [f"{at} lacks {name}" for name in schema.get("required", ()) if name not in value]
    for name, one in value.items():
        part = known.get(name, others if isinstance(others, dict) else None)
        if part is None:
            faults.append(f"{at} has no {name}")
        else:
            faults += _judged(one, part, document, f"{at}.{name}")
    return faults


@cache
def _read(name: str) -> Description:
    """One reading serves all fakes of a process: it takes some milliseconds."""
    limits = JsonLimits()
    return Description([parse_json((Path(name) / f"hubspot-{one}.json").read_bytes(), limits) for one in _FILES])

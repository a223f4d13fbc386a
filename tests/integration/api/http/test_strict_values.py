"""A value is what it says: in a body no number is a truth value, no text a number, no number an instant."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from support.http.keys import MakeKey

pytestmark = pytest.mark.anyio

#: What is sent in place of a value of each kind.
NOT_ONE = {
    "boolean": (0, 1, "true", "false", "yes", "on", 0.0),
    "integer": ("1", True, 1.5),
    "number": ("1", True),
    "date-time": (1_700_000_000, "1700000000", 0, True),
    "date": (0, "0", 20_000),
}


def kinds_of(schema: dict[str, Any]) -> set[str]:
    """The kinds that a property takes, without null; none of them is checked where any value goes."""
    options = schema.get("anyOf", [schema])
    found = {option.get("format") or option.get("type", "any") for option in options}
    return found - {"null"}


def strict_fields(app: FastAPI) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    """(method, path, way to the field, kind) of each scalar that a JSON body can have, also in lists and objects."""
    described = app.openapi()
    for path, item in described["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                schema = content["application/json"].get("schema", {})
                for way, kind in _fields(described, schema, ()):
                    yield method.upper(), path, way, kind


def _fields(described: dict[str, Any], schema: dict[str, Any], way: tuple[str, ...]) -> Iterator[tuple[Any, str]]:
    for option in schema.get("anyOf", schema.get("oneOf", [schema])):
        named = option.get("$ref", "").rpartition("/")[2]
        found = described["components"]["schemas"][named] if named else option
        if "items" in found:
            yield from _fields(described, found["items"], (*way, "[]"))
        for name, inner in found.get("properties", {}).items():
            kinds = kinds_of(inner)
            if len(kinds) == 1 and (kind := next(iter(kinds))) in NOT_ONE:
                yield (*way, name), kind
            yield from _fields(described, inner, (*way, name))


def body_with(way: tuple[str, ...], value: Any) -> Any:
    for step in reversed(way):
        value = [value] if step == "[]" else {step: value}
    return value


async def test_no_value_of_another_kind_is_taken_for_one_of_a_body(
    app: FastAPI, client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    admin = await sign_in("admin")
    fields = list(strict_fields(app))
    assert {kind for *_, kind in fields} >= {"boolean", "integer", "date-time", "date"}
    assert len(fields) > 50
    for method, path, way, kind in fields:
        where = "body" + "".join("[0]" if step == "[]" else f".{step}" for step in way)
        for value in NOT_ONE[kind]:
            address = re.sub(r"\{\w+\}", "1", re.sub(r"\{\w+_id\}", "01999999-0000-7000-8000-000000000000", path))
            answer = await client.request(method, address, json=body_with(way, value), headers=admin)
            assert answer.status_code == 422, f"{method} {path} {where}={value!r}: {answer.status_code}"
            paths = [fault["path"] for fault in answer.json()["faults"]]
            assert any(found.startswith(where) for found in paths), f"{method} {path} {where}={value!r}: {paths}"


@pytest.mark.parametrize("number", ["1_0", "1.0", " 1", "1 ", "+1", "1e1", "\u0661", "0x1", "", "9" * 30])
@pytest.mark.parametrize(
    "address",
    ["/v1/leads?limit={}", "/v1/policies?limit={}", "/v1/policies?cursor={}", "/v1/policies/{}", "/v1/policies/1/diff/{}",
     "/v1/leads/01999999-0000-7000-8000-000000000000/slots?limit={}"],
)  # fmt: skip
async def test_a_number_of_a_query_or_path_is_written_in_digits(
    client: httpx.AsyncClient, sign_in: MakeKey, address: str, number: str
) -> None:
    answer = await client.get(address.format(quote(number)), headers=await sign_in("admin"))
    assert answer.status_code == (404 if not number and "?" not in address else 422), answer.text


@pytest.mark.parametrize(("word", "status"), [("true", 200), ("false", 200), ("1", 422), ("yes", 422), ("True", 422)])
async def test_a_query_takes_true_and_false_alone(
    client: httpx.AsyncClient, sign_in: MakeKey, word: str, status: int
) -> None:
    answer = await client.get("/v1/holds", params={"overdue": word}, headers=await sign_in("read"))
    assert answer.status_code == status, answer.text

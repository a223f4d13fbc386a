"""The description is complete: nobody has to guess."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from pointsman.api.openapi.document import TAGS
from pointsman.main import create_app
from pointsman.settings import load_settings
from support.http.keys import SECRET

Operation = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET))


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_description_is_valid_openapi(app: FastAPI) -> None:
    """Clients are made of it: a generator refuses the whole for one name."""
    assert [error.message for error in OpenAPIV31SpecValidator(app.openapi()).iter_errors()] == []


def test_what_takes_a_policy_says_in_which_forms(app: FastAPI) -> None:
    taking = [named for named, operation in operations(app) if "text/yaml" in body_of(operation)]
    assert taking == ["POST /v1/policies", "POST /v1/policies/check", "POST /v1/policies/words"]
    for operation in (operation for name, operation in operations(app) if name in taking):
        body = body_of(operation)
        assert body.keys() == {"application/json", "application/yaml", "text/yaml"}
        assert "/v1/policies/schema" in body["application/json"]["schema"]["description"]
        assert body["application/yaml"]["schema"]["type"] == "string"


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    return found


def test_every_operation_has_a_summary_and_one_tag_of_the_console(app: FastAPI) -> None:
    known = {tag["name"] for tag in TAGS}
    for name, operation in operations(app):
        assert operation["summary"].strip(), name
        assert len(operation.get("tags", ())) == 1, name
        assert operation["tags"][0] in known, name


def test_every_operation_tells_its_errors_as_problems(app: FastAPI) -> None:
    for name, operation in operations(app):
        failing = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
        assert failing, name
        for status, answer in failing.items():
            assert answer["content"].keys() == {"application/problem+json"}, f"{name} {status}"
            assert answer["description"], f"{name} {status}"


def test_every_signed_in_operation_documents_401_and_403_and_every_body_400_and_422(app: FastAPI) -> None:
    for name, operation in operations(app):
        if operation.get("security"):
            assert {"401", "403"} <= operation["responses"].keys(), name
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= operation["responses"].keys(), name


def test_only_health_and_hooks_are_open(app: FastAPI) -> None:
    """A hook is known by its signature instead of a key."""
    for name, operation in operations(app):
        path = name.split()[1]
        assert bool(operation.get("security")) != path.startswith(("/health/", "/v1/hooks/")), name


def test_every_json_body_has_an_example(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    for name, operation in operations(app):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = content.get("schema", {})
            target = schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1], schema)
            assert "examples" in content or "example" in content or is_shown(target, schemas), name


def is_shown(schema: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether the console can fill in a body: an example of the whole, or of each part that must be there."""
    if "examples" in schema or "default" in schema or "enum" in schema or "const" in schema:
        return True
    if "$ref" in schema:
        return is_shown(schemas[schema["$ref"].rsplit("/", 1)[-1]], schemas)
    parts = schema.get("properties", {})
    return bool(parts) and all(is_shown(parts[name], schemas) for name in schema.get("required", ()))


def test_every_reference_of_the_description_leads_somewhere(app: FastAPI) -> None:
    description = app.openapi()
    for reference in references(description):
        place: Any = description
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)

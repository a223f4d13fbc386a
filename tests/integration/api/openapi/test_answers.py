"""Each documented answer shows what the demo's floor really answered; what is not shown yet is listed."""

from typing import Any

from pointsman.main import create_app
from pointsman.settings import load_settings
from support.floors.console_requests import operations
from support.http.keys import SECRET

#: What is not shown, by status, and why.
NOT_RECORDED = {
    "200": {
        "GET /v1/connections/{key}/fields": "the demo's floor in the tests has no CRM, whose fields it would list",
        "POST /v1/connections/{key}/fields/preview": "the same",
        "GET /v1/policies/schema": "a JSON Schema: its references would lead nowhere in the description around it",
    },
}


def test_each_documented_answer_has_an_example_that_was_recorded() -> None:
    description = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)).openapi()
    missing: dict[str, list[str]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                contents = answer.get("content", {}).values()
                if contents and not any("example" in content for content in contents):
                    missing.setdefault(status, []).append(f"{method.upper()} {path}")
    assert {status: sorted(names) for status, names in missing.items()} == {
        status: sorted(names) for status, names in NOT_RECORDED.items()
    }


def test_each_error_shows_its_own_status() -> None:
    description = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)).openapi()
    shown = [
        (status, answer["content"]["application/problem+json"]["example"]["status"])
        for methods in description["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if "example" in answer.get("content", {}).get("application/problem+json", {})
    ]
    assert len(shown) > 500
    assert [pair for pair in shown if pair[0] != str(pair[1])] == []


def test_where_a_lead_is_named_it_may_be_unknown_or_one_of_several() -> None:
    description = create_app(load_settings(database_url="postgresql://unused/unused", secret_keys=SECRET)).openapi()
    named = [
        (name, operation["responses"])
        for name, operation in operations(description)
        if _names_a_lead(operation, description["components"]["schemas"])
    ]
    assert len(named) > 20
    assert [name for name, answers in named if not {"404", "409"} <= answers.keys()] == []


def _names_a_lead(operation: dict[str, Any], schemas: dict[str, Any]) -> bool:
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    bodies = [part["schema"] for part in operation.get("requestBody", {}).get("content", {}).values()]
    models = [schemas[body["$ref"].rsplit("/", 1)[-1]] for body in bodies if "$ref" in body]
    said = {name for model in models for name in model["properties"]}
    return bool({"lead_id", "lead"} & parameters or {"lead_id", "lead_ids"} & said)

"""The description of the API: grouped by who uses it, every operation with the problems it may answer with."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pointsman.api.http.auth import OPERATION_FIELD
from pointsman.api.http.problems import FaultDoc, Problem, problem_doc
from pointsman.api.openapi.example_timestamps import fill_in_dates
from pointsman.api.openapi.recorded_answers import show_answers
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.wording import who_may

TAGS = [
    {"name": "Lead intake", "description": "For forms, ads, marketing automation and CRMs: leads come in."},
    {"name": "Accounts", "description": "For the RevOps admin: companies, whose they are, and two that are one."},
    {
        "name": "Hand-over and booking",
        "description": "For SDRs and appointment setters, in-house or at a partner: pass the gate, book the closer.",
    },
    {
        "name": "Decisions",
        "description": "For sales managers: who got this lead, and why? What waits, and the exceptions that were made.",
    },
    {"name": "Policy", "description": "For the RevOps admin: check, publish and roll back the rules."},
    {"name": "Intakes", "description": "For the RevOps admin: who may send, how it is read, and what came in."},
    {"name": "Roster", "description": "For the RevOps admin: reps, roles, suppliers, time off, pools."},
    {"name": "Connections", "description": "For the RevOps admin: calendars, CRMs, and what is owed to them."},
    {"name": "Operations", "description": "For the engineer who runs it: keys, health, metrics, alerts, audit."},
]

DESCRIPTION = """
Pointsman takes leads in, applies the published rules, keeps closers off cold work, and puts qualified appointments
into calendars.

* **Sign in** with `Authorization: Bearer pm_…` (the lock at the top right). `make demo` prints a key.
* **Errors** are `application/problem+json` (RFC 9457). `type` is `urn:pointsman:problem:<code>` and stable; `faults`
  points into the request, for example `body.items[3].email`.
* **Lists** answer `{items, next}`; ask again with `cursor=<next>`.
* **Times** are ISO 8601 with an offset; answers are in UTC.
* **Examples** of answers and errors are what the demo's floor really answered, in English; of each list, two items.
"""

_CONNECTION = "/v1/connections/{key}"
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def install_openapi(
    app: FastAPI,
    *,
    public_url: str,
    clock: Callable[[], datetime],
    components: Mapping[str, Any],
    connection_examples: Callable[[], Mapping[str, Any]],
) -> None:
    """Give the app its description, made when first asked for on a day: its examples lie in the days ahead.

    `components` say more of what the routes take than their own models do, by the models' names. `connection_examples` are
    asked for then, too, since they import every connector: one request for each of their ways to sign in.
    """
    made_on: date | None = None

    def describe() -> dict[str, Any]:
        schema = _describe(app, public_url, components)
        body = schema["paths"][_CONNECTION]["put"]["requestBody"]["content"]["application/json"]
        body["examples"] = dict(connection_examples())
        return schema

    def description() -> dict[str, Any]:
        nonlocal made_on
        today = clock().date()
        if app.openapi_schema is None or made_on != today:
            app.openapi_schema, made_on = fill_in_dates(describe(), today), today
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]  # FastAPI's documented way


def _describe(app: FastAPI, public_url: str, more: Mapping[str, Any]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        summary="Lead routing that protects roles: gate, fair distribution, real booking.",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
        servers=[
            {"url": "/", "description": "This service"},
            {"url": public_url, "description": "As senders see it"},
        ],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    for model in (Problem, FaultDoc):
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        described.pop("$defs", None)
        components[model.__name__] = described
    components |= more
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                _complete(operation)
                show_answers(f"{method.upper()} {path}", operation["responses"])
                _say_who_may(operation)
    return schema


def _say_who_may(operation: dict[str, Any]) -> None:
    said = who_may(Operation(operation[OPERATION_FIELD]))
    operation["description"] = f"{operation.get('description', '')}\n\n{said}".strip()


def _complete(operation: dict[str, Any]) -> None:
    """Add the problems that every operation of this shape may answer with, and fill in what its path needs."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path" and parameter["schema"].get("examples"):
            parameter.setdefault("example", parameter["schema"]["examples"][0])  # the console shows this one alone
    statuses = {400, 503}
    if operation.get("security"):
        statuses |= {401, 403, 429}
    if "requestBody" in operation:
        statuses |= {408, 413, 415, 422}
    answers = operation["responses"]
    if "422" in answers and "application/json" in answers["422"].get("content", {}):
        del answers["422"]  # FastAPI's own form of it
        statuses.add(422)
    for status in statuses:
        answers.setdefault(str(status), problem_doc(status))
    operation["responses"] = dict(sorted(answers.items()))

"""Errors as problems."""

import inspect
import json
from typing import Any

import httpx
import pytest
from fastapi.exceptions import RequestValidationError

from pointsman.api.http import problem_handlers, problems
from pointsman.domain import errors
from pointsman.domain.errors import (
    Conflict,
    Fault,
    Invalid,
    PointsmanError,
    SlotTaken,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from pointsman.services.ports import (
    ConstraintRefused,
    DatabaseBusy,
    DatabasePoolExhausted,
    DatabaseUnavailable,
    LockTimedOut,
    SchemaUnusable,
    StatementCancelled,
    StatementTimedOut,
)
from support.http.keys import MakeKey

ALL = [found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, PointsmanError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_has_a_status_and_a_stable_type(kind: type[PointsmanError]) -> None:
    more = {"retry_after_s": 3} if kind is TooManyRequests else {}
    answer = problems.problem_of_error(kind("Because.", **more))
    body = json.loads(bytes(answer.body))
    assert 400 <= answer.status_code < 600
    assert answer.media_type == "application/problem+json"
    assert body["type"] == f"urn:pointsman:problem:{kind.code}"
    assert body["status"] == answer.status_code
    assert body["detail"] == "Because."


def test_the_nearest_class_decides() -> None:
    assert problems.status_of(SlotTaken("x")) == problems.status_of(Conflict("x")) == 409


def test_a_fault_shows_where_it_is() -> None:
    fault = Fault(path="body.rules[3].when.field", code="unknown-field", message="Did you mean lead.country?")
    body = json.loads(bytes(problems.problem_of_error(Invalid("Two faults.", faults=[fault])).body))
    assert body["faults"] == [
        {"path": "body.rules[3].when.field", "code": "unknown-field", "message": "Did you mean lead.country?"}
    ]


def test_extra_members_never_hide_the_standard_ones() -> None:
    body = json.loads(bytes(problems.problem_of_error(Conflict("x", extra={"status": 200, "held_by": "anna"})).body))
    assert body["status"] == 409
    assert body["held_by"] == "anna"


def test_the_unknown_caller_hears_how_to_sign_in_and_the_early_one_when_to_retry() -> None:
    assert "Bearer" in problems.problem_of_error(Unauthenticated("x")).headers["www-authenticate"]
    assert int(problems.problem_of_error(Unavailable("x")).headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DatabasePoolExhausted("Every connection is in use."), "connections-busy"),
        (LockTimedOut("A row is kept locked."), "lock-timeout"),
        (StatementTimedOut("It took too long."), "statement-timeout"),
        (StatementCancelled("It was cancelled."), "statement-cancelled"),
    ],
)
def test_a_busy_database_is_not_called_an_outage(error: DatabaseBusy, code: str) -> None:
    answer = problem_handlers.problem_of_busy(error)
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["code"], int(answer.headers["retry-after"]) > 0) == (503, code, True)
    assert body["detail"] == f"{error} Nothing was stored. Retry in a moment."
    away = json.loads(bytes(problem_handlers.problem_of_unreachable(DatabaseUnavailable("gone")).body))
    assert (away["code"], "does not answer" in away["detail"]) == ("unavailable", True)


def test_a_schema_that_waits_for_its_migration_is_an_outage_that_says_where_to_look() -> None:
    answer = problem_handlers.problem_of_schema_unusable(SchemaUnusable('relation "leads" does not exist'))
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    assert "pointsman doctor" in json.loads(bytes(answer.body))["detail"]


def test_the_databases_own_role_protection_speaks_as_role_protection() -> None:
    answer = problem_handlers.problem_of_refusal(
        ConstraintRefused("PM001", "the role does not include closing", "role")
    )
    body = json.loads(bytes(answer.body))
    assert (answer.status_code, body["code"], body["reason"]) == (409, "role-protected", "role")


def test_any_other_refusal_is_a_conflict_that_names_the_constraint_alone() -> None:
    refused = ConstraintRefused("leads_email_key", "duplicate key: (email_key)=(mara@example.com)", "mara@example.com")
    answer = problem_handlers.problem_of_refusal(refused)
    assert answer.status_code == 409
    assert b"mara" not in bytes(answer.body)


def test_what_cannot_be_stored_is_the_callers_fault_not_ours() -> None:
    assert problem_handlers.problem_of_refusal(ConstraintRefused("22003", "integer out of range")).status_code == 422


def test_a_fault_of_ours_tells_an_incident_and_nothing_else() -> None:
    answer = problem_handlers.problem_of_unexpected(RuntimeError("mara@example.com broke it"))
    assert answer.status_code == 500
    body = json.loads(bytes(answer.body))
    assert body["incident"] in body["detail"]
    assert "mara" not in str(body)


def test_a_validation_fault_has_a_dotted_path_and_says_what_to_do() -> None:
    error = RequestValidationError(
        [
            {"type": "missing", "loc": ("body", "items", 3, "x"), "msg": "Field required", "input": {}},
            {"type": "extra_forbidden", "loc": ("body", "y"), "msg": "Extra inputs", "input": 1},
        ]
    )
    body = json.loads(bytes(problem_handlers.problem_of_validation(error).body))
    assert [fault["path"] for fault in body["faults"]] == ["body.items[3].x", "body.y"]
    assert body["faults"][0]["message"] == "Add this field; it is required."


def test_unparsable_json_is_400() -> None:
    error = RequestValidationError([{"type": "json_invalid", "loc": ("body", 0), "msg": "x", "input": {}}])
    assert problem_handlers.problem_of_validation(error).status_code == 400


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "body", "fault", "advice"),
    [
        ("/v1/inbox/replay", {"since": "2026-11-22T09:00:00"}, "body.since", "Add the offset from UTC, as in"),
        ("/v1/inbox/replay", {"dry_run": "yes"}, "body.dry_run", "Write true or false, without quotes."),
        ("/v1/inbox/replay", {"intake": 7}, "body.intake", "Write a text, in quotes."),
        ("/v1/inbox/replay", None, "body", "Send a JSON object as the body"),
        ("/v1/inbox/nope/replay", None, "path.inbox_id", "Write an id as this service gives them"),
        ("/v1/keys", {"name": "x", "scopes": "read"}, "body.scopes", "Write a list: [...]."),
        ("/v1/keys", {"name": "x", "scopes": []}, "body.scopes", "Give at least 1."),
        (
            "/v1/keys",
            {"name": "x", "scopes": ["read"], "expires_in_days": "7"},
            "body.expires_in_days",
            "Write a whole",
        ),
        ("/v1/leads", {"fields": []}, "body.fields", "Write an object: {...}."),
    ],
)
async def test_a_fault_says_what_to_write(
    client: httpx.AsyncClient, sign_in: MakeKey, path: str, body: Any, fault: str, advice: str
) -> None:
    answer = await client.post(path, json=body, headers=await sign_in("admin"))
    assert answer.status_code == 422, answer.text
    messages = {found["path"]: found["message"] for found in answer.json()["faults"]}
    assert messages[fault].startswith(advice), messages


@pytest.mark.anyio
async def test_a_body_of_the_wrong_type_hears_of_yaml_where_yaml_is_read(
    client: httpx.AsyncClient, sign_in: MakeKey
) -> None:
    headers = await sign_in("admin") | {"Content-Type": "text/plain"}
    said = {
        path: (await client.post(path, content=b"rules: []", headers=headers)).json()["detail"]
        for path in ("/v1/policies/check", "/v1/leads")
    }
    assert ["application/yaml" in detail for detail in said.values()] == [True, False]

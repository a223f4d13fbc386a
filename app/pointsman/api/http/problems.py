"""Errors as RFC 9457 problems: the one table from error to HTTP status, and their documentation."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from pointsman.domain import errors as e
from pointsman.domain.errors import MAX_FAULTS, Fault, PointsmanError, listed_faults
from pointsman.logs import safe_traceback
from pointsman.services.ports import (
    ConstraintRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    LostRace,
    SchemaUnusable,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:pointsman:problem:"  # + code; a name, not an address
RETRY_AFTER_S = 2

#: Nearest class wins. Role protection is 409: the caller is allowed to ask, the state of roles and gates forbids it.
STATUS_BY_ERROR: dict[type[PointsmanError], int] = {
    e.Invalid: 422,
    e.Unauthenticated: 401,
    e.Forbidden: 403,
    e.NotFound: 404,
    e.Conflict: 409,
    e.RoleProtected: 409,
    e.IdempotencyKeyReused: 422,
    e.TooLarge: 413,
    e.UnsupportedMedia: 415,
    e.TooManyRequests: 429,
    e.Unavailable: 503,
    PointsmanError: 400,
}

_log = structlog.get_logger("pointsman.api")


class FaultDoc(BaseModel):
    """One fault: where, what, and what to do."""

    path: str = Field(examples=["body.lead.email"])
    code: str = Field(examples=["value_error"])
    message: str = Field(examples=["Give an email address such as mara@example.com."])


class Problem(BaseModel):
    """RFC 9457 problem; `type` is stable and ends in `code`."""

    type: str = Field(examples=["urn:pointsman:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no lead with this id."])
    code: str = Field(examples=["not-found"])
    faults: list[FaultDoc] = Field(default_factory=list, description="Each fault in the request.")


class ProblemResponse(JSONResponse):
    media_type = MEDIA_TYPE


def status_of(error: PointsmanError) -> int:
    return next(STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR)


def problem_body(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    left_out: int = 0,
    extra: dict[str, object] | None = None,
) -> dict[str, object]:
    """The problem as JSON-ready data; `extra` cannot hide a standard member, and `left_out` counts faults that are not listed."""
    if left_out:
        detail = f"{detail} {left_out} more fault{'s are' if left_out > 1 else ' is'} not listed."
    return {
        **(extra or {}),
        "type": TYPE_PREFIX + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "faults": [{"path": f.path, "code": f.code, "message": f.message} for f in faults],
    }


def problem_headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="pointsman"'}
    if status in {429, 503}:
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {}


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    left_out: int = 0,
    extra: dict[str, object] | None = None,
) -> ProblemResponse:
    return ProblemResponse(
        problem_body(status, code, detail, faults=faults, left_out=left_out, extra=extra),
        status_code=status,
        headers=problem_headers(status),
    )


def problem_of_error(error: PointsmanError) -> ProblemResponse:
    answer = problem_response(
        status_of(error),
        error.code,
        str(error),
        faults=error.faults,
        left_out=error.faults_left_out,
        extra=error.extra,
    )
    if isinstance(error, e.TooManyRequests):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    return answer


def problem_of_refusal(refused: ConstraintRefused) -> ProblemResponse:
    """What the database said no to; it got that far only because a use case did not see it coming."""
    if refused.constraint == "PM001":
        return problem_of_error(e.RoleProtected(str(refused), extra={"reason": refused.detail}))
    if refused.constraint.startswith("22"):  # SQLSTATE class 22: a value that no column can hold
        return problem_of_error(e.Invalid("A value in the request cannot be stored: it is too large or malformed."))
    return problem_of_error(
        e.Conflict(
            "The data does not fit together with what is stored. Look again, then retry.",
            code="constraint",
            extra={"constraint": refused.constraint},
        )
    )


def problem_of_unexpected(error: BaseException) -> ProblemResponse:
    """A fault of ours: the caller gets an id, the log gets the frames without any payload."""
    incident = uuid.uuid4().hex
    _log.error("unhandled", incident=incident, **safe_traceback(error))
    return problem_response(
        500,
        "internal",
        f"Something went wrong on our side. Give incident {incident} to the operator of this service.",
        extra={"incident": incident},
    )


def problem_of_validation(error: RequestValidationError) -> ProblemResponse:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem_response(400, "not-json", "The body is not JSON. Send one JSON object as UTF-8.")
    faults = [
        Fault(path=dotted_path(item["loc"]), code=item["type"], message=_advice(item)) for item in found[:MAX_FAULTS]
    ]
    return problem_response(
        422,
        "invalid",
        "The request is not as described. Mend each fault and send it again.",
        faults=listed_faults(faults),
        left_out=len(found) - len(faults),
    )


def dotted_path(location: Sequence[int | str]) -> str:
    """("body", "items", 3, "x") is `body.items[3].x`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


#: What to do about a fault that pydantic only names, in words of its own.
_ADVICE = {
    "missing": "Add this field; it is required.",
    "extra_forbidden": "Take this field out; it is not known here.",
    "timezone_aware": "Add the offset from UTC, as in 2026-11-22T09:00:00+01:00 or 2026-11-22T08:00:00Z.",
    "list_type": "Write a list: [...].",
    "model_type": "Write an object: {...}.",
    "model_attributes_type": "Write an object: {...}.",
    "dict_type": "Write an object: {...}.",
    "bool_type": "Write true or false, without quotes.",
    "int_type": "Write a whole number, without quotes.",
    "string_type": "Write a text, in quotes.",
    "uuid_parsing": "Write an id as this service gives them, such as 0198c0de-0000-7000-8000-000000000000.",
    "uuid_type": "Write an id as this service gives them, such as 0198c0de-0000-7000-8000-000000000000.",
}


def _advice(item: dict[str, Any]) -> str:
    if item["type"] == "missing" and item["loc"] == ("body",):
        return "Send a JSON object as the body; {} where no field of it is required."
    if item["type"] == "too_short" and "min_length" in item.get("ctx", {}):
        return f"Give at least {item['ctx']['min_length']}."
    message: str = _ADVICE.get(item["type"]) or item["msg"].removeprefix("Value error, ")
    return message if message.endswith(".") else message + "."


_OF_STATUS = {
    404: ("no-such-path", "There is nothing at this path. /docs lists what there is."),
    405: ("method-not-allowed", "This path does not take this method. The Allow header lists those it takes."),
    400: ("bad-request", "The request could not be read."),
}


def problem_of_status(status: int, detail: str = "", *, headers: Mapping[str, str] | None = None) -> ProblemResponse:
    """What is said before a route is reached: no such path, method not allowed."""
    code, text = _OF_STATUS.get(status, (HTTPStatus(status).name.lower().replace("_", "-"), detail))
    answer = problem_response(status, code, text)
    answer.headers.update(headers or {})
    return answer


def problem_of_http(error: HTTPException) -> ProblemResponse:
    return problem_of_status(error.status_code, error.detail, headers=error.headers)


def problem_of_unreachable(_error: DatabaseUnavailable) -> ProblemResponse:
    return problem_of_error(e.Unavailable("The database does not answer. Nothing was stored. Retry in a moment."))


def problem_of_busy(error: DatabaseBusy) -> ProblemResponse:
    """The database answers: an operator who looks for an outage would look in the wrong place."""
    _log.warning("database busy", code=error.code)
    return problem_of_error(e.Unavailable(f"{error} Nothing was stored. Retry in a moment.", code=error.code))


def problem_of_schema_unusable(error: SchemaUnusable) -> ProblemResponse:
    """The schema waits for its migration or for rights, and the caller may send again once it has them."""
    _log.error("schema unusable", **safe_traceback(error))
    said = "The database's schema is not what this release needs: `pointsman doctor` says what an admin has to do."
    return problem_of_error(e.Unavailable(f"{said} Nothing was stored."))


def problem_of_race(_error: LostRace) -> ProblemResponse:
    return problem_of_error(e.Unavailable("Too many requests for the same thing at once. Try again in a second."))


_ANSWERS: dict[type[Exception], Callable[[Any], ProblemResponse]] = {
    PointsmanError: problem_of_error,
    RequestValidationError: problem_of_validation,
    HTTPException: problem_of_http,
    ConstraintRefused: problem_of_refusal,
    DatabaseUnavailable: problem_of_unreachable,
    DatabaseBusy: problem_of_busy,
    LostRace: problem_of_race,
    SchemaUnusable: problem_of_schema_unusable,
}


def problem_of(error: Exception) -> ProblemResponse | None:
    """The problem of an error that a caller may see; None for a fault of ours."""
    return next((_ANSWERS[kind](error) for kind in type(error).__mro__ if kind in _ANSWERS), None)


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of a route with a problem."""

    async def answer(_request: Request, error: Exception) -> ProblemResponse:
        found = problem_of(error)
        assert found is not None
        return found

    for kind in _ANSWERS:
        app.add_exception_handler(kind, answer)


_MEANING = {
    400: "The request cannot be read (`not-json`, `bad-encoding`, …)",
    401: "No key, or a wrong, expired or revoked one",
    403: "This key may not do that",
    404: "There is no such thing, or this key may not see it",
    408: "The body came too slowly",
    409: "The present state forbids it",
    410: "It was closed: stop sending to it",
    413: "More than is accepted at once",
    415: "Not JSON, or compressed",
    422: "The request is not as described; `faults` says where",
    429: "Too often; retry after `Retry-After` seconds",
    500: "A fault of ours, with an incident id",
    503: "Not possible right now; retry after `Retry-After` seconds",
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=errors(404, 409)` documents the problems that an operation may answer with."""
    return {status: problem_doc(status) for status in statuses}


def problem_doc(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _MEANING[status], "content": {MEDIA_TYPE: {"schema": schema}}}

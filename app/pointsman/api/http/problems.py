"""Errors as RFC 9457 problems: the one table from error to HTTP status, and their documentation."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from pointsman.domain import errors as e
from pointsman.domain.errors import Fault, PointsmanError

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


class FaultDoc(BaseModel):
    """One fault: where, what, and what to do."""

    path: str = Field(examples=["body.lead.email"])
    code: str = Field(examples=["value_error"])
    message: str = Field(examples=["Give an email address such as mara@example.com."])


class Problem(BaseModel):
    """RFC 9457 problem; `type` is stable and ends in `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
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
    502: "The connector that was asked has no answer: nothing was taken",
    503: "Not possible right now; retry after `Retry-After` seconds",
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=errors(404, 409)` documents the problems that an operation may answer with."""
    return {status: problem_doc(status) for status in statuses}


def problem_doc(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _MEANING[status], "content": {MEDIA_TYPE: {"schema": schema}}}

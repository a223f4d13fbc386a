"""Which problem each exception becomes, from a route or before one is reached, and the handlers that say so."""

import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from pointsman.api.http.partner_redaction import refusal_as_read
from pointsman.api.http.problems import ProblemResponse, problem_of_error, problem_response
from pointsman.api.http.unknown_names import unknown_field
from pointsman.domain import errors as e
from pointsman.domain.errors import MAX_FAULTS, Fault, PointsmanError, listed_faults
from pointsman.domain.messages.form_faults import pattern_fault
from pointsman.domain.messages.message import say
from pointsman.domain.text.formatting import dotted_path
from pointsman.logs import safe_traceback
from pointsman.services.operations.api_keys import Caller
from pointsman.services.ports import (
    ConstraintRefused,
    DatabaseBusy,
    DatabaseUnavailable,
    LostRace,
    SchemaUnusable,
)
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE, MessageReader, render_sentence

_log = structlog.get_logger("pointsman.api")


def error_of_refusal(refused: ConstraintRefused) -> PointsmanError:
    """What the database said no to; it got that far only because a use case did not see it coming."""
    if refused.constraint == "PM001":  # its text may have a rep's key
        return e.RoleProtected(str(refused), extra={"reason": refused.detail}, told=say("refusal.role-protected"))
    if refused.constraint.startswith("22"):  # SQLSTATE class 22: a value that no column can hold
        return e.Invalid("A value in the request cannot be stored: it is too large or malformed.")
    return e.Conflict(
        "The data does not fit together with what is stored. Look again, then retry.",
        code="constraint",
        extra={"constraint": refused.constraint},
    )


def problem_of_refusal(refused: ConstraintRefused) -> ProblemResponse:
    return problem_of_error(error_of_refusal(refused))


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


def problem_of_validation(error: RequestValidationError, *, body: object = None) -> ProblemResponse:
    """`body` is the type of what the route takes, if known: from it, fields are suggested."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return problem_response(400, "not-json", "The body is not JSON. Send one JSON object as UTF-8.")
    faults = [
        Fault(path=dotted_path(item["loc"]), code=item["type"], message=_advice(item, body))
        for item in found[:MAX_FAULTS]
    ]
    return problem_response(
        422,
        "invalid",
        "The request is not as described. Mend each fault and send it again.",
        faults=listed_faults(faults),
        left_out=len(found) - len(faults),
    )


#: What to do about a fault that pydantic only names, in words of its own.
_ADVICE = {
    "missing": "Add this field; it is required.",
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


def _advice(item: dict[str, Any], body: object) -> str:
    if item["type"] == "extra_forbidden":
        return unknown_field(body, item["loc"][1:])
    if item["type"] == "missing" and item["loc"] == ("body",):
        return "Send a JSON object as the body; {} where no field of it is required."
    if item["type"] == "too_short" and "min_length" in item.get("ctx", {}):
        return f"Give at least {item['ctx']['min_length']}."
    if item["type"] == "timezone_aware" and item["loc"][0] == "query":
        return (
            "Add the offset from UTC, as in 2026-11-22T08:00:00Z or 2026-11-22T09:00:00%2B01:00: + is written %2B here."
        )
    if form := pattern_fault(item):
        return render_sentence(form, MessageReader())
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


def _body_of(route: object) -> object:
    """The type of the body that a route takes, or None."""
    field = route.body_field if isinstance(route, APIRoute) else None
    return field.field_info.annotation if field else None


async def _reader_of(request: Request, error: PointsmanError) -> MessageReader:
    """The reader of a refusal, which is English. Names are asked for only where it has some."""
    caller = getattr(request.state, "caller", None)
    if not isinstance(caller, Caller):
        return MessageReader(hides_others=True)
    if error.told is None and not error.extra and not error.faults:
        return MessageReader()
    return (await roster_names(request.app.state.env)).reader(caller.actor, FALLBACK_LANGUAGE)


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of a route with a problem."""

    async def answer(request: Request, error: Exception) -> ProblemResponse:
        if isinstance(error, RequestValidationError):
            return problem_of_validation(error, body=_body_of(request.scope["route"]))
        if isinstance(error, ConstraintRefused):
            error = error_of_refusal(error)
        if isinstance(error, PointsmanError):
            error = refusal_as_read(error, await _reader_of(request, error))
        found = problem_of(error)
        assert found is not None
        return found

    for kind in _ANSWERS:
        app.add_exception_handler(kind, answer)

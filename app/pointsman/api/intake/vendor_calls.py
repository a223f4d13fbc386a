"""Calls of vendors that a connector proves and answers: the request as it came, and the reply as it may be sent."""

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from pointsman.api.http.problems import ProblemResponse, problem_response
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookUnansweredError

UNANSWERED = "The webhook was not taken: {}. Send it again later."
#: Some replies repeat what the sender wrote: no browser may take one for a page of ours.
_INERT = {"content-security-policy": "default-src 'none'; sandbox"}


def signed_request(request: Request, env: Env, body: bytes) -> SignedRequest:
    """As it came, under the address that the sender wrote."""
    scope = request.scope
    query = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    return SignedRequest(
        method=scope["method"],
        uri=env.public_url + (path + b"?" + query if query else path).decode("latin-1"),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body=body,
    )


def reply_of_connector(status: int, headers: Mapping[str, str], body: bytes) -> Response:
    return Response(body, status_code=status, headers={**_INERT, **headers})


def unanswered(fault: HookUnansweredError) -> ProblemResponse:
    return problem_response(502, "hook-unanswered", UNANSWERED.format(fault))

"""The door for webhooks: raw bytes in, a receipt out. The work happens after the answer."""

from json import dumps
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from pointsman.api.http.auth import without_key
from pointsman.api.http.problems import MEDIA_TYPE, problem_body, problem_doc, problem_response, problem_responses
from pointsman.api.intake.vendor_calls import UNANSWERED, reply_of_connector, signed_request, unanswered
from pointsman.domain.errors import Conflict
from pointsman.domain.permissions.operations import Operation
from pointsman.services.intake.hooks.answer import answer_hook
from pointsman.services.intake.intakes import Intake, load_intake
from pointsman.services.intake.receive import receive_webhook
from pointsman.services.ports import Env
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman.services.ports.intake.vendor_events import HookUnansweredError

router = APIRouter(tags=["Lead intake"])


class WebhookReceiptDoc(BaseModel):
    """What was stored. 202 means that it is committed: it is worked off, ends in a visible dead letter, or is kept as refused."""

    accepted: int = Field(examples=[1])
    duplicates: int = Field(description="Events that were here before.", examples=[0])
    refused: int = Field(
        description="Events that cannot be taken; they are kept in the inbox with the reason.", examples=[0]
    )
    ids: list[str] = Field(
        description="The new inbox items that are worked off.", examples=[["0198c0de-0000-7000-8000-000000000001"]]
    )


#: As the intake `website-form` of the demo floor takes it.
EXAMPLE: dict[str, Any] = {
    "contacts": [
        {
            "id": "web-9001",
            "first_name": "Mara",
            "last_name": "Vogel",
            "email": "mara.vogel@nordlicht.example",
            "country": "DE",
            "language": "de",
            "source": "demo_form",
            "company": "Nordlicht GmbH",
            "employees": 120,
        }
    ]
}

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The sender's own format, signed as the intake says. A JSON array is taken event by event, "
        "a form (application/x-www-form-urlencoded) as one.",
        "content": {
            "application/json": {
                "schema": {},
                "example": EXAMPLE,
            },
        },
    }
}


@router.post(
    "/v1/hooks/{connection}",
    status_code=202,
    response_model=WebhookReceiptDoc,
    summary="Take in a webhook",
    description=(
        "Called by forms, ad platforms and CRMs. Where the intake names a connection, its connector says who may send, and "
        "what is answered: the status, the body and the headers are the vendor's own, and a vendor that tries the address by "
        "GET or OPTIONS is answered too. Else the signature is checked over the raw bytes and, where the scheme signs the "
        "address, over the public address of this service. Each event is stored once, however often it is delivered. Sign with "
        "the scheme of the intake (`GET /v1/intakes`); no API key is needed."
    ),
    responses={
        **problem_responses(401, 404, 410, 413, 415, 422, 429, 503),
        502: {
            **problem_doc(502),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": problem_body(
                        502, "hook-unanswered", UNANSWERED.format("the connector failed (KeyError)")
                    ),
                }
            },
        },
    },
    dependencies=[without_key(Operation.WEBHOOK_SEND)],
    openapi_extra=_BODY,
)
async def receive_webhook_request(
    request: Request,
    connection: Annotated[str, Path(description="The intake's key.", examples=["website-form"])],
) -> Response:
    env: Env = request.app.state.env
    try:
        intake = await load_intake(env, connection)
        signed = signed_request(request, env, await request.body())
        if intake.connection is not None:
            return await _answered_by_connector(request, intake, signed)
        received = await receive_webhook(env, connection, signed)
    except Conflict as closed:
        if closed.code != "intake-inactive":
            raise
        return problem_response(410, closed.code, str(closed))
    request.app.state.metrics.count_intake(
        accepted=len(received.ids), duplicates=received.duplicates, refused=len(received.refused_ids)
    )
    answer = {
        "accepted": len(received.ids),
        "duplicates": received.duplicates,
        "refused": len(received.refused_ids),
        "ids": [str(inbox_id) for inbox_id in received.ids],
    }
    return Response(dumps(answer), status_code=202, media_type="application/json")


@router.api_route(
    "/v1/hooks/{connection}",
    methods=["GET", "OPTIONS"],  # CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery", section 4.1
    summary="Answer a vendor that tries the address",
    include_in_schema=False,  # vendors' own: no caller of the API asks it
    dependencies=[without_key(Operation.WEBHOOK_SEND)],
)
async def answer_handshake(
    request: Request,
    connection: Annotated[str, Path(description="The intake's key.", examples=["website-form"])],
) -> Response:
    env: Env = request.app.state.env
    intake = await load_intake(env, connection)
    if intake.connection is None:
        refused = problem_response(405, "method-not-allowed", "Webhooks are posted.")
        refused.headers["Allow"] = "POST"
        return refused
    try:
        # A body is not read here: of a GET, nothing has bounded it.
        return await _answered_by_connector(request, intake, signed_request(request, env, b""))
    except Conflict as closed:
        return problem_response(410, closed.code, str(closed))


async def _answered_by_connector(request: Request, intake: Intake, signed: SignedRequest) -> Response:
    try:
        reply, receipt = await answer_hook(request.app.state.env, intake, signed)
    except HookUnansweredError as fault:
        return unanswered(fault)
    if receipt is not None:
        new = len(receipt.inbox_ids)
        request.app.state.metrics.count_intake(accepted=new, duplicates=len(reply.events) - new, refused=0)
    return reply_of_connector(reply.status, reply.headers, reply.body)

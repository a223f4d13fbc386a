"""The door for webhooks: raw bytes in, a receipt out. The work happens after the answer."""

from json import dumps
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from pointsman.api.http.auth import without_key
from pointsman.api.http.problems import problem_response, problem_responses
from pointsman.domain.errors import Conflict
from pointsman.domain.permissions.operations import Operation
from pointsman.services.intake.receive import receive_webhook
from pointsman.services.ports import Env

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
        "Called by forms, ad platforms and CRMs. The signature is checked over the raw bytes and, where the scheme "
        "signs the address, over the public address of this service. Each event is stored once, however often it is "
        "delivered. Sign with the scheme of the intake (`GET /v1/intakes`); no API key is needed."
    ),
    responses=problem_responses(401, 404, 410, 413, 415, 422, 429, 503),
    dependencies=[without_key(Operation.WEBHOOK_SEND)],
    openapi_extra=_BODY,
)
async def receive_webhook_request(
    request: Request,
    connection: Annotated[str, Path(description="The intake's key.", examples=["website-form"])],
) -> Response:
    scope = request.scope
    query = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    env: Env = request.app.state.env
    body = await request.body()
    try:
        received = await receive_webhook(
            env,
            connection,
            method=scope["method"],
            url_path_and_query=(path + b"?" + query if query else path).decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
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

"""Requests that may be sent again: an `Idempotency-Key` brings the first answer back, byte for byte."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import Header, Request
from starlette.responses import Response

from pointsman.api.http.auth import Caller
from pointsman.api.http.message_reader import language_headers
from pointsman.domain.errors import PointsmanError
from pointsman.services.booking.book import booking_error
from pointsman.services.idempotency import IdempotentResponse, run_once
from pointsman.services.ports import ConstraintRefused, Env, Tx

P = TypeVar("P")

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Yours, at most 255 characters; kept for a day.", max_length=255),
]


async def run_idempotent(
    env: Env,
    request: Request,
    caller: Caller,
    *,
    route: str,
    key: str | None,
    prepare: Callable[[], Awaitable[P]],
    write: Callable[[Tx, P], Awaitable[IdempotentResponse]],
) -> Response:
    """`prepare` may ask vendors and writes nothing; `write` runs in one transaction together with its stored answer."""
    prepared: P | None = None
    refused: PointsmanError | None = None
    try:
        prepared = await prepare()
    except PointsmanError as error:
        if key is None:
            raise
        refused = error  # perhaps because the first request with this key has done it already

    async def work(tx: Tx) -> IdempotentResponse:
        if refused is not None:
            raise refused
        assert prepared is not None
        return await write(tx, prepared)

    try:
        answer = await run_once(env, caller=caller.key_id, route=route, key=key, body=await request.body(), work=work)
    except ConstraintRefused as said_no:
        raise booking_error(said_no) from said_no
    return as_sent(answer)


def as_sent(answer: IdempotentResponse) -> Response:
    """The answer with its headers; one that is given again is in its first language, and says so."""
    headers = language_headers(answer.language) if answer.language else {}
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)

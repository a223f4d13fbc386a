"""Whether a vendor answered anything during one call: one that does is not away, though the call as a whole failed.

A call is several requests. Where one in three of them fails, hardly a call succeeds, and still the vendor works.
"""

import socket
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

import httpx

from pointsman_sdk import Dial


@dataclass(slots=True)
class Heard:
    """What came back in one call; `before_request` holds each of its requests back while the vendor wants it.

    `failing`: the last that came back was a failure of the vendor's, which is no answer, also where it says when to ask anew.
    """

    answer: bool = False
    failing: bool = False
    before_request: Callable[[], Awaitable[None]] | None = None


HEARING: ContextVar[Heard | None] = ContextVar("hearing", default=None)
"""Of the call that runs; None: no call does."""


async def hear(response: httpx.Response) -> None:
    """httpx's hook of each response. A failure, and "too many calls", say nothing of how the vendor does."""
    heard = HEARING.get()
    if heard is None:
        return
    status = response.status_code
    heard.failing = status >= 500 and status != 503  # by 503 some throttle
    if status < 500 and status != 429:
        heard.answer = True


async def hold_back(_request: httpx.Request | None = None) -> None:
    """httpx's hook of each request. Raises `pointsman_sdk.Retryable`: `HeldBack.before_request`."""
    heard = HEARING.get()
    if heard is not None and heard.before_request is not None:
        await heard.before_request()


def heard_dial(dial: Dial) -> Dial:
    """`dial` for a vendor without HTTP: that it takes the call counts as an answer, since only the connector reads the others.

    Where they are of no use, the connector says by the scope of its error that the whole connection has to wait.
    """

    async def dialled(host: str, port: int, *, plain: bool = False) -> socket.socket:
        await hold_back()
        line = await dial(host, port, plain=plain)
        heard = HEARING.get()
        if heard is not None:
            heard.answer = True
        return line

    return dialled

"""Calls about changes: how the vendor tries a callback, what it sends there, and a wire on which it really does."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from pointsman_memory.signature import SIGNATURE
from pointsman_sdk import WebhookRequest
from pointsman_sdk.readers.strict_json import parse_json

if TYPE_CHECKING:
    from pointsman_memory.vendor.vendor import MemoryVendor


def push(callback: str, secret: str, *, watch: str, now: datetime, body: bytes = b"") -> WebhookRequest:
    """One call of a watch, signed with its secret. An empty body says no more than "look"."""
    bare = WebhookRequest(method="POST", url=callback, headers={"memory-watch": watch}, body=body)
    signed = SIGNATURE.sign(bare, secret, now=now, event_id=watch)
    return WebhookRequest(method="POST", url=callback, headers={**bare.headers, **signed}, body=body)


def trial(callback: str, token: str) -> WebhookRequest:
    """What is sent to a callback before it is watched: only who reads it there can send the token back."""
    query = urlencode({"validationToken": token})
    return WebhookRequest(method="POST", url=f"{callback}?{query}", headers={}, body=b"")


class PushingTransport(httpx.AsyncBaseTransport):
    """The vendor behind a wire that goes both ways: `post` brings a call of the vendor to the host.

    A callback is tried first, and one that does not send the token back is not watched. Changes are told before the call that
    made them is answered; those that its users made, by `tell`.
    """

    def __init__(self, vendor: "MemoryVendor", post: Callable[[WebhookRequest], Awaitable[httpx.Response]]) -> None:
        self._vendor, self._post = vendor, post
        self._told, self._numbers = 0, count(1)
        self.answered: list[int] = []  # what the host said to each push

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/watches") and self._vendor.diary.pushes_changes:
            callback = str(parse_json(request.content)["callback"])
            if not await self._is_answered(callback):
                return httpx.Response(400, json={"code": "callback"})
        answer = self._vendor.handle(request)
        await self.tell()
        return answer

    async def tell(self) -> None:
        """Make the calls that were not made yet."""
        pushed = self._vendor.diary.pushed
        while self._told < len(pushed):
            self._told += 1
            self.answered.append((await self._post(pushed[self._told - 1])).status_code)

    async def _is_answered(self, callback: str) -> bool:
        token = f"Validation: try {next(self._numbers)}"
        answer = await self._post(trial(callback, token))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        return (answer.status_code, kind, answer.text) == (200, "text/plain", token)

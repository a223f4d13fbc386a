"""A wire that goes both ways: a vendor inside the process of its host, which it calls while it is asked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx

from pointsman_sdk.fakes.server import FakeVendor
from pointsman_sdk.webhooks import WebhookRequest

_PATIENCE_S = 3.0


class TwoWayTransport(httpx.AsyncBaseTransport):
    """Asks `vendor` in a thread, so that what it calls from there (`post`) is answered by the loop that waits for it.

    `call` brings a call of the vendor's to the host. `answered` is what the host said to each.
    """

    def __init__(self, vendor: FakeVendor, call: Callable[[WebhookRequest], Awaitable[httpx.Response]]) -> None:
        self._vendor, self._call = vendor, call
        self._loop: asyncio.AbstractEventLoop | None = None
        self.answered: list[int] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._loop = asyncio.get_running_loop()
        await request.aread()
        return await asyncio.to_thread(self._vendor.handle, request)

    def post(self, request: WebhookRequest) -> httpx.Response:
        """For the vendor, in whatever thread it runs. Raises httpx.ReadTimeout where the host does not answer in time."""
        assert self._loop is not None, "a vendor calls nobody before it was asked for something"
        waiting = asyncio.run_coroutine_threadsafe(self._answer(request), self._loop)
        with suppress(TimeoutError):
            answer = waiting.result(_PATIENCE_S)
            self.answered.append(answer.status_code)
            return answer
        raise httpx.ReadTimeout("the host does not answer")

    async def _answer(self, request: WebhookRequest) -> httpx.Response:
        return await self._call(request)

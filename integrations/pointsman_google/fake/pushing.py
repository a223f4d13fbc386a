"""The fake behind a wire that goes both ways: its calls about changes really reach the host."""

from collections.abc import Awaitable, Callable

import httpx

from pointsman_google.fake.vendor import GoogleVendor
from pointsman_sdk import WebhookRequest


class PushingTransport(httpx.AsyncBaseTransport):
    """`post` brings a call of the fake to the host.

    Changes are told before the request that made them is answered; those that its users made, by `tell`.
    """

    def __init__(self, vendor: GoogleVendor, post: Callable[[WebhookRequest], Awaitable[httpx.Response]]) -> None:
        self._vendor, self._post, self._told = vendor, post, 0
        self.answered: list[int] = []  # what the host said to each call

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._vendor.handle(request)
        await self.tell()
        return answer

    async def tell(self) -> None:
        """Make the calls that were not made yet."""
        pushed = self._vendor.channels.pushed
        while self._told < len(pushed):
            self._told += 1
            self.answered.append((await self._post(pushed[self._told - 1])).status_code)

"""FaultyTransport: a vendor that works, until a check makes it fail in one particular way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from pointsman_sdk.testing.flood import Flood

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT", "SEARCH"})

Vendor = Callable[[httpx.Request], Awaitable[httpx.Response]]
Break = Callable[[httpx.Request, Vendor], Awaitable[httpx.Response]]


def is_write(request: httpx.Request) -> bool:
    """Whether a request changes something; a vendor that reads by POST gives the transport its own test."""
    return request.method not in READ_METHODS


class _Truncated(httpx.AsyncByteStream):
    """Half an answer, then a closed connection."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed the connection without sending the complete body")


@dataclass(slots=True)
class _Fault:
    apply: Break
    writes_only: bool
    left: int
    skip: int = 0  # as many calls come through first


FOREVER = 1_000_000


class FaultyTransport(httpx.AsyncBaseTransport):
    """The `Wire` of a vendor with HTTP: passes requests to its transport, and breaks the next ones on demand.

    Each method arms one fault, which acts `times` times; `heal` removes it.
    """

    tells_waits = True

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, is_write: Callable[[httpx.Request], bool] = is_write
    ) -> None:
        self._inner, self._is_write = inner, is_write
        self._fault: _Fault | None = None
        self.seen: list[httpx.Request] = []
        self.floods: list[Flood] = []
        self.largest = 0  # bytes of the largest answer that was altered

    def shown(self) -> list[str]:
        """The credentials in what was seen."""
        shown = [request.headers.get("Authorization", "").rpartition(" ")[2] for request in self.seen]
        return [word for word in shown if word]

    def sent(self) -> list[str]:
        """What was seen, as text to search."""
        return [f"{request.url} {request.content!r}" for request in self.seen]

    def told(self) -> Sequence[object]:
        """What was seen, to compare it."""
        return [(request.url, request.headers.raw) for request in self.seen]

    async def left_open(self) -> int | None:
        """Nothing is dialled: the lent client keeps the connections."""
        return None

    def in_clear(self) -> int | None:
        """Nothing is dialled: the lent client sees to it."""
        return None

    def answer(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"{}",
        writes_only: bool = False,
        times: int = 1,
        skip: int = 0,
    ) -> None:
        """The vendor does nothing and answers with this status and the credentials it was shown; `skip` calls come through."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            echo = request.headers.get("Authorization", "").encode()
            raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
            return httpx.Response(status, headers=raw, content=body + b" " + echo, request=request)

        self._arm(apply, writes_only=writes_only, times=times, skip=skip)

    def say(self, body: bytes, *, times: int = 1) -> None:
        """The vendor does nothing, and answers 200 with this body alone."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            return httpx.Response(200, content=body, request=request)

        self._arm(apply, writes_only=False, times=times)

    def stall(self, *, times: int = 1) -> None:
        """The vendor takes the request, does nothing and stays silent until the lent client's time is over."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            raise httpx.ReadTimeout("no answer in time", request=request)

        self._arm(apply, writes_only=False, times=times)

    def refuse(self, *, writes_only: bool = False, times: int = 1) -> None:
        """Nothing listens at the vendor's address."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            raise httpx.ConnectError("connection refused", request=request)

        self._arm(apply, writes_only=writes_only, times=times)

    def lose_answer(self, *, times: int = 1) -> None:
        """The vendor acts on the next write, and its answer never arrives."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            await (await vendor(request)).aread()
            raise httpx.ReadTimeout("answer lost", request=request)

        self._arm(apply, writes_only=True, times=times)

    def reset(self, *, times: int = 1) -> None:
        """The connection breaks once the vendor has the next write, which it acts upon."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            await (await vendor(request)).aread()
            raise httpx.ReadError("connection reset by peer", request=request)

        self._arm(apply, writes_only=True, times=times)

    def fail_after(self, status: int, *, times: int = 1) -> None:
        """The vendor acts on the next write, and a gateway in front of it answers with this status."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            await (await vendor(request)).aread()
            return httpx.Response(status, content=b"upstream went away", request=request)

        self._arm(apply, writes_only=True, times=times)

    def before_write(self, act: Callable[[], object]) -> None:
        """Another client does `act` just before the next write arrives."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            act()
            return await vendor(request)

        self._arm(apply, writes_only=True, times=1)

    def truncate(self, *, writes_only: bool = False, times: int = 1) -> None:
        """The vendor acts, and the connection closes in the middle of its answer."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            response = await vendor(request)
            body = await response.aread() or b"{}"
            return httpx.Response(
                response.status_code, headers=response.headers, stream=_Truncated(body), request=request
            )

        self._arm(apply, writes_only=writes_only, times=times)

    def alter(self, change: Callable[[bytes], bytes], *, writes_only: bool = False, times: int = 1) -> None:
        """The vendor acts, and its answer holds what `change` makes of it."""

        async def apply(request: httpx.Request, vendor: Vendor) -> httpx.Response:
            response = await vendor(request)
            body = change(await response.aread())
            self.largest = max(self.largest, len(body))
            kept = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-length"]
            return httpx.Response(response.status_code, headers=kept, content=body, request=request)

        self._arm(apply, writes_only=writes_only, times=times)

    def garble(self, *, times: int = 1) -> None:
        """Something that is not the vendor answers 200: a captive portal, a load balancer's page."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            page = b"<!DOCTYPE html><html><body>Please sign in to the network\xff\x00</body>"
            return httpx.Response(200, headers={"Content-Type": "text/html"}, content=page, request=request)

        self._arm(apply, writes_only=False, times=times)

    def flood(self, *, times: int = 1) -> None:
        """The answer does not end."""

        async def apply(request: httpx.Request, _: Vendor) -> httpx.Response:
            self.floods.append(Flood())
            return httpx.Response(200, stream=self.floods[-1], request=request)

        self._arm(apply, writes_only=False, times=times)

    def heal(self) -> None:
        """The vendor works again."""
        self._fault = None

    def _arm(self, apply: Break, *, writes_only: bool, times: int, skip: int = 0) -> None:
        self._fault = _Fault(apply, writes_only, times, skip)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        # As on a network: others act before the request arrives, and before its answer is back.
        await asyncio.sleep(0)
        fault = self._fault
        if fault is None or fault.left <= 0 or (fault.writes_only and not self._is_write(request)):
            answer = await self._inner.handle_async_request(request)
        elif fault.skip > 0:
            fault.skip -= 1
            answer = await self._inner.handle_async_request(request)
        else:
            fault.left -= 1
            answer = await fault.apply(request, self._inner.handle_async_request)
        await asyncio.sleep(0)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()

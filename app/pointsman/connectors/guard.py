"""The address guard: a connection may reach the internet, and private networks only where the admin says so."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import anyio
import httpcore
import httpx

from pointsman_sdk import Rejected, Retryable, Scope
from pointsman_sdk.http import AddressRefused

Network = IPv4Network | IPv6Network

PRIVATE_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""What "allow private hosts" opens. Link-local stays closed: there cloud machines keep their credentials."""

_METADATA: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16")
)
"""Where else they do. The last one lies in the internet, the others in private networks."""

_UNICAST = ip_network("2000::/3")
_KEPT_ALIVE_S = 30
_DNS_SECONDS = 5.0
_DIAL_SECONDS = 10.0
_READ_BYTES = 4096


class AddressGuard:
    """Decides which addresses may be connected to; `allowed` are the networks beyond the public internet."""

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def is_private(self, address: str) -> bool:
        """Whether the admin opened the network in which this address lies."""
        parsed = _unwrapped(address)
        return _lies_in(parsed, self._allowed) and not _lies_in(parsed, _METADATA)

    def permits(self, address: str) -> bool:
        """Whether a connection to this address may be made."""
        parsed = _unwrapped(address)
        public = parsed.is_global and not parsed.is_multicast and not _tunnels(parsed)
        return (public and not _lies_in(parsed, _METADATA)) or self.is_private(address)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The host's addresses, all of them permitted. Raises AddressRefused, httpcore.ConnectError."""
        try:
            with anyio.fail_after(_DNS_SECONDS):
                answers = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise httpcore.ConnectError("the host's name cannot be resolved") from error
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        # One bad address refuses all: a name that points both ways is a way around the guard.
        if not addresses or not all(self.permits(address) for address in addresses):
            raise AddressRefused("this address lies in a network that POINTSMAN_PRIVATE_NETWORKS does not name")
        return addresses

    async def dial(self, host: str, port: int, *, plain: bool = False) -> socket.socket:
        """A connection for what is no HTTP (`pointsman_sdk.Dial`). Raises Rejected, Retryable."""
        try:
            addresses = await self.resolve(host, port)
        except AddressRefused as error:
            raise Rejected(str(error)) from None
        except httpcore.ConnectError as error:
            raise Retryable(str(error), scope=Scope.CONNECTION) from None
        if plain and not all(map(self.is_private, addresses)):
            raise Rejected("without TLS only networks that POINTSMAN_PRIVATE_NETWORKS names are connected to")
        for address in addresses:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_DIAL_SECONDS):
                    return await _connected(address, port)
        raise Retryable("nobody answers at this host and port", scope=Scope.CONNECTION)


async def _connected(address: str, port: int) -> socket.socket:
    """As `asyncio` connects; the socket is the caller's."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.settimeout(0)
        await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


def _lies_in(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def _tunnels(address: IPv4Address | IPv6Address) -> bool:
    """Whether an IPv6 address may stand for an IPv4 address that this guard would not see.

    Only 2000::/3 is given out to the internet; outside of it lie, among others, all translations but 6to4 and Teredo.
    """
    if isinstance(address, IPv4Address):
        return False
    return bool(address.sixtofour or address.teredo) or address not in _UNICAST


class _SmallReads(httpcore.AsyncNetworkStream):
    """Takes a few kilobytes at a time off the wire, whatever has come.

    What arrived together is taken apart without a pause, and thousands of tiny chunks or of interim answers fit into
    the 64 kB that httpcore asks for: a vendor could stop all that runs beside it for a second at a time.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore's signature
        return await self._inner.read(min(max_bytes, _READ_BYTES), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # httpcore's signature
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        return _SmallReads(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were checked: a name cannot answer differently a moment later.

    In `plain` http only to those of networks that the admin opened.
    """

    def __init__(self, guard: AddressGuard, *, plain: bool) -> None:
        self._guard, self._plain, self._inner = guard, plain, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._guard.resolve(host, port)
        if self._plain and not all(map(self._guard.is_private, addresses)):
            raise AddressRefused(
                "plain http is for networks that POINTSMAN_PRIVATE_NETWORKS names: begin the address with https://"
            )
        for address in addresses[:-1]:
            try:
                return _SmallReads(await self._inner.connect_tcp(address, port, timeout, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        last = await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)
        return _SmallReads(last)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@cache
def _public_authorities() -> ssl.SSLContext:
    """The authorities that httpx trusts. Reading all their certificates takes some 50 ms, so a process does it once."""
    return httpx.create_ssl_context()


class _Wire(httpx.AsyncHTTPTransport):
    """httpx's transport over a backend of ours."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, *, sockets: int) -> None:
        super().__init__(verify=_public_authorities(), trust_env=False)
        # httpx has no parameter for the network backend; httpcore, which it wraps, has.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_public_authorities(),
            max_connections=sockets,
            max_keepalive_connections=sockets,
            keepalive_expiry=_KEPT_ALIVE_S,
            network_backend=backend,
        )


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's transport behind the guard; credentials travel unencrypted only inside networks the admin opened."""

    def __init__(self, guard: AddressGuard, *, sockets: int = 20) -> None:
        self._secured = _Wire(_GuardedBackend(guard, plain=False), sockets=sockets)
        self._plain = _Wire(_GuardedBackend(guard, plain=True), sockets=sockets)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wire = self._secured if request.url.scheme == "https" else self._plain
        return await wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self._secured.aclose()
        await self._plain.aclose()

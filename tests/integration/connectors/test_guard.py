"""Connections reach the internet, and private networks only where the admin opened them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_network

import httpcore
import httpx
import pytest

from pointsman.connectors.guard import PRIVATE_NETWORKS, AddressGuard, GuardedTransport, Network
from pointsman_sdk import Rejected, Retryable
from pointsman_sdk.http import AddressRefused, make_client, send

pytestmark = pytest.mark.anyio

CLOSED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",  # noqa: S104  # an address to refuse, not to bind
    "255.255.255.255",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "fec0::1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", CLOSED)
async def test_private_addresses_are_closed(address: str) -> None:
    assert not AddressGuard().permits(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
async def test_public_addresses_are_open(address: str) -> None:
    assert AddressGuard().permits(address)


async def test_allow_list_opens_its_networks_alone() -> None:
    guard = AddressGuard([ip_network("10.0.0.0/24")])
    assert guard.permits("10.0.0.7")
    assert guard.permits("::ffff:10.0.0.7")
    assert not guard.permits("10.0.1.7")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::"])
async def test_opening_private_networks_keeps_link_local_closed(address: str) -> None:
    assert not AddressGuard(PRIVATE_NETWORKS).permits(address)


@pytest.mark.parametrize("networks", [(), PRIVATE_NETWORKS], ids=["closed", "opened"])
@pytest.mark.parametrize(
    "address", ["fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "::ffff:168.63.129.16"]
)
async def test_where_cloud_machines_keep_their_credentials_stays_closed(
    address: str, networks: Sequence[Network]
) -> None:
    guard = AddressGuard(networks)
    assert not guard.permits(address)
    assert not guard.is_private(address)


@pytest.fixture
async def server(anyio_backend: object) -> AsyncIterator[str]:
    """Something that answers on loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.read(65_536):  # a whole request, or the beginning of TLS
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
            await writer.drain()
        writer.close()

    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with listener:
        yield f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("url", ["http://{}/", "https://{}/", "http://localhost:{port}/", "https://localhost:{port}/"])
async def test_loopback_is_refused_by_name_and_by_number(server: str, url: str) -> None:
    async with make_client(GuardedTransport(AddressGuard())) as http:
        with pytest.raises(AddressRefused):
            await http.get(url.format(server, port=server.partition(":")[2]))


async def test_opened_loopback_is_reached(server: str) -> None:
    async with make_client(GuardedTransport(AddressGuard(PRIVATE_NETWORKS))) as http:
        assert (await http.get(f"http://{server}/")).text == "hi"
        assert (await http.get(f"http://localhost:{server.partition(':')[2]}/")).text == "hi"


@pytest.mark.parametrize("plain", [True, False])
async def test_a_connection_without_http_goes_past_the_same_guard(server: str, plain: bool) -> None:
    port = int(server.partition(":")[2])
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(Rejected, match="POINTSMAN_PRIVATE_NETWORKS"):
            await AddressGuard().dial(host, port, plain=plain)
        made = await AddressGuard(PRIVATE_NETWORKS).dial(host, port, plain=plain)
        reader, writer = await asyncio.open_connection(sock=made)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(b"hi")
        writer.close()


async def test_without_tls_a_connection_goes_to_private_networks_alone() -> None:
    with pytest.raises(Rejected, match="without TLS"):
        await Names(["127.0.0.1", "93.184.216.34"]).dial("mail.example", 25, plain=True)


async def test_a_port_at_which_nobody_answers_is_tried_again_later() -> None:
    with pytest.raises(Retryable):
        await AddressGuard(PRIVATE_NETWORKS).dial("127.0.0.1", 1)
    with pytest.raises(Retryable):
        await AddressGuard(PRIVATE_NETWORKS).dial("no-such-host.invalid", 25)


class Names(AddressGuard):
    """A guard with a name server of its own."""

    def __init__(self, *answers: list[str]) -> None:
        super().__init__(PRIVATE_NETWORKS)
        self.answers = list(answers)

    async def resolve(self, host: str, port: int) -> list[str]:
        addresses = self.answers.pop(0)
        if not all(self.permits(address) for address in addresses):
            raise AddressRefused("closed")
        return addresses


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses to which connections were begun; nothing listens anywhere."""
    found = list[str]()

    async def connect(_self: object, host: str, *_rest: object, **_more: object) -> httpcore.AsyncNetworkStream:
        found.append(host)
        raise httpcore.ConnectError("refused")

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)
    return found


@pytest.mark.parametrize("then", ["169.254.169.254", "93.184.216.34"])
async def test_name_that_changes_its_answer_is_checked_where_the_connection_is_made(
    reached: list[str], then: str
) -> None:
    async with make_client(GuardedTransport(Names(["127.0.0.1"], [then]))) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://rebind.example/", auth=("anna", "s3cret"))
        assert reached == ["127.0.0.1"]
        with pytest.raises(AddressRefused):
            await http.get("http://rebind.example/", auth=("anna", "s3cret"))
    assert reached == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("url", "headers", "error", "said"),
    [
        ("SERVER/", {}, Rejected, "begin with https://"),
        ("ftp://SERVER/", {}, Rejected, "begin with https://"),
        ("/me", {}, Rejected, "begin with https://"),
        ("http://vendor.example/", {}, Rejected, "begin the address with https://"),
        ("https://10.0.0.1/", {}, Rejected, "POINTSMAN_PRIVATE_NETWORKS"),
        ("https://SERVER/", {}, Retryable, "begin with http://"),
        ("http://SERVER/", {"Authorization": "Bearer s3cret\n"}, Rejected, "a line break at its end"),
    ],
)
async def test_what_is_wrong_with_an_address_or_a_key_is_said_and_no_reason_to_wait(
    server: str, url: str, headers: dict[str, str], error: type[Exception], said: str
) -> None:
    guard = AddressGuard([ip_network("127.0.0.0/8")]) if "vendor" not in url else Names(["93.184.216.34"])
    async with make_client(GuardedTransport(guard)) as http:
        request = http.build_request("PUT", url.replace("SERVER", server), headers=headers)
        with pytest.raises(error, match="Vendor") as caught:
            await send(http, request, vendor="Vendor", writes=True)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_plain_http_to_the_internet_is_refused() -> None:
    async with make_client(GuardedTransport(Names(["93.184.216.34"]))) as http:
        with pytest.raises(AddressRefused, match="plain http"):
            await http.get("http://vendor.example/")


async def test_unknown_name_is_a_connect_error() -> None:
    async with make_client(GuardedTransport(AddressGuard(PRIVATE_NETWORKS))) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("http://no-such-host.invalid/")


async def test_redirects_are_not_followed(anyio_backend: object) -> None:
    answer = httpx.Response(302, headers={"Location": "http://169.254.169.254/"})
    async with make_client(httpx.MockTransport(lambda _: answer)) as http:
        assert (await http.get("https://vendor.example/")).status_code == 302

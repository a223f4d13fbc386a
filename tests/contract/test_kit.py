"""The kit's own parts: tiers, the faulty vendor, and the drawing of the error tree."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from pointsman_sdk import Capability, errors
from pointsman_sdk.http import AnswerRefused, make_client, raise_for_status, retry_after
from pointsman_sdk.testing import NOW, ConnectorSuite, FaultyTransport, Tier, proofs
from pointsman_sdk.testing.tiers import tier_of

pytestmark = pytest.mark.anyio
ALL = proofs(ConnectorSuite)


def test_error_tree_is_drawn_as_it_is() -> None:
    drawn: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        name = line.lstrip(" │├└─")
        if line.startswith("    ") and name:
            drawn.append(((len(line) - len(name)) // 4, name))

    def walk(cls: type, depth: int) -> list[tuple[int, str]]:
        below = [
            row for sub in cls.__subclasses__() if sub.__module__ == errors.__name__ for row in walk(sub, depth + 1)
        ]
        return [(depth, cls.__name__), *below]

    assert drawn == walk(errors.ConnectorError, 1)


def test_tier_is_gold_when_every_applying_check_passed() -> None:
    calendar_only = [name for name, proof in ALL.items() if proof.capability in (None, Capability.APPOINTMENTS)]
    assert tier_of(ALL, passed=calendar_only, excused=[], capabilities=[Capability.APPOINTMENTS]) is Tier.GOLD
    assert tier_of(ALL, passed=calendar_only, excused=[], capabilities=list(Capability)) < Tier.GOLD


@pytest.mark.parametrize(
    ("missing", "tier"),
    [
        ("test_manifest_is_complete", Tier.NONE),
        ("test_lost_answer_keeps_one", Tier.BRONZE),
        ("test_failed_reading_is_not_free", Tier.SILVER),
    ],
)
def test_tier_stops_below_the_first_check_that_is_missing(missing: str, tier: Tier) -> None:
    passed = set(ALL) - {missing}
    assert tier_of(ALL, passed=passed, excused=[], capabilities=list(Capability)) is tier
    assert tier_of(ALL, passed=passed, excused=[missing], capabilities=list(Capability)) is Tier.GOLD


@pytest.mark.parametrize(
    ("status", "writes", "error"),
    [
        (500, True, errors.AmbiguousOutcome),
        (502, True, errors.AmbiguousOutcome),
        (504, True, errors.AmbiguousOutcome),
        (503, True, errors.Retryable),
        (429, True, errors.Retryable),
        (423, True, errors.Retryable),
        (502, False, errors.Retryable),
        (401, True, errors.ReauthRequired),
        (302, False, errors.Rejected),
        (422, True, errors.Rejected),
    ],
)
def test_status_says_what_happens_next(status: int, writes: bool, error: type[errors.ConnectorError]) -> None:
    with pytest.raises(errors.ConnectorError) as caught:
        raise_for_status(httpx.Response(status), vendor="Acme", now=NOW, writes=writes)
    assert type(caught.value) is error


@pytest.mark.parametrize(("said", "error"), [("30", errors.Retryable), ("soon", errors.Rejected)])
def test_a_403_that_says_when_to_come_back_is_no_refusal(said: str, error: type[errors.ConnectorError]) -> None:
    with pytest.raises(errors.ConnectorError) as caught:
        raise_for_status(httpx.Response(403, headers={"Retry-After": said}), vendor="Acme", now=NOW, writes=True)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (["7"], 7),
        (["0"], 0),
        (["1.5"], 2),
        (["299.997"], 300),
        (["60.0"], 60),
        (["60", "90"], 90),
        (["60, 90"], 90),
        (["Sun, 30 Mar 2031 09:02:00 GMT"], 120),
        (["Sunday, 30-Mar-31 09:02:00 GMT"], 120),
        (["Sun, 30 Mar 2031 08:00:00 GMT"], 0),
        (["9" * 5_000], 86_400),
        (["soon", "30"], 30),
    ]
    + [([odd], None) for odd in ("", "-5", "+30", "1e3", "60s", "120junk", "NaN", ".5", "1.2.3", ",")],
)
def test_a_wait_is_read_in_every_form_in_which_vendors_write_it(said: list[str], seconds: int | None) -> None:
    response = httpx.Response(429, headers=[("Retry-After", one) for one in said])
    wait = retry_after(response, now=datetime(2031, 3, 30, 9, tzinfo=UTC))
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


class Vendor:
    """Counts what reached it."""

    def __init__(self) -> None:
        self.acted = 0
        self.transport = httpx.MockTransport(self._act)

    def _act(self, request: httpx.Request) -> httpx.Response:
        self.acted += request.method != "GET"
        return httpx.Response(200, json={"acted": self.acted})


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def wire(vendor: Vendor) -> FaultyTransport:
    return FaultyTransport(vendor.transport)


@pytest.fixture
async def http(anyio_backend: object, wire: FaultyTransport) -> AsyncIterator[httpx.AsyncClient]:
    async with make_client(wire) as client:
        yield client


async def test_lost_answer_is_lost_after_the_vendor_acted(
    http: httpx.AsyncClient, wire: FaultyTransport, vendor: Vendor
) -> None:
    wire.lose_answer()
    assert (await http.get("https://x.example")).status_code == 200
    with pytest.raises(httpx.ReadTimeout):
        await http.post("https://x.example")
    assert vendor.acted == 1
    assert (await http.post("https://x.example")).status_code == 200


async def test_other_faults_keep_the_request_from_the_vendor(
    http: httpx.AsyncClient, wire: FaultyTransport, vendor: Vendor
) -> None:
    wire.answer(503)
    assert (await http.post("https://x.example")).status_code == 503
    wire.refuse()
    with pytest.raises(httpx.ConnectError):
        await http.post("https://x.example")
    assert vendor.acted == 0


async def test_truncated_answer_breaks_while_it_is_read(http: httpx.AsyncClient, wire: FaultyTransport) -> None:
    wire.truncate()
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("https://x.example")


async def test_lent_client_stops_reading_an_answer_without_end(http: httpx.AsyncClient, wire: FaultyTransport) -> None:
    wire.flood()
    with pytest.raises(AnswerRefused):
        await http.get("https://x.example")
    assert wire.floods[0].read < 9 * 1024 * 1024


async def test_lent_client_refuses_a_compressed_answer(anyio_backend: object) -> None:
    def bomb(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"\x1f\x8b")
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)

    async with make_client(httpx.MockTransport(bomb)) as client:
        with pytest.raises(AnswerRefused):
            await client.get("https://x.example")


async def test_lent_client_keeps_no_cookie(anyio_backend: object) -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=of-another-connection"})

    async with make_client(httpx.MockTransport(answer)) as client:
        await client.get("https://x.example")
        await client.get("https://x.example")
    assert seen == [None, None]

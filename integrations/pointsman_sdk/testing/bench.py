"""The bench on which a connector is tested: the fixtures that every group of checks shares."""

import atexit
from collections.abc import AsyncIterator, Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from pointsman_sdk import Connector, Context, NoTokens, Tokens, no_dial
from pointsman_sdk.http import make_client
from pointsman_sdk.readers import ReaderPool
from pointsman_sdk.testing.dialled import FaultyDial
from pointsman_sdk.testing.faults import FaultyTransport
from pointsman_sdk.testing.hostile import WatchedReaders
from pointsman_sdk.testing.kinds import NONE, kinds_of
from pointsman_sdk.testing.lent import BenchMemory, BenchTokens, Lines
from pointsman_sdk.testing.samples import NOW
from pointsman_sdk.testing.tiers import proof_of


def secrets_in(config: BaseModel) -> list[str]:
    """Every secret of a configuration, in clear: what must appear nowhere else."""
    return [value.get_secret_value() for value in dict(config).values() if isinstance(value, SecretStr)]


@cache
def reader_processes() -> ReaderPool:
    """One pool for all checks of a run: a process starts when the first answer is read in it, and ends with the run."""
    pool = ReaderPool()
    atexit.register(pool.close)
    return pool


def _no_http(_: httpx.Request) -> httpx.Response:
    raise AssertionError("this vendor is not called over HTTP")


class Bench:
    """Fixtures. An author overrides `factory`, `vendor` and `config`; nothing else."""

    pytestmark = pytest.mark.anyio
    factory: ClassVar[Callable[[Any, Context], Connector]]

    @pytest.fixture
    def anyio_backend(self) -> tuple[str, dict[str, bool]]:
        """`pointsman serve` calls connectors on uvloop where that is installed."""
        return "asyncio", {"use_uvloop": find_spec("uvloop") is not None}

    @pytest.fixture
    def vendor(self) -> Any:
        """The vendor's own side; see `pointsman_sdk.testing.vendors`."""
        raise NotImplementedError("give the suite a vendor fixture: a fake, or a sandbox account")

    @pytest.fixture
    def config(self) -> Any:
        """A configuration with which the vendor lets the connector in."""
        raise NotImplementedError("give the suite a config fixture")

    @pytest.fixture
    def wire(self, vendor: Any) -> Any:
        """A `Wire` to the vendor, over HTTP or, where it is a `DialledVendor`, over connections that are dialled."""
        if hasattr(vendor, "dialogue"):
            return FaultyDial(vendor.dial, vendor.dialogue)
        return FaultyTransport(vendor.transport)

    @pytest.fixture
    async def http(self, anyio_backend: object, wire: Any) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG002  runs on that backend
        if isinstance(wire, FaultyTransport):
            async with make_client(wire) as client:
                yield client
            return
        async with make_client(httpx.MockTransport(_no_http)) as client:
            yield client
        await wire.aclose()

    @pytest.fixture
    def readers(self) -> WatchedReaders:
        return WatchedReaders(reader_processes())

    @pytest.fixture
    def tokens(self, vendor: Any) -> Tokens:
        """Those of a vendor that issues tokens (`TokenVendor`), renewed one at a time, as the host does."""
        return BenchTokens(vendor) if hasattr(vendor, "issue") else NoTokens()

    @pytest.fixture
    def lines(self) -> Lines:
        """What the connector wrote into its log."""
        return Lines()

    @pytest.fixture
    def connect(
        self, wire: Any, http: httpx.AsyncClient, readers: WatchedReaders, tokens: Tokens, lines: Lines
    ) -> Callable[[BaseModel], Connector]:
        """Build the connector as a host does, with any configuration."""
        context = Context(
            http=http,
            clock=lambda: NOW,
            tokens=tokens,
            memory=BenchMemory(),
            readers=readers,
            log=lines.logger(),
            dial=getattr(wire, "dial", no_dial),
        )
        return lambda config: type(self).factory(config, context)

    @pytest.fixture
    def connector(self, connect: Callable[[BaseModel], Connector], config: BaseModel) -> Any:
        return connect(config)

    @pytest.fixture(autouse=True)
    def _applies(self, request: pytest.FixtureRequest, connector: Connector) -> None:
        declared, name = connector.manifest.capabilities, connector.manifest.name
        proof = proof_of(getattr(request, "function", None))
        if proof and proof.capability and proof.capability not in declared:
            pytest.skip(f"{name} does not declare {proof.capability}")
        spec = getattr(request.node, "callspec", None)
        if spec is not None and spec.params.get("kind") is NONE:
            pytest.skip(f"excused: {name} declares no such kind")

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A check over kinds is run for those that the connector declares."""
        if (kinds := kinds_of(metafunc.function)) is not None:
            declared = type(self).factory.manifest.capabilities  # type: ignore[attr-defined]  # a class, or has one
            metafunc.parametrize("kind", [one for one in kinds if one.capability in declared] or [NONE], ids=str)

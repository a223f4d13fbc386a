"""Each connection has a connector and a client of its own, which are closed once they are not used any more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from pointsman.connectors.context import ContextFactory
from pointsman.connectors.guard import PRIVATE_NETWORKS
from pointsman.connectors.pace.instances import Instance, Instances
from pointsman.connectors.pace.lent import Lent
from pointsman.connectors.pace.masks import Masks
from pointsman.services.ports import ConnectionRef
from pointsman_sdk import Limits
from support.floors.paced_world import Config, LedRegistry, LedVendor
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

ONE = ConnectionRef(id=UUID(int=1), connector="led", config={}, sealed=b"")
OTHER = replace(ONE, id=UUID(int=2))


class Closing:
    """A connector that is closed, slowly or badly."""

    def __init__(self, error: Exception | None = None) -> None:
        self.closed, self._error = 0, error

    async def aclose(self) -> None:
        self.closed += 1
        if self._error:
            raise self._error


@pytest.fixture
async def contexts(anyio_backend: object) -> AsyncIterator[ContextFactory]:
    made = ContextFactory(clock=lambda: datetime.now(UTC), allowed=PRIVATE_NETWORKS)
    yield made
    await made.aclose()


@pytest.fixture
async def instances(contexts: ContextFactory) -> AsyncIterator[Instances]:
    def build(_ref: ConnectionRef) -> Instance:
        connector: Any = Closing()
        return Instance(connector=connector, lent=lent(contexts), limits=Limits())

    made = Instances(build)
    yield made
    await made.aclose()


def lent(contexts: ContextFactory, *, at_once: int = 4) -> Lent:
    manifest = LedRegistry(LedVendor(), Limits(at_once=at_once)).manifest("led")
    return contexts.lend(ONE, manifest, Config(password=SecretStr("s3cret")), Masks())


def closed(instance: Instance) -> tuple[int, bool]:
    connector: Any = instance.connector
    return connector.closed, instance.lent.http.is_closed


async def test_a_connection_keeps_its_connector_and_no_other_has_its_client(instances: Instances) -> None:
    async with instances.use(ONE) as first, instances.use(ONE) as again, instances.use(OTHER) as other:
        assert first is again
        assert first.lent.http is not other.lent.http


async def test_one_whose_settings_changed_is_closed_after_its_last_call(instances: Instances) -> None:
    async with instances.use(ONE) as before:
        async with instances.use(replace(ONE, config={"url": "elsewhere"})) as after:
            assert after is not before
        await asyncio.sleep(0)
        assert closed(before) == (0, False)
    await instances.aclose()
    assert (closed(before), closed(after)) == ((1, True), (1, True))


async def test_a_connector_that_cannot_be_closed_keeps_no_client_open(contexts: ContextFactory) -> None:
    connector: Any = Closing(RuntimeError("no"))
    instance = Instance(connector=connector, lent=lent(contexts), limits=Limits())
    instances = Instances(lambda _: instance)
    async with instances.use(ONE):
        pass
    await instances.aclose()
    assert closed(instance) == (1, True)


async def test_a_vendor_that_hangs_keeps_no_socket_of_another(contexts: ContextFactory) -> None:
    """All sockets of the one wait for an answer; the other is answered meanwhile."""
    hanging, asked = asyncio.Event(), asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"/hang" in await reader.readuntil(b"\r\n\r\n"):
            asked.release()
            await hanging.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    one, other = (lent(contexts, at_once=1) for _ in range(2))
    waiting = [asyncio.create_task(one.http.get(f"{url}/hang")) for _ in range(3)]
    try:
        async with asyncio.timeout(PATIENCE_S):
            for _ in waiting:
                await asked.acquire()
            with pytest.raises(httpx.PoolTimeout):
                await one.http.get(url, timeout=httpx.Timeout(10, pool=0.01))
            assert (await other.http.get(url)).text == "ok"
    finally:
        hanging.set()
        server.close()
        await asyncio.gather(*waiting, return_exceptions=True)
        for each in (one, other):
            await each.aclose()

"""A saved connection is tried on its vendor, check by check, and the vendor is left as it was."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contract.memory_vendor import BenchVendor
from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.context import ContextFactory
from pointsman.connectors.live import LiveResult, check_live
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import Conflict, Forbidden, NotFound
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.connections.connections import save_connection
from pointsman.services.connections.live_check import open_live_check
from pointsman.services.ports import Actor, ConnectionRef, VendorRejectedError
from pointsman_sdk import Capability
from pointsman_sdk.live import Sandbox
from pointsman_sdk.testing import FaultyTransport
from support.floors.booking_floor import SETTER, open_floor

pytestmark = pytest.mark.anyio
BOX = Sandbox(key="pm-check-1", now=datetime(2031, 1, 15, tzinfo=UTC), calendar=BenchVendor.calendar)


class Tried:
    def __init__(self) -> None:
        self.vendor = BenchVendor()
        self.wire = FaultyTransport(self.vendor.transport)
        contexts = ContextFactory(clock=lambda: datetime.now(UTC), transport=self.wire)
        self.gateway = ConnectorGateway(
            registry=ConnectorRegistry.discover(), vault=Vault([new_key()]), contexts=contexts
        )
        config = {"url": "https://memory.example", "token": "s3cret-token", "webhook_secret": "s3cret-webhook"}
        public, sealed = self.gateway.seal("memory", config)
        self.connection = ConnectionRef(id=UUID(int=1), connector="memory", config=public, sealed=sealed)

    async def results(self) -> dict[str, tuple[LiveResult, str]]:
        found = [one async for one in check_live(self.gateway, self.connection, BOX)]
        return {one.check: (one.result, one.told) for one in found}


@pytest.fixture
async def tried(anyio_backend: object) -> AsyncIterator[Tried]:
    tried = Tried()
    yield tried
    await tried.gateway.aclose()


async def test_a_good_vendor_is_told_as_one_and_keeps_nothing(tried: Tried) -> None:
    found = await tried.results()
    assert {result for result, _ in found.values()} == {LiveResult.KEPT, LiveResult.LEFT_OUT}
    assert {told for result, told in found.values() if result is LiveResult.LEFT_OUT} == {"person", "programme"}
    assert found["appointments: is taken away, twice"] == (LiveResult.KEPT, "")
    assert list(tried.vendor.rows(Capability.APPOINTMENTS)) == []


async def test_after_a_check_that_failed_its_kind_is_left_out_but_for_the_taking_away(tried: Tried) -> None:
    tried.vendor.block(BOX.slot(0))
    found = await tried.results()
    steps = {name: result for name, (result, _) in found.items() if name.startswith("appointments")}
    assert [*steps.values()] == [LiveResult.BROKEN, *[LiveResult.LEFT_OUT] * (len(steps) - 2), LiveResult.KEPT]
    assert found["calendars: calendars are listed"] == (LiveResult.KEPT, "")


async def test_what_a_vendor_says_moves_nothing_on_the_terminal(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise VendorRejectedError("refused\x1b[2J\x1b]0;title\x07, ask ada@nordlicht.example")

    monkeypatch.setattr(tried.gateway, "call", refuse)
    result, told = (await tried.results())["sign-in: one authenticated call"]
    assert (result, told) == (LiveResult.BROKEN, "refused [2J ]0;title , ask (address)")


async def test_where_the_sign_in_is_refused_nothing_else_is_asked_and_nothing_put(tried: Tried) -> None:
    tried.wire.refuse(times=1)
    found = await tried.results()
    result, told = found.pop("sign-in: one authenticated call")
    assert result is LiveResult.BROKEN
    assert "s3cret" not in told
    assert {result for result, _ in found.values()} == {LiveResult.LEFT_OUT}


async def test_a_vendor_that_fails_breaks_each_check_and_ends_none_in_an_exception(tried: Tried) -> None:
    tried.wire.answer(503, times=100, skip=1)  # whom it lets in
    found = await tried.results()
    assert found.pop("sign-in: one authenticated call") == (LiveResult.KEPT, "")
    assert LiveResult.KEPT not in {result for result, _ in found.values()}
    assert "s3cret" not in str(found)


async def test_a_try_is_on_record_and_needs_a_connection_that_works(database_url: str) -> None:
    async with open_floor(database_url) as floor:
        assert (await open_live_check(floor.env, "cal", actor=SETTER)).key == "cal"
        assert await floor.world.value("select count(*) from audit where action = 'connection.live-check'") == 1
        with pytest.raises(NotFound):
            await open_live_check(floor.env, "unknown", actor=SETTER)
        with pytest.raises(Forbidden):
            await open_live_check(floor.env, "cal", actor=Actor(name="key:p", kind=CallerKind.PARTNER))
        await save_connection(floor.env, "cal", connector="memory", config={"url": "x"}, active=False, actor=SETTER)
        with pytest.raises(Conflict) as caught:
            await open_live_check(floor.env, "cal", actor=SETTER)
        assert caught.value.code == "connection-inactive"

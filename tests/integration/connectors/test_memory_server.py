"""The memory vendor as a server: faults by a plan, and a ledger of every call."""

import asyncio
import json
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn

from pointsman_memory import MemoryConfig, MemoryConnector, MemoryVendor
from pointsman_memory.fake import served
from pointsman_sdk import AmbiguousOutcome, Appointment, Context, NoMemory, Notice, NoTokens, Retryable, Scope, Slot
from pointsman_sdk.fakes import Call, CallLedger, FakeServer, Fault, FaultPlan, Rates, promised, too_many_calls
from pointsman_sdk.http import make_client

pytestmark = pytest.mark.anyio

NOW = datetime(2031, 1, 15, 12, tzinfo=UTC)
SLOT = Slot(NOW, NOW + timedelta(hours=1))
EVENT = Appointment(key="k1", place="anna", slot=SLOT, title="Demo")


@asynccontextmanager
async def serving(server: FakeServer) -> AsyncIterator[MemoryConnector]:
    """The connector to a vendor that really listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = uvicorn.Server(uvicorn.Config(server, log_level="critical"))
        serving = asyncio.create_task(running.serve([listening]))
        async with make_client(httpx.AsyncHTTPTransport()) as http:
            http.timeout = httpx.Timeout(0.2)
            context = Context(
                http=http,
                clock=lambda: NOW,
                tokens=NoTokens(),
                memory=NoMemory(),
                readers=SimpleNamespace(),  # type: ignore[arg-type]  # small answers are read here
                log=logging.getLogger("test"),
            )
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            yield MemoryConnector(MemoryConfig(url=url), context)
        running.should_exit = True
        await serving


def always(**rates: float) -> FaultPlan:
    return FaultPlan(rates=Rates(**rates))


async def test_a_connector_works_over_a_socket_and_the_ledger_says_what_came() -> None:
    server = served()
    async with serving(server) as connector:
        made = await connector.appointments.put(EVENT)
        assert await connector.appointments.get("anna", "k1") == made
    told = [(call.method, call.path, call.status) for call in server.ledger.calls]
    path = "/calendars/anna/events/k1"
    assert told == [("GET", path, 404), ("PUT", path, 201), ("GET", path, 200)]
    assert len({call.connection for call in server.ledger.calls}) == 1
    assert "memory-token" not in "".join(call.line() for call in server.ledger.calls)


async def test_a_lost_answer_is_acted_upon_and_is_ambiguous() -> None:
    server = FakeServer(MemoryVendor())
    async with serving(server) as connector:
        server.plan = SimpleNamespace(turn=PutsAre(always(lost=1.0)))  # type: ignore[assignment]  # of writes alone
        for _ in range(2):
            with pytest.raises(AmbiguousOutcome):
                await connector.notices.put(notice())
            server.vendor.messages.items.clear()
        server.plan = FaultPlan()
        await connector.appointments.put(EVENT)
        await connector.appointments.put(EVENT)
    assert len(server.vendor.diary.own("anna")) == 1


class PutsAre:
    """Every second call, which is the write after the look-up, has its turn by a plan."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan, self.calls = plan, 0

    def __call__(self) -> Any:
        self.calls += 1
        return FaultPlan().turn() if self.calls % 2 else self.plan.turn()


def notice() -> Any:
    return Notice(key="n1", place="#sales", subject="Hello", text="Hello", at=NOW)


@pytest.mark.parametrize("fault", ["failed", "reset"])
async def test_a_failed_write_is_ambiguous_or_to_be_tried_again(fault: str) -> None:
    server = FakeServer(MemoryVendor())
    async with serving(server) as connector:
        for seed in range(4):
            server.plan = SimpleNamespace(turn=PutsAre(FaultPlan(rates=Rates(**{fault: 1.0}), seed=seed)))  # type: ignore[assignment]  # of writes alone
            with pytest.raises(Retryable):
                await connector.appointments.put(EVENT)
            server.vendor.diary.erase("anna")


async def test_a_throttled_caller_hears_when_to_come_back_and_the_ledger_knows_it() -> None:
    server = FakeServer(MemoryVendor(clock=lambda: NOW), always(throttled=1.0))
    async with serving(server) as connector:
        for _ in range(8):
            with pytest.raises(Retryable) as caught:
                await connector.check()
            assert caught.value.scope is Scope.CONNECTION
            assert caught.value.retry_after is not None
            assert timedelta(seconds=1) <= caught.value.retry_after <= timedelta(seconds=4)
    assert all(call.not_before and call.not_before > call.at for call in server.ledger.calls)


async def test_a_vendor_that_is_down_acts_upon_nothing_and_says_so() -> None:
    server = served()
    async with serving(server) as connector:
        server.down = True
        with pytest.raises(Retryable):
            await connector.appointments.put(EVENT)
        server.down = False
        await connector.appointments.put(EVENT)


async def test_what_stands_and_what_came_is_read_and_faults_are_switched_over_http() -> None:
    server = FakeServer(MemoryVendor(), always(failed=1.0))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://memory.example") as http:
        assert (await http.put("/_control/faults", json={"on": False})).json()["on"] is False
        key = {"Authorization": f"Bearer {server.vendor.oauth.sign_in()[0]}"}
        assert (await http.get("/me", headers=key)).status_code == 200
        assert (await http.get("/_control/items")).json()["events"] == {}
        (line,) = (await http.get("/_control/ledger")).text.splitlines()
        assert json.loads(line)["connection"] == "sign-in-1"
        assert (await http.post("/me", content=b"x" * 1_000_001)).status_code == 413


def test_a_plan_keeps_to_its_rates_and_to_its_seed() -> None:
    rates = Rates(lost=0.2, failed=0.1, throttled=0.1, reset=0.05)
    first, second = FaultPlan(rates=rates, seed=7), FaultPlan(rates=rates, seed=7)
    turns = [first.turn() for _ in range(10_000)]
    assert turns == [second.turn() for _ in range(10_000)]
    shares = Counter(turn.fault for turn in turns)
    for fault, rate in rates.of().items():
        assert abs(shares[fault] / 10_000 - rate) < 0.015, fault
    assert {turn.as_date for turn in turns if turn.fault is Fault.THROTTLED} == {True, False}
    assert not any(turn.acts for turn in turns if turn.fault is Fault.THROTTLED or turn.status == 503)


@pytest.mark.parametrize("as_date", [True, False])
def test_what_is_promised_is_what_was_said(as_date: bool) -> None:
    now = NOW + timedelta(milliseconds=700)
    response = too_many_calls(timedelta(seconds=3), now=now, as_date=as_date)
    assert timedelta(seconds=3) <= promised(response, now=now) - now <= timedelta(seconds=4)


@pytest.mark.parametrize(("after_s", "early"), [(0.5, False), (1.5, True), (2.9, True), (3.0, False)])
def test_a_call_is_too_early_after_the_tolerance_and_before_the_wait_is_over(after_s: float, early: bool) -> None:
    until = NOW + timedelta(seconds=3)
    told = Call(number=1, at=NOW, connection="a", method="GET", path="/", status=429, not_before=until)
    after = Call(number=2, at=NOW + timedelta(seconds=after_s), connection="a", method="GET", path="/", status=200)
    other = Call(number=3, at=NOW + timedelta(seconds=2), connection="b", method="GET", path="/", status=200)
    assert CallLedger([told, after, other]).too_early() == ([after] if early else [])

"""Which messages were taken is remembered, in little room, by several workers at once, and never at a message's cost."""

import asyncio
from collections.abc import Iterator

import pytest

from contract.smtp.desk import Desk, notice
from pointsman_sdk import Remembered, Retryable
from pointsman_sdk.testing.lent import BenchMemory
from pointsman_smtp.fake.server import FakeMailServer
from pointsman_smtp.sent import Sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with FakeMailServer().running() as running:
        yield running


class BusyMemory(BenchMemory):
    """Others write between each look and each write, `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:
        if self.times:
            self.times -= 1
            present = self.kept.get(name)
            others = (b"" if present is None else present.value) + b"another one "
            await super().put(name, others, if_version=None if present is None else present.version)
        return await super().put(name, value, if_version=if_version)


class LostMemory(BenchMemory):
    """Is away as soon as something is to be kept, or from the start."""

    def __init__(self, *, reads: bool) -> None:
        super().__init__()
        self.reads = reads

    async def get(self, name: str) -> Remembered | None:
        if not self.reads:
            raise Retryable("the database does not answer")
        return await super().get(name)

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:
        raise Retryable("the database does not answer")


async def test_what_was_added_is_known_and_nothing_else() -> None:
    sent = Sent(BenchMemory())
    for number in range(500):
        await sent.add(f"notice-{number}")
    assert [await sent.has(f"notice-{number}") for number in range(500)] == [True] * 500
    assert [await sent.has(f"other-{number}") for number in range(500)] == [False] * 500


async def test_the_last_ones_are_remembered_in_little_room() -> None:
    memory = BenchMemory()
    for number in range(64):
        memory.kept[f"sent-{number}"] = Remembered(value=b"an older one" * 400, version=1)
    sent = Sent(memory)
    for number in range(1_000):
        await sent.add(f"notice-{number}")
    assert all([await sent.has(f"notice-{number}") for number in range(1_000)])
    assert len(memory.kept) == 64
    assert {len(kept.value) for kept in memory.kept.values()} == {4_800}


async def test_workers_that_remember_at_once_lose_nothing() -> None:
    memory = BenchMemory()
    keys = [f"notice-{number}" for number in range(200)]
    await asyncio.gather(*(Sent(memory).add(key) for key in keys))
    assert all([await Sent(memory).has(key) for key in keys])


async def test_what_others_kept_meanwhile_stays() -> None:
    memory = BusyMemory(times=3)
    await Sent(memory).add("notice-1")
    assert await Sent(memory).has("notice-1")
    (kept,) = memory.kept.values()
    assert kept.value.count(b"another one ") == 3


async def test_message_that_cannot_be_remembered_was_sent_all_the_same(server: FakeMailServer) -> None:
    for memory in (LostMemory(reads=True), BusyMemory(times=1_000)):
        await Desk(server, memory=memory).connector().notices.put(notice())
    assert (len(server.mailbox.received), len(server.mailbox.joined())) == (2, 1)


async def test_without_a_look_at_what_was_sent_nothing_is(server: FakeMailServer) -> None:
    with pytest.raises(Retryable):
        await Desk(server, memory=LostMemory(reads=False)).connector().notices.put(notice())
    assert not server.mailbox.received

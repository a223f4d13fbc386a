"""What a connector remembers between calls."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman_sdk import MOST_MEMORY, Retryable
from support.databases.kept_engines import lend_engine
from support.sign_in.signed_in_world import SignedInWorld

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[SignedInWorld]:
    async with lend_engine(database_url, pool_size=5) as engine:
        made = SignedInWorld(uow=SqlUnitOfWork(engine))
        await made.begin()
        yield made
        await made.aclose()


async def test_a_value_is_changed_by_none_who_has_not_seen_it(world: SignedInWorld) -> None:
    one, other = (world.process().lend().context.memory for _ in range(2))
    assert await one.get("cursor") is None
    assert await one.put("cursor", b"a", if_version=None)
    assert not await other.put("cursor", b"b", if_version=None)
    seen = await other.get("cursor")
    assert seen is not None
    assert await other.put("cursor", b"b", if_version=seen.version)
    assert not await one.put("cursor", b"c", if_version=seen.version)
    kept = await one.get("cursor")
    assert kept is not None
    assert (kept.value, kept.version) == (b"b", seen.version + 1)
    assert await one.get("other") is None


async def test_64_kib_are_kept_and_no_byte_more(world: SignedInWorld) -> None:
    memory = world.process().lend().context.memory
    whole = bytes(range(256)) * 256
    assert len(whole) == MOST_MEMORY
    assert await memory.put("most", whole, if_version=None)
    kept = await memory.get("most")
    assert kept is not None
    assert kept.value == whole
    for name, value in (("more", whole + b"x"), ("", b"x"), ("n" * 501, b"x"), ("nul\0", b"x")):
        with pytest.raises(ValueError, match=r"more than|1 to 500"):
            await memory.put(name, value, if_version=None)


async def test_it_is_sealed_to_its_connection_and_name(world: SignedInWorld) -> None:
    memory = world.process().lend().context.memory
    await memory.put("secret", b"channel-s3cret", if_version=None)
    await memory.put("plain", b"x", if_version=None)
    async with world.uow() as tx:
        stored = await tx.connection.execute(text("select sealed from connection_memory"))
        assert not [row for (row,) in stored if b"s3cret" in bytes(row)]
        await tx.connection.execute(
            text(
                "update connection_memory set sealed = (select sealed from connection_memory where name = 'secret')"
                " where name = 'plain'"
            )
        )
    with pytest.raises(Retryable):
        await memory.get("plain")


async def test_a_connection_that_is_not_saved_remembers_nothing_and_does_not_fail(world: SignedInWorld) -> None:
    memory = world.process().lend(replace(world.ref, id=uuid4())).context.memory
    assert await memory.put("x", b"x", if_version=None)
    assert await memory.get("x") is None

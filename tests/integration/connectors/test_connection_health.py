"""How a connection does, as an admin and Prometheus read it, and the probes that put it back into use."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from pointsman.domain.errors import NotFound
from pointsman.domain.messages.message import say
from pointsman.services.connections.connections import check_connection, save_connection
from pointsman.services.connections.health import connection_health, probe_connections
from pointsman.services.deliveries.connection_faults import put_out_of_use
from pointsman.services.operations.monitoring import state_counts
from pointsman.services.ports import VendorReauthError, VendorRetryableError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.pace import Allowance, Failure, PaceState, QuotaLeft
from support.floors.use_case_env import ADMIN, World, open_world

pytestmark = pytest.mark.anyio

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
REFUSED = say("vendor.said", said="wrong password")


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as world:
        world.clock.freeze()
        yield world


async def saved(world: World, key: str = "team") -> ConnectionRow:
    row, _ = await save_connection(world.env, key, connector="memory", config={}, active=True, actor=ADMIN)
    return row


async def out_of_use(world: World) -> ConnectionRow:
    row = await saved(world)
    async with world.env.uow() as tx:
        await tx.paces.begin(row.id, burst=10, at=world.clock())
        for _ in range(2):
            began = world.clock()
            _, until = await tx.paces.refused(row.id, None, REFUSED, began=began, at=began)
            world.clock.advance(until - began)
        assert await put_out_of_use(world.env, tx, row, REFUSED)
        assert not await put_out_of_use(world.env, tx, row, REFUSED)
    return row


async def open_alerts(world: World) -> int:
    return (await world.rows("select count(*) from alerts where code = 'connection-reauth' and resolved_at is null"))[
        0
    ][0]


async def test_a_new_connection_is_closed_and_was_never_used(world: World) -> None:
    await saved(world)
    found = await connection_health(world.env, "team")
    assert (found.state, found.pace, found.owed.waiting) == (PaceState.CLOSED, None, 0)
    with pytest.raises(NotFound):
        await connection_health(world.env, "other")


async def test_what_is_shown_is_what_was_remembered(world: World) -> None:
    row = await saved(world)
    now = world.clock()
    one, other, failing = uuid4(), uuid4(), uuid4()
    allowance = Allowance(rate=None, burst=10, spare=0.0, places=4)
    async with world.env.uow() as tx:
        await tx.paces.begin(row.id, burst=10, at=now)
        for lease in (one, other, failing):
            assert await tx.paces.enter(row.id, lease, allowance, at=now, until=now + MINUTE) is False
        failed = Failure(error=REFUSED, whole=False, chance=0.0)
        assert await tx.paces.failed(row.id, failing, failed, began=now, at=now, quota=None) is None
        failure = Failure(error=REFUSED, whole=True, chance=0.0, retry_after=MINUTE)
        quota = QuotaLeft(left=3, limit=None, resets_at=now + MINUTE)
        until = await tx.paces.failed(row.id, one, failure, began=now, at=now, quota=quota)
    found = await connection_health(world.env, "team")
    assert found.pace is not None
    assert (found.state, found.until, found.pace.in_flight, found.pace.quota) == (
        PaceState.WAITING,
        until,
        1,
        quota,
    )
    counts = await state_counts(world.env)
    assert counts["connections"] == {"waiting": 1}
    assert counts["connection_calls_in_flight"] == {"team": 1}
    assert counts["connection_quota_left"] == {"team": 3}
    assert counts["connection_failures"] == {"team": 1}


async def test_a_connection_out_of_use_is_probed_every_few_minutes_until_it_works_again(world: World) -> None:
    row = await out_of_use(world)
    assert await open_alerts(world) == 1
    world.calendars.faults["check"] = VendorReauthError("wrong password")
    assert await probe_connections(world.env) == 0
    del world.calendars.faults["check"]
    assert await probe_connections(world.env) == 0  # it was asked just now
    assert (await connection_health(world.env, "team")).state is PaceState.OUT_OF_USE
    world.clock.advance(5 * MINUTE + SECOND)
    assert await probe_connections(world.env) == 1
    found = await connection_health(world.env, "team")
    assert (found.state, found.connection.fault, found.until) == (PaceState.CLOSED, None, None)
    assert await open_alerts(world) == 0
    told = await world.rows(
        "select actor from audit where action = 'connection.checked' and subject = 'connection:team'"
    )
    assert [actor for (actor,) in told] == ["worker"]
    assert row.fault is None


async def test_one_that_is_refused_works_and_is_switched_off_and_on_all_day_is_one_alert(world: World) -> None:
    for turn in range(1, 9):
        await out_of_use(world)
        if turn % 2:
            world.clock.advance(5 * MINUTE + SECOND)
            assert await probe_connections(world.env) == 1
        for active in (False, True):
            await save_connection(world.env, "team", connector="memory", config={}, active=active, actor=ADMIN)
        assert await open_alerts(world) == 0
        told = await world.rows("select count from alerts where code = 'connection-reauth'")
        assert [count for (count,) in told] == [turn]


@pytest.mark.parametrize("error", [VendorRetryableError("no answer"), TimeoutError()])
async def test_a_probe_without_an_answer_changes_nothing(world: World, error: Exception) -> None:
    await out_of_use(world)
    world.calendars.faults["check"] = error
    assert await probe_connections(world.env) == 0
    found = await connection_health(world.env, "team")
    assert found.state is PaceState.OUT_OF_USE
    assert found.connection.fault == REFUSED


async def test_a_connection_that_is_switched_off_is_not_probed(world: World) -> None:
    row = await out_of_use(world)
    async with world.env.uow() as tx:
        await tx.connections.change(replace(row, active=False, fault=REFUSED))
    assert await probe_connections(world.env) == 0
    assert (await connection_health(world.env, "team")).state is None


@pytest.mark.parametrize("act", [check_connection, None], ids=["checked", "saved anew"])
async def test_an_admin_who_mends_it_need_not_wait_for_a_probe(world: World, act: object) -> None:
    await out_of_use(world)
    if act is None:
        await saved(world)
    else:
        await check_connection(world.env, "team", actor=ADMIN)
    found = await connection_health(world.env, "team")
    assert found.pace is not None
    assert (found.state, found.pace.strikes, found.until) == (PaceState.CLOSED, 0, None)
    assert await open_alerts(world) == 0


async def test_a_mailbox_that_is_refused_is_shown_and_told_of_until_it_answers_again(world: World) -> None:
    row, mailbox = await saved(world), "anna@example.com"

    async def told() -> list[tuple[object, ...]]:
        assert await probe_connections(world.env) == 0
        open_ones = "select subject, count from alerts where code = 'mailbox-refused' and resolved_at is null"
        return [tuple(one) for one in await world.rows(open_ones)]

    async with world.env.uow() as tx:
        await tx.paces.begin(row.id, burst=10, at=world.clock(), subject=mailbox)
        await tx.paces.refused(row.id, None, REFUSED, began=world.clock(), at=world.clock(), subject=mailbox)
    assert await told() == []
    world.clock.advance(31 * SECOND)
    async with world.env.uow() as tx:
        await tx.paces.refused(row.id, None, REFUSED, began=world.clock(), at=world.clock(), subject=mailbox)
    for _ in range(2):
        assert await told() == [(f"mailbox:team:{mailbox}", 1)]
    found = await connection_health(world.env, "team")
    assert (found.state, found.pace) == (PaceState.CLOSED, None)
    (held,) = found.held
    assert (held.subject, held.refused, held.error) == (mailbox, True, REFUSED)
    assert held.until == world.clock() + 5 * MINUTE
    await check_connection(world.env, "team", actor=ADMIN)
    assert await told() == []
    assert (await connection_health(world.env, "team")).held == []

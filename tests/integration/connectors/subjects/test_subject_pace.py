"""A vendor that counts each mailbox by itself: one that is throttled, failing or refused waits, and the others go on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from pointsman.services.ports import VendorReauthError, VendorRetryableError, VendorWaitError
from pointsman.services.ports.vendors.pace import HeldSubject, PaceRow, PaceState
from pointsman_sdk import Context, Limits, Per, ReauthRequired, Retryable, Scope
from support.databases.kept_engines import lend_engine
from support.floors.paced_world import PacedWorld, Process, answer, paced_world

pytestmark = pytest.mark.anyio

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ANNA, BEN = "anna@example.com", "ben@example.com"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[PacedWorld]:
    async with lend_engine(database_url, pool_size=4) as engine:
        world = await paced_world(engine, Limits(at_once=4, rate=2.0, burst=10, per=Per.SUBJECT))
        yield world
        await world.aclose()


def raising(error: Exception) -> Callable[[Context], Awaitable[object]]:
    async def act(_context: Context) -> object:
        raise error

    return act


def throttled(subject: str, wait: timedelta | None = MINUTE) -> Callable[[Context], Awaitable[object]]:
    return raising(Retryable("too many calls", retry_after=wait, scope=Scope.SUBJECT, subject=subject))


async def pace(world: PacedWorld) -> PaceRow:
    async with world.uow() as tx:
        row = await tx.paces.show(world.id, at=world.clock())
    assert row is not None
    return row


async def held(world: PacedWorld) -> Sequence[HeldSubject]:
    async with world.uow() as tx:
        return await tx.paces.held(world.id, at=world.clock(), limit=10)


async def waits(process: Process, place: str) -> VendorWaitError:
    with pytest.raises(VendorWaitError) as caught:
        await process.call(place=place)
    return caught.value


async def test_a_mailbox_that_is_throttled_waits_in_every_process_and_the_others_go_on(world: PacedWorld) -> None:
    one, other = world.process(), world.process()
    world.vendor.act = throttled(ANNA)
    assert (await waits(one, ANNA)).until == world.clock() + MINUTE
    world.vendor.act = answer
    assert (await waits(other, ANNA)).until >= world.clock() + MINUTE
    await other.call(place=BEN)
    assert len(world.vendor.begun) == 2
    row = await pace(world)
    assert (row.state(at=world.clock()), row.failures) == (PaceState.CLOSED, 0)
    assert [(one.subject, one.refused) for one in await held(world)] == [(ANNA, False)]
    world.clock.advance(61)
    await other.call(place=ANNA)
    assert await held(world) == []


async def test_a_wait_of_which_the_vendor_says_nothing_grows(world: PacedWorld) -> None:
    process = world.process()
    world.vendor.act = throttled(ANNA, None)
    for seconds in (1, 2, 4, 8):
        wait = await waits(process, ANNA)
        assert wait.until == world.clock() + seconds * SECOND
        world.clock.now = wait.until


async def test_each_mailbox_has_a_bucket_of_its_own_and_the_connection_one_for_what_is_of_none(
    world: PacedWorld,
) -> None:
    process = world.process()
    for place in (ANNA, BEN, None):
        made = 0
        for _ in range(20):
            try:
                await process.call(place=place)
            except VendorWaitError:
                continue
            made += 1
        assert made == 8  # of ten, a fifth is left to whom someone waits for


async def test_what_the_connection_refuses_costs_a_mailbox_no_token(world: PacedWorld) -> None:
    process = world.process()
    await process.call(place=ANNA)
    world.vendor.act = raising(Retryable("away", retry_after=MINUTE, scope=Scope.CONNECTION))
    await waits(process, BEN)
    world.vendor.act = answer
    for _ in range(30):
        await waits(process, ANNA)
    world.clock.advance(61)
    for _ in range(8):
        await process.call(place=ANNA)


async def test_one_mailbox_that_fails_again_and_again_keeps_no_other_waiting(world: PacedWorld) -> None:
    process = world.process()
    for turn in range(40):
        world.vendor.act = raising(Retryable("busy"))
        with pytest.raises(VendorRetryableError):
            await process.call(place=ANNA)
        world.clock.advance(1)
        if turn % 10 == 9:
            world.vendor.act = answer
            await process.call(place=BEN)
    assert (await pace(world)).not_before is None
    assert [one.subject for one in await held(world)] == [ANNA]
    assert len(world.vendor.begun) < 20


@pytest.mark.parametrize("scope", [Scope.CALL, Scope.SUBJECT])
async def test_five_mailboxes_that_fail_in_a_row_are_the_connections_trouble(world: PacedWorld, scope: Scope) -> None:
    process = world.process()
    for number in range(5):
        assert (await pace_or_none(world)) is None
        place = f"rep{number}@example.com"
        subject = place if scope is Scope.SUBJECT else None
        world.vendor.act = raising(Retryable("busy", scope=scope, subject=subject))
        with pytest.raises(VendorRetryableError):
            await process.call(place=place)
    await waits(process, BEN)
    assert len(world.vendor.begun) == 5


async def pace_or_none(world: PacedWorld) -> object:
    async with world.uow() as tx:
        row = await tx.paces.show(world.id, at=world.clock())
    return row and row.not_before


async def test_ten_minutes_without_a_vendor_cost_few_calls_for_any_number_of_mailboxes(world: PacedWorld) -> None:
    process, began = world.process(), world.clock()
    world.vendor.act = raising(Retryable("busy"))
    turn = 0
    while world.clock() < began + 10 * MINUTE:
        with pytest.raises(VendorRetryableError):
            await process.call(place=f"rep{turn % 50}@example.com")
        turn += 1
        world.clock.advance(0.5)
    assert turn > 1_000
    assert len(world.vendor.begun) <= 40


async def test_a_mailbox_that_is_refused_twice_waits_for_a_probe_and_the_connection_stays_in_use(
    world: PacedWorld,
) -> None:
    process = world.process()
    world.vendor.act = raising(ReauthRequired("no", subject=ANNA))
    first = await waits(process, ANNA)
    assert first.until == world.clock() + 30 * SECOND
    world.clock.now = first.until
    second = await waits(process, ANNA)
    assert second.until == world.clock() + 5 * MINUTE
    assert (await pace(world)).state(at=world.clock()) is PaceState.CLOSED
    assert [(one.subject, one.refused) for one in await held(world)] == [(ANNA, True)]
    world.vendor.act = answer
    await process.call(place=BEN)
    await waits(process, ANNA)
    world.clock.now = second.until
    await process.call(place=ANNA)
    assert await held(world) == []


async def test_a_refusal_of_all_puts_the_connection_out_of_use_though_it_came_to_one_mailbox(
    world: PacedWorld,
) -> None:
    process = world.process()
    world.vendor.act = raising(ReauthRequired("no"))
    world.clock.now = (await waits(process, ANNA)).until
    with pytest.raises(VendorReauthError):
        await process.call(place=BEN)
    assert (await pace(world)).state(at=world.clock()) is PaceState.OUT_OF_USE


async def test_a_subject_that_is_another_than_the_calls_is_held_by_its_name(world: PacedWorld) -> None:
    process = world.process()
    world.vendor.act = throttled(BEN)
    await waits(process, ANNA)
    world.vendor.act = answer
    await process.call(place=ANNA)
    await waits(process, BEN)


async def test_a_mailbox_without_calls_for_long_is_forgotten_and_begun_anew(world: PacedWorld) -> None:
    process = world.process()
    await process.call(place=ANNA)
    async with world.uow() as tx:
        await tx.paces.forget_subjects(before=world.clock() + SECOND)
    for _ in range(8):
        await process.call(place=ANNA)
    await waits(process, ANNA)


async def test_where_limits_are_the_connections_a_subject_means_nothing(database_url: str) -> None:
    async with lend_engine(database_url, pool_size=2) as engine:
        world = await paced_world(engine, Limits(at_once=4, rate=2.0, burst=10))
        process = world.process()
        for place in (ANNA, BEN) * 4:
            await process.call(place=place)
        await waits(process, ANNA)
        await world.aclose()

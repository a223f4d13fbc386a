"""The pace of a connection: what its vendor stands, over all processes, and when no call is worth making."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pointsman.connectors.pace.patience import Patience
from pointsman.services.ports import VendorError, VendorReauthError, VendorRetryableError, VendorWaitError
from pointsman.services.ports.vendors.pace import PaceRow, PaceState
from pointsman_sdk import AmbiguousOutcome, Context, Limits, Quota, ReauthRequired, Rejected, Retryable
from pointsman_sdk.errors import Scope
from support.databases.kept_engines import lend_engine
from support.floors.outage import WAYS_OF_BEING_AWAY, outage
from support.floors.paced_world import START, PacedWorld, Process, paced_world
from support.waiting import PATIENCE_S

pytestmark = pytest.mark.anyio

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MakeWorld = Callable[..., Awaitable[PacedWorld]]


@pytest.fixture
async def make_world(database_url: str) -> AsyncIterator[MakeWorld]:
    worlds: list[PacedWorld] = []
    async with lend_engine(database_url, pool_size=5) as engine:

        async def make(**limits: object) -> PacedWorld:
            worlds.append(await paced_world(engine, Limits(**{"at_once": 4, **limits})))  # type: ignore[arg-type]  # as given
            return worlds[-1]

        yield make
        for world in worlds:
            await world.aclose()


def raising(error: Exception) -> Callable[[Context], Awaitable[object]]:
    async def act(_context: Context) -> object:
        raise error

    return act


def throttled(wait: timedelta | None = None) -> Callable[[Context], Awaitable[object]]:
    return raising(Retryable("too many calls", retry_after=wait, scope=Scope.CONNECTION))


async def waits(process: Process, **how: object) -> VendorWaitError:
    with pytest.raises(VendorWaitError) as caught:
        await process.call(**how)
    return caught.value


async def pace(world: PacedWorld) -> PaceRow:
    async with world.uow() as tx:
        row = await tx.paces.show(world.id, at=world.clock())
    assert row is not None
    return row


# ── throttling ──────────────────────────────────────────────────────────────────────────────────


async def test_no_process_calls_before_a_retry_after_is_over(make_world: MakeWorld) -> None:
    world = await make_world()
    one, other = world.process(), world.process()
    world.vendor.act = throttled(MINUTE)
    told = await waits(one)
    assert (told.until, told.retry_after) == (world.clock() + MINUTE, MINUTE)
    for seconds in (1, 58):
        world.clock.advance(seconds)
        assert (await waits(other)).until >= told.until
    assert len(world.vendor.begun) == 1
    world.clock.advance(1)
    await waits(other)
    assert len(world.vendor.begun) == 2


def of_several_requests(world: PacedWorld, meanwhile: Callable[[], Awaitable[object]], seen: list[datetime]) -> None:
    """Each call is two requests, between which a second goes by, and `meanwhile`, once."""

    async def act(context: Context) -> None:
        await context.http.get("https://vendor.example/first")
        world.vendor.act = throttled(MINUTE)
        await meanwhile()
        world.clock.advance(1)
        await context.http.get("https://vendor.example/second")
        seen.append(context.clock())

    world.vendor.act = act


async def test_a_call_of_several_requests_sends_none_once_another_process_was_told_to_wait(
    make_world: MakeWorld,
) -> None:
    world, seen = await make_world(), list[datetime]()
    one, other = world.process(), world.process()
    of_several_requests(world, lambda: waits(other), seen)
    told = await waits(one)
    assert (told.until, seen) == (START + MINUTE, [])
    assert (await pace(world)).not_before == START + MINUTE


async def test_it_pauses_where_the_wait_is_short_and_goes_on_then(make_world: MakeWorld) -> None:
    world, seen = await make_world(), list[datetime]()
    one, other = world.process(), world.process()

    async def throttle() -> None:
        world.vendor.act = throttled(3 * SECOND)
        await waits(other)

    of_several_requests(world, throttle, seen)
    await one.call()
    assert seen == [START + 3 * SECOND]


async def test_a_call_that_is_quick_looks_no_further(make_world: MakeWorld) -> None:
    world, seen = await make_world(), list[datetime]()
    one, other = world.process(), world.process()

    async def throttle() -> None:
        await waits(other)
        world.clock.advance(-1)  # what follows comes at once: it was on its way

    of_several_requests(world, throttle, seen)
    await one.call()
    assert seen == [START]


async def test_a_retry_after_is_kept_although_calls_that_began_before_it_succeed(make_world: MakeWorld) -> None:
    world = await make_world()
    one, other = world.process(), world.process()
    throttle, answer = asyncio.Event(), asyncio.Event()

    async def slow(_context: Context) -> object:
        throttle.set()
        await answer.wait()
        return "answered"

    world.vendor.act = slow
    running = asyncio.create_task(one.call())
    await throttle.wait()
    world.vendor.act = throttled(MINUTE)
    until = (await waits(other)).until
    answer.set()
    await running
    assert (await pace(world)).not_before == until


async def test_without_a_retry_after_the_wait_grows_to_five_minutes_and_is_spread(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled()
    for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 150, 150):  # with a chance of a half
        told = await waits(process)
        assert told.until == world.clock() + seconds * SECOND
        world.clock.now = told.until
    world.chance = lambda: 0.0
    assert (await waits(process)).until == world.clock()


async def test_a_wait_of_nothing_counts_as_none(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled(timedelta())
    for seconds in (1, 2, 4, 8):
        assert (await waits(process)).until == world.clock() + seconds * SECOND
        world.clock.advance(seconds)


async def test_one_probe_at_a_time_and_its_answer_lets_all_in(make_world: MakeWorld) -> None:
    world = await make_world()
    one, other = world.process(), world.process()
    world.vendor.act = throttled(MINUTE)
    await waits(one)
    world.clock.advance(60)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slow(_context: Context) -> object:
        asked.set()
        await answer.wait()
        return "answered"

    world.vendor.act = slow
    probe = asyncio.create_task(one.call())
    await asked.wait()
    await waits(other)
    assert (await pace(world)).state(at=world.clock()) is PaceState.PROBING
    answer.set()
    await probe
    await other.call()
    assert (await pace(world)).state(at=world.clock()) is PaceState.CLOSED


async def test_a_probe_whose_worker_died_gives_way_after_its_lease(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled(MINUTE)
    await waits(process)
    world.clock.advance(60)
    asked = asyncio.Event()

    async def hang(_context: Context) -> object:
        asked.set()
        await asyncio.Event().wait()
        return None

    world.vendor.act = hang
    dead = asyncio.create_task(world.process().call(deadline=MINUTE))
    await asked.wait()
    world.clock.advance(9)
    await waits(process)
    world.clock.advance(2)
    assert await _answers(world, process)
    dead.cancel()
    await asyncio.wait({dead})


async def _answers(world: PacedWorld, process: Process) -> bool:
    async def answer(_context: Context) -> object:
        return "answered"

    world.vendor.act = answer
    await process.call()
    return True


async def hang_on(_context: Context) -> object:
    return await asyncio.Event().wait()


@pytest.mark.parametrize("act", [raising(Retryable("busy")), hang_on], ids=["failing", "silent"])
async def test_five_failures_in_a_row_keep_the_whole_connection_waiting(
    make_world: MakeWorld, act: Callable[[Context], Awaitable[object]]
) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = act
    for _ in range(4):
        with pytest.raises(VendorRetryableError):
            await process.call(deadline=SECOND / 20)
    assert (await pace(world)).not_before is None
    with pytest.raises(VendorRetryableError):
        await process.call(deadline=SECOND / 20)
    await waits(process)
    assert len(world.vendor.begun) == 5


async def test_a_vendor_that_answers_within_a_call_that_fails_is_not_away(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()

    async def reads_and_does_not_write(context: Context) -> object:
        await context.http.get("https://vendor.example/event")
        raise AmbiguousOutcome("no answer to the write")

    world.vendor.act = reads_and_does_not_write
    for _ in range(10):
        with pytest.raises(VendorRetryableError):
            await process.call(writes=True)
    row = await pace(world)
    assert (row.failures, row.not_before) == (0, None)
    assert row.last_error is not None


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_failures_and_throttles_of_the_vendor_are_no_sign_of_life(make_world: MakeWorld, status: int) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.status = status

    async def is_not_answered(context: Context) -> object:
        await context.http.get("https://vendor.example/event")
        raise Retryable("failing")

    world.vendor.act = is_not_answered
    for _ in range(5):
        with pytest.raises(VendorRetryableError):
            await process.call()
    await waits(process)


async def test_a_vendor_that_asks_for_fewer_calls_is_not_away(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled(SECOND)
    for _ in range(10):
        world.clock.now = (await waits(process)).until
    assert (await pace(world)).failures == 0
    world.vendor.act = raising(Retryable("busy"))
    with pytest.raises(VendorRetryableError):
        await process.call()
    assert (await waits(process)).until <= world.clock() + 2 * SECOND


async def test_what_the_vendor_refuses_is_an_answer(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = raising(Rejected("no such calendar"))
    for _ in range(5):
        with pytest.raises(VendorError):
            await process.call()
    row = await pace(world)
    assert (row.failures, row.not_before, row.last_success_at) == (0, None, None)
    assert row.last_error is not None


# ── places and rates ────────────────────────────────────────────────────────────────────────────


async def test_no_more_calls_are_in_flight_than_the_vendor_stands_and_a_place_is_kept(make_world: MakeWorld) -> None:
    world = await make_world(at_once=3)
    processes = [world.process(), world.process()]
    begun, answer = asyncio.Semaphore(0), asyncio.Event()

    async def slow(_context: Context) -> object:
        begun.release()
        await answer.wait()
        return "answered"

    world.vendor.act = slow
    running = [asyncio.create_task(process.call()) for process in processes]
    for _ in running:
        await begun.acquire()
    await waits(processes[0])  # two deliveries: the third place is for whom someone waits
    running.append(asyncio.create_task(processes[1].call(patience=Patience.FIRST)))
    await begun.acquire()
    await waits(processes[0], patience=Patience.FIRST, deadline=SECOND)
    assert (await pace(world)).in_flight == 3
    answer.set()
    await asyncio.gather(*running)
    assert (await pace(world)).in_flight == 0


async def test_a_killed_workers_place_is_free_after_its_lease(make_world: MakeWorld) -> None:
    world = await make_world(at_once=1)
    asked = asyncio.Event()

    async def hang(_context: Context) -> object:
        asked.set()
        await asyncio.Event().wait()
        return None

    world.vendor.act = hang
    dead = asyncio.create_task(world.process().call(deadline=MINUTE))
    await asked.wait()
    other = world.process()
    await waits(other)
    world.clock.advance(10.1)
    assert await _answers(world, other)
    dead.cancel()
    await asyncio.wait({dead})


async def test_a_call_that_runs_long_keeps_its_place(make_world: MakeWorld) -> None:
    world = await make_world(at_once=1)
    beats, asked = asyncio.Semaphore(0), asyncio.Event()
    world.beat = lambda _: wait_for_one(beats)
    running = world.process()

    async def hang(_context: Context) -> object:
        asked.set()
        return await asyncio.Event().wait()

    world.vendor.act = hang
    call = asyncio.create_task(running.call(deadline=MINUTE))
    await asked.wait()
    world.clock.advance(9)
    beats.release()
    await until_prolonged(world)
    world.clock.advance(9)
    await waits(world.process())
    call.cancel()
    await asyncio.wait({call})


async def wait_for_one(beats: asyncio.Semaphore) -> None:
    await beats.acquire()


async def until_prolonged(world: PacedWorld) -> None:
    later = world.clock() + 9 * SECOND
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with world.uow() as tx:
                row = await tx.paces.show(world.id, at=later)
            if row is not None and row.in_flight:
                return
            await asyncio.sleep(0.01)


async def test_a_call_that_is_broken_off_gives_its_place_back(make_world: MakeWorld) -> None:
    world = await make_world(at_once=1)
    process, asked = world.process(), asyncio.Event()

    async def hang(_context: Context) -> object:
        asked.set()
        await asyncio.Event().wait()
        return None

    world.vendor.act = hang
    broken_off = asyncio.create_task(process.call())
    await asked.wait()
    broken_off.cancel()
    await asyncio.wait({broken_off})
    await process.gateway.aclose()
    assert (await pace(world)).in_flight == 0
    assert await _answers(world, world.process())


async def test_calls_of_all_processes_share_one_bucket(make_world: MakeWorld) -> None:
    world = await make_world(rate=2.0, burst=10, at_once=10)
    processes = [world.process(), world.process()]
    made = 0
    for turn in range(20):
        try:
            await processes[turn % 2].call()
        except VendorWaitError:
            continue
        made += 1
    assert made == 8  # a fifth of the bucket is left to whom someone waits for
    for _ in range(2):
        await processes[0].call(patience=Patience.FIRST)
    world.clock.advance(3)
    for _ in range(4):
        await processes[1].call()
    assert len(world.vendor.begun) == 14


async def test_a_connection_that_stands_more_than_others_is_called_more_often(make_world: MakeWorld) -> None:
    world = await make_world(rate=1.0, burst=1)
    world.vendor.stands = Limits(rate=2.0, burst=10)
    process = world.process()
    for _ in range(8):
        await process.call()
    world.clock.advance(1)
    for _ in range(2):
        await process.call()
    await waits(process)
    assert len(world.vendor.begun) == 10


async def test_who_may_wait_is_let_in_by_and_by(make_world: MakeWorld) -> None:
    world = await make_world(rate=1.0, burst=1)
    process = world.process()
    for _ in range(5):
        await process.call(patience=Patience.WAITS, deadline=10 * SECOND)
    spread = [(later - sooner).total_seconds() for sooner, later in pairwise(world.vendor.begun)]
    assert all(1 <= gap < 2 for gap in spread)


async def test_those_who_are_sent_away_come_back_one_after_another(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled(MINUTE)
    await waits(process)
    moments = [(await waits(process)).until for _ in range(50)]
    assert moments == sorted(set(moments))
    assert moments[0] > world.clock() + MINUTE
    assert moments[-1] < world.clock() + 5 * MINUTE


async def test_who_is_sent_away_while_calls_hang_comes_back_later_the_longer_they_do(make_world: MakeWorld) -> None:
    world = await make_world(at_once=1)
    process, asked = world.process(), asyncio.Event()

    async def hang(_context: Context) -> object:
        asked.set()
        return await asyncio.Event().wait()

    world.vendor.act = hang
    call = asyncio.create_task(process.call(deadline=MINUTE))
    await asked.wait()
    for seconds in (1, 4):
        world.clock.advance(seconds)
        first, second = (await waits(process)).until, (await waits(process)).until
        assert second - first >= (world.clock() - START) * 0.99
    call.cancel()
    await asyncio.wait({call})


async def test_an_admins_check_waits_for_nothing(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = throttled(MINUTE)
    await waits(process)
    assert world.vendor.begun
    with pytest.raises(VendorRetryableError):
        await process.gateway.check(process.ref)
    assert len(world.vendor.begun) == 2


# ── credentials ─────────────────────────────────────────────────────────────────────────────────


async def test_one_refusal_of_the_credentials_is_no_end_and_the_second_is(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = raising(ReauthRequired("no"))
    first = await waits(process)
    assert first.until == world.clock() + 30 * SECOND
    world.clock.now = first.until
    with pytest.raises(VendorReauthError):
        await process.call()
    assert (await pace(world)).state(at=world.clock()) is PaceState.OUT_OF_USE
    world.clock.advance(299)
    await waits(process)
    assert len(world.vendor.begun) == 2


async def test_calls_that_were_under_way_together_are_one_strike(make_world: MakeWorld) -> None:
    world = await make_world(at_once=10)
    process, go, begun = world.process(), asyncio.Event(), asyncio.Semaphore(0)

    async def refuse(_context: Context) -> object:
        begun.release()
        await go.wait()
        raise ReauthRequired("no")

    world.vendor.act = refuse
    running = [asyncio.create_task(process.call()) for _ in range(4)]
    for _ in running:
        await begun.acquire()
    go.set()
    ended = await asyncio.gather(*running, return_exceptions=True)
    assert [type(error) for error in ended] == [VendorWaitError] * 4
    assert (await pace(world)).strikes == 1


async def test_a_probe_that_works_forgives_the_strikes(make_world: MakeWorld) -> None:
    world = await make_world()
    process = world.process()
    world.vendor.act = raising(ReauthRequired("no"))
    await waits(process)
    world.clock.advance(30)
    assert await _answers(world, process)
    assert (await pace(world)).strikes == 0


async def test_what_the_vendor_tells_of_its_quota_is_kept(make_world: MakeWorld) -> None:
    world = await make_world()

    async def tell(context: Context) -> object:
        context.quota(Quota(left=17, limit=100))
        return None

    world.vendor.act = tell
    await world.process().call()
    row = await pace(world)
    assert row.quota is not None
    assert (row.quota.left, row.quota.limit, row.quota_told_at) == (17, 100, world.clock())


@pytest.mark.parametrize(
    "told",
    [
        {"left": 10**5_000},
        {"left": float("nan")},
        {"left": "many\0"},
        {"left": 1, "limit": b"9"},
        {"left": 1, "resets_at": "soon"},
        {"left": 1, "resets_at": START.replace(tzinfo=None)},
    ],
    ids=["huge", "no number", "text", "bytes", "word", "no zone"],
)
async def test_a_quota_that_is_none_is_not_kept_and_spoils_no_call(make_world: MakeWorld, told: dict[str, Any]) -> None:
    world = await make_world()

    async def tell(context: Context) -> object:
        context.quota(Quota(**told))
        return None

    world.vendor.act = tell
    await world.process().call()
    assert (await pace(world)).quota is None


# ── an outage ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", WAYS_OF_BEING_AWAY)
async def test_ten_minutes_without_a_vendor_cost_few_probes_and_one_call_a_delivery(
    make_world: MakeWorld, way: str
) -> None:
    world = await make_world()
    chance = Random(7)
    world.chance = chance.random
    seen = await outage(world, way, deliveries=40, lasts=10 * MINUTE)
    assert seen.calls_during <= 30
    assert seen.calls_after <= 40 * 1.1
    assert seen.attempts <= (0 if way == "unreachable" else seen.calls_during)


# ── another process ─────────────────────────────────────────────────────────────────────────────

VICTIM = """
import asyncio, sys
from datetime import timedelta
from pointsman.db.engine.engine import make_engine
from support.floors.paced_world import paced_world
from pointsman_sdk import Limits

async def hang(context):
    print("begun", flush=True)
    await asyncio.sleep(600)

async def main():
    world = await paced_world(make_engine(sys.argv[1]), Limits(at_once=1))
    world.vendor.act = hang
    await world.process().call(deadline=timedelta(seconds=600))

asyncio.run(main())
"""


async def test_a_process_that_is_killed_in_the_middle_of_a_call_frees_its_place(
    database_url: str, tmp_path: Path
) -> None:
    tests = Path(__file__).parents[2]
    victim = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", VICTIM, database_url),
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    assert victim.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        assert await victim.stdout.readline() == b"begun\n"
    victim.kill()
    await victim.wait()
    async with lend_engine(database_url, pool_size=2) as engine:
        world = await paced_world(engine, Limits(at_once=1), saved=True)
        process = world.process()
        await waits(process)
        world.clock.advance(9)
        await waits(process)
        world.clock.advance(1.1)
        assert await _answers(world, process)
        await world.aclose()


async def test_four_processes_together_never_have_more_calls_in_flight_than_the_vendor_stands(
    make_world: MakeWorld,
) -> None:
    world = await make_world(at_once=3)
    world.use_clock(lambda: datetime.now(UTC))
    flying: list[int] = [0]

    async def fly(_context: Context) -> object:
        flying.append(flying[-1] + 1)
        await asyncio.sleep(0)
        flying.append(flying[-1] - 1)
        return None

    world.vendor.act = fly
    processes = [world.process() for _ in range(4)]
    patience = [Patience.FIRST, Patience.WAITS]
    calls = (processes[n % 4].call(patience=patience[n % 2], deadline=10 * MINUTE) for n in range(40))
    await asyncio.gather(*calls)
    assert len(world.vendor.begun) == 40
    assert max(flying) <= 3
    assert (await pace(world)).in_flight == 0

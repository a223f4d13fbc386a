"""A vendor that throttles one kind of call, or one mailbox, and says so: nothing else over the connection waits for that."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from pointsman.services.ports import VendorError, VendorRetryableError, VendorUnansweredError, VendorWaitError
from pointsman.services.ports.vendors.pace import PaceRow, PaceState
from pointsman_sdk import AmbiguousOutcome, Context, Limits, Per, Retryable, Scope
from support.databases.kept_engines import lend_engine
from support.floors.paced_world import PacedWorld, answer, paced_world
from support.hypothesis_profiles import examples

pytestmark = pytest.mark.anyio

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ANNA, BEN = "anna@example.com", "ben@example.com"
EVENT = "https://vendor.example/event"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with lend_engine(database_url, pool_size=4) as engine:
        yield engine


@pytest.fixture(params=list(Per), ids=lambda per: f"per {per}")
async def world(engine: AsyncEngine, request: pytest.FixtureRequest) -> AsyncIterator[PacedWorld]:
    world = await paced_world(engine, Limits(at_once=4, per=request.param))
    yield world
    await world.aclose()


def raising(error: Exception, *, asks: bool = True) -> Callable[[Context], Awaitable[object]]:
    async def act(context: Context) -> object:
        if asks:
            await context.http.get(EVENT)
        raise error

    return act


async def pace(world: PacedWorld) -> PaceRow:
    async with world.uow() as tx:
        row = await tx.paces.show(world.id, at=world.clock())
    assert row is not None
    return row


@pytest.mark.parametrize("status", [429, 503, 403, 200])
async def test_a_kind_of_call_that_is_throttled_keeps_its_wait_and_no_other_call_waits(
    world: PacedWorld, status: int
) -> None:
    process, world.vendor.status = world.process(), status
    world.vendor.act = raising(Retryable("too many of these", retry_after=MINUTE))
    for number in range(12):
        with pytest.raises(VendorRetryableError) as caught:
            await process.call(place=f"rep{number}@example.com")
        assert (type(caught.value), caught.value.retry_after) == (VendorRetryableError, MINUTE)
    row = await pace(world)
    assert (row.failures, row.not_before, row.last_success_at) == (0, None, None)
    assert row.last_error is not None
    world.vendor.act = answer
    await process.call(place=ANNA)


async def test_a_refusal_of_one_mailbox_s_call_is_none_of_the_mailbox_s_others(world: PacedWorld) -> None:
    process = world.process()
    world.vendor.act = raising(Retryable("too many of these", retry_after=MINUTE), asks=False)
    for _ in range(12):
        with pytest.raises(VendorRetryableError):
            await process.call(place=ANNA)
    world.vendor.act = answer
    await process.call(place=ANNA)


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("error", [AmbiguousOutcome, Retryable])
async def test_a_gateway_that_fails_and_names_a_time_is_no_vendor_that_answers(
    world: PacedWorld, status: int, error: type[Retryable]
) -> None:
    process, world.vendor.status = world.process(), status
    world.vendor.act = raising(error("failing", retry_after=SECOND))
    for number in range(5):
        with pytest.raises(VendorRetryableError):
            await process.call(place=f"rep{number}@example.com", writes=True)
    with pytest.raises(VendorWaitError):
        await process.call(place=ANNA)


async def test_a_write_that_was_cut_off_counts_though_the_connector_names_a_time(world: PacedWorld) -> None:
    process = world.process()
    world.vendor.act = raising(AmbiguousOutcome("reset", retry_after=SECOND), asks=False)
    for number in range(5):
        with pytest.raises(VendorUnansweredError):
            await process.call(place=f"rep{number}@example.com", writes=True)
    with pytest.raises(VendorWaitError):
        await process.call(place=ANNA)


async def fail_as_a_whole(world: PacedWorld) -> None:
    """Until a probe is due."""
    world.vendor.act = raising(Retryable("away", retry_after=MINUTE, scope=Scope.CONNECTION), asks=False)
    with pytest.raises(VendorWaitError):
        await world.process().call(place=BEN)
    world.clock.advance(61)


@pytest.mark.parametrize(
    "refusal",
    [
        Retryable("too many of these", retry_after=MINUTE),
        Retryable("too many calls", retry_after=MINUTE, scope=Scope.SUBJECT, subject=ANNA),
        Retryable("too many calls", scope=Scope.SUBJECT, subject=ANNA),
    ],
    ids=["a kind of call", "a mailbox", "a mailbox without a time"],
)
async def test_a_probe_that_is_refused_for_itself_tells_that_the_vendor_is_back(
    world: PacedWorld, refusal: Retryable
) -> None:
    process = world.process()
    await fail_as_a_whole(world)
    world.vendor.act = raising(refusal, asks=False)
    with pytest.raises(VendorRetryableError):
        await process.call(place=ANNA)
    assert (await pace(world)).state(at=world.clock()) is PaceState.CLOSED
    world.vendor.act = answer
    await process.call(place=BEN)


# ── whatever the order ──────────────────────────────────────────────────────────────────────────

NUMBERS = count(100)  # of connections


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody's call, so long after the one before."""

    place: str | None
    after: float


TURNS = st.lists(
    st.builds(
        Turn, st.sampled_from([ANNA, ANNA, BEN, "cleo@example.com", None]), st.sampled_from([0.0, 0.4, 3.0, 70.0])
    ),
    min_size=5,
    max_size=40,
)
REFUSALS = st.one_of(
    st.builds(
        lambda wait: Retryable("429", retry_after=wait, scope=Scope.SUBJECT, subject=ANNA),
        st.sampled_from([None, timedelta(), SECOND, MINUTE]),
    ),
    st.builds(lambda wait: Retryable("429", retry_after=wait), st.sampled_from([SECOND, MINUTE])),
)


async def story(
    engine: AsyncEngine, limits: Limits, turns: Sequence[Turn], refusal: Retryable | None, *, away: bool
) -> list[bool]:
    """Which calls of the others were answered. All of Anna's are refused so; None: they are answered."""
    world = await paced_world(engine, limits, number=next(NUMBERS))
    process, answered = world.process(), list[bool]()
    world.chance = lambda: 0.99
    if away:
        await fail_as_a_whole(world)
    for turn in turns:
        world.clock.advance(turn.after)
        is_refused = turn.place == ANNA and refusal is not None
        world.vendor.act = raising(refusal, asks=False) if is_refused and refusal is not None else answer
        try:
            await process.call(place=turn.place)
        except VendorError:
            came = False
        else:
            came = True
        if turn.place != ANNA:
            answered.append(came)
    await world.aclose()
    return answered


@given(turns=TURNS, refusal=REFUSALS, per=st.sampled_from(Per), away=st.booleans())
@examples(90, fixture_serves_all=True)
async def test_a_mailbox_whose_every_call_is_refused_costs_the_others_none(
    engine: AsyncEngine, turns: list[Turn], refusal: Retryable, per: Per, *, away: bool
) -> None:
    limits = Limits(at_once=4, rate=2.0, burst=6, per=per)
    without = await story(engine, limits, turns, None, away=away)
    beside = await story(engine, limits, turns, refusal, away=away)
    assert all(now or not before for now, before in zip(beside, without, strict=True))

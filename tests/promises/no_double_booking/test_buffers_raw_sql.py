"""Buffers against raw SQL: the trigger that keeps reservations apart, its lock, and what may not be changed of them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from support.databases.plans import watching
from support.databases.roles import for_libpq
from support.floors.use_case_env import World
from support.waiting import until_blocked

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
NOON = (datetime.now(UTC) + timedelta(days=5)).replace(hour=12, minute=0, second=0, microsecond=0)
KEEP = (
    "with hold as (insert into slot_holds (id, lead_id, rep_id, starts_at, ends_at, made_by, created_at, expires_at)"
    " select gen_random_uuid(), :lead, id, :start, :end, 'test', now(), now() + interval '10 minutes' from reps"
    " where key = :rep returning id, rep_id, lead_id, expires_at)"
    " insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work,"
    " expires_at, active) select gen_random_uuid(), rep_id, tstzrange(:start, :end, '[)'), :before, :after, 'slot_hold', id,"
    " lead_id, 'closing', expires_at, :active from hold returning id"
)


async def kept(
    world: World, start: datetime, *, before: int = 0, after: int = 0, rep: str = "anna", active: bool = True
) -> UUID:
    """Half an hour of a rep, kept for a lead of its own; buffers in minutes."""
    given = await _given(world, start, before, after, rep, active)
    async with world.engine.connect() as connection, connection.begin():
        return (await connection.execute(text(KEEP), given)).scalar_one()


async def _given(
    world: World, start: datetime, before: int, after: int, rep: str = "anna", active: bool = True
) -> dict[str, object]:
    lead = await world.lead()
    await world.pass_gate(lead)
    buffers = {"before": before * MINUTE, "after": after * MINUTE}
    return {"lead": lead, "rep": rep, "start": start, "end": start + 30 * MINUTE, "active": active, **buffers}


def said(caught: pytest.ExceptionInfo[DBAPIError]) -> tuple[str, str]:
    """SQLSTATE, and the constraint if one is named."""
    cause = caught.value.orig
    assert isinstance(cause, psycopg.Error)
    return cause.sqlstate or "", cause.diag.constraint_name or ""


TOO_CLOSE = ("23P01", "reservations_gap")
OVERLAP = ("23P01", "reservations_no_overlap")


@pytest.mark.parametrize(
    ("there", "mine", "start", "answer"),
    [
        ((0, 0), (0, 0), 30, None),
        ((0, 15), (0, 0), 30, TOO_CLOSE),
        ((0, 15), (0, 0), 45, None),
        ((0, 0), (15, 0), 44, TOO_CLOSE),
        ((0, 15), (20, 0), 50, None),  # the longer one, not their sum
        ((0, 15), (20, 0), 49, TOO_CLOSE),
        ((15, 0), (0, 0), -31, TOO_CLOSE),
        ((15, 0), (0, 20), -50, None),
        ((15, 0), (0, 20), -49, TOO_CLOSE),
        ((0, 24 * 60), (0, 0), 24 * 60 + 29, TOO_CLOSE),
        ((0, 24 * 60), (0, 0), 24 * 60 + 30, None),
        ((60, 60), (60, 60), 0, OVERLAP),
        ((60, 60), (60, 60), 29, OVERLAP),
    ],
)
async def test_two_reservations_of_a_rep_are_as_far_apart_as_the_longer_buffer(
    world: World, there: tuple[int, int], mine: tuple[int, int], start: int, answer: tuple[str, str] | None
) -> None:
    await kept(world, NOON, before=there[0], after=there[1])
    await kept(world, NOON + start * MINUTE, before=mine[0], after=mine[1], rep="ben")  # another's time is another's
    if answer is None:
        await kept(world, NOON + start * MINUTE, before=mine[0], after=mine[1])
        return
    with pytest.raises(DBAPIError) as caught:
        await kept(world, NOON + start * MINUTE, before=mine[0], after=mine[1])
    assert said(caught) == answer


@pytest.mark.parametrize(("after", "answer"), [(23 * 60 + 30, TOO_CLOSE), (24 * 60, None)])
async def test_a_day_of_buffer_is_twenty_four_hours_where_a_session_changes_its_clocks(
    world: World, after: int, answer: tuple[str, str] | None
) -> None:
    spring = datetime(2031, 3, 29, 12, tzinfo=UTC)  # Berlin's clocks go forward in the night after
    first = await _given(world, spring, 0, 24 * 60)
    second = await _given(world, spring + (30 + after) * MINUTE, 0, 0)
    async with world.engine.connect() as connection, connection.begin():
        await connection.execute(text("set local time zone 'Europe/Berlin'"))
        await connection.execute(text(KEEP), first)
        if answer is None:
            await connection.execute(text(KEEP), second)
            return
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text(KEEP), second)
    assert said(caught) == answer


@pytest.mark.parametrize("minutes", [-1, 24 * 60 + 1])
async def test_a_buffer_is_from_none_to_a_day(world: World, minutes: int) -> None:
    for name in ("before", "after"):
        with pytest.raises(DBAPIError) as caught:
            await kept(world, NOON, **{name: minutes})
        assert said(caught) == ("23514", f"reservations_buffer_{name}_check")


async def test_time_that_is_taken_back_or_moved_is_looked_at_again(world: World) -> None:
    await kept(world, NOON, after=15)
    asleep = await kept(world, NOON + 30 * MINUTE, active=False)
    with pytest.raises(DBAPIError) as caught:
        await world.rows("update reservations set active = true where id = :id", id=asleep)
    assert said(caught) == TOO_CLOSE
    bens = await kept(world, NOON + 40 * MINUTE, rep="ben")
    to_anna = "update reservations set rep_id = (select id from reps where key = 'anna') where id = :id"
    later = "update reservations set during = tstzrange(:start, :end, '[)') where id = :id"
    with pytest.raises(DBAPIError) as caught:
        await world.owner_rows(to_anna, id=bens)
    assert said(caught) == TOO_CLOSE
    await world.owner_rows(later, id=bens, start=NOON + 45 * MINUTE, end=NOON + 60 * MINUTE)
    await world.owner_rows(to_anna, id=bens)
    with pytest.raises(DBAPIError) as caught:
        await world.owner_rows(later, id=bens, start=NOON + 44 * MINUTE, end=NOON + 60 * MINUTE)
    assert said(caught) == TOO_CLOSE


@pytest.mark.parametrize("change", ["buffer_before = '0'", "buffer_after = '0'", "buffer_after = '23 hours'"])
async def test_a_reservation_keeps_the_buffers_that_it_was_made_with(world: World, change: str) -> None:
    kept_id = await kept(world, NOON, before=10, after=10)
    with pytest.raises(DBAPIError) as caught:
        await world.rows(f"update reservations set {change} where id = :id", id=kept_id)
    assert said(caught)[0] == "42501"
    for active in (True, False):
        with pytest.raises(DBAPIError) as caught:
            await world.owner_rows(f"update reservations set active = {active}, {change} where id = :id", id=kept_id)
        assert said(caught)[0] == "PM003"


async def test_of_two_transactions_at_once_the_second_sees_what_the_first_has_reserved(world: World) -> None:
    first, second = await _given(world, NOON, 0, 15), await _given(world, NOON + 30 * MINUTE, 0, 0)

    async def other() -> None:
        async with world.engine.connect() as connection, connection.begin():
            await connection.execute(text(KEEP), second)

    async with world.engine.connect() as connection, connection.begin():
        await connection.execute(text(KEEP), first)
        waiting = asyncio.create_task(other())
        await until_blocked(world, waiting)
    with pytest.raises(DBAPIError) as caught:
        await waiting
    assert said(caught) == TOO_CLOSE


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_no_time_is_reserved_on_a_snapshot_of_before(world: World, isolation: str) -> None:
    given = await _given(world, NOON + 30 * MINUTE, 0, 0)
    async with world.engine.connect() as connection, connection.begin():
        await connection.execute(text(f"set transaction isolation level {isolation}"))
        await connection.execute(text("select count(*) from reservations"))
        await kept(world, NOON, after=15)
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text(KEEP), given)
    assert said(caught)[0] == "PM002"
    assert isinstance(caught.value.orig, psycopg.Error)
    assert "pointsman_reservation_gap()" in (caught.value.orig.diag.context or "")


# ── what it costs ───────────────────────────────────────────────────────────────────────────────

#: Half an hour after half an hour of one rep, and as much of another one that is over.
FILL = """
    insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work, expires_at,
        active)
    select gen_random_uuid(), r.id, tstzrange(at, at + interval '15 minutes', '[)'), '0', '5 minutes', 'slot_hold',
        gen_random_uuid(), gen_random_uuid(), 'closing', now(), r.key = 'anna'
    from reps r, generate_series(timestamptz '2035-01-01', timestamptz '2035-01-01' + %(span)s, interval '30 minutes') at
    where r.key in ('anna', 'ben')
"""
ONE_MORE = """
    insert into reservations (id, rep_id, during, buffer_before, buffer_after, kind, slot_hold_id, lead_id, work, expires_at,
        active)
    select gen_random_uuid(), rep_id, tstzrange(%(at)s, %(at)s + interval '5 minutes', '[)'), '0', '0', 'slot_hold', id,
        lead_id, 'closing', expires_at, true
    from slot_holds
"""
LOOKS_FOR_NEIGHBOURS = "from reservations r"


@pytest.fixture
def owner(owner_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(for_libpq(owner_url)) as opened:
        yield opened


@pytest.mark.own_database
@pytest.mark.parametrize("analysed_after", [None, timedelta(hours=12), timedelta(days=200)])
async def test_the_neighbours_are_found_by_an_index_however_many_reservations_there_are(
    world: World, owner: psycopg.Connection, analysed_after: timedelta | None
) -> None:
    await kept(world, NOON)
    owner.execute("set session_replication_role = replica")
    if analysed_after is not None:
        owner.execute(FILL.encode(), {"span": analysed_after})
        owner.execute("analyze reservations")
    if analysed_after != timedelta(days=200):
        owner.execute("delete from reservations where lower(during) >= '2035-01-01'")
        owner.execute(FILL.encode(), {"span": timedelta(days=200)})
    owner.execute("set session_replication_role = origin")
    with watching(owner) as seen:
        for n in range(8):  # the sixth and later ones run by a plan that is kept
            seen.forget()
            owner.execute(ONE_MORE.encode(), {"at": datetime(2035, 3, 1, n, 22, tzinfo=UTC)})
            (plan,) = seen.of(LOOKS_FOR_NEIGHBOURS)
            assert not plan.is_sweeping
            assert plan.blocks < 40, plan

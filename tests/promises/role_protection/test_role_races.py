"""Promise 1 while roles change under the work: the second transaction waits, and then sees what the first one did."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from support.floors.use_case_env import World
from support.waiting import until_blocked

pytestmark = pytest.mark.anyio

ASSIGN = (
    "insert into assignments (id, lead_id, rep_id, work, assigned_at)"
    " select gen_random_uuid(), :lead, id, :work, now() from reps where key = :rep"
)
#: With the roster version that says so.
TO_CLOSER = """
    with moved as (update reps set role_id = (select id from roles where name = 'Closer') where key = 'lena' returning key)
    insert into roster_versions
    select version + 1, jsonb_set(snapshot, '{reps}', (
        select jsonb_agg(case when r ->> 'key' = moved.key then r || jsonb_build_object('role', (
            select c -> 'role' from jsonb_array_elements(snapshot -> 'reps') c where c ->> 'key' = 'anna')) else r end)
        from jsonb_array_elements(snapshot -> 'reps') r)), now()
    from roster_versions, moved order by version desc limit 1
"""
NO_QUALIFICATION = (
    "delete from role_works where work = 'qualification' and role_id = (select id from roles where name = 'SDR')"
)
OUTSIDE = (
    "select count(*) from assignments a join reps p on p.id = a.rep_id where a.ended_at is null"
    " and not exists (select from role_works w where w.role_id = p.role_id and w.work = a.work)"
)


async def race(world: World, first: str, second: str, **given: object) -> str:
    """`first` runs and stays open; `second` must wait for it; both end. What became of the second."""
    async with world.engine.connect() as one, world.engine.connect() as two:
        await one.execute(text(first), given)
        waiting = asyncio.create_task(two.execute(text(second), given))
        await until_blocked(world, waiting)
        await one.commit()
        try:
            await waiting
            await two.commit()
        except DBAPIError as error:
            return str(getattr(error.orig, "sqlstate", ""))
        return "done"


@pytest.mark.parametrize("change", [TO_CLOSER, NO_QUALIFICATION])
async def test_a_role_cannot_change_under_an_assignment_in_flight(world: World, change: str) -> None:
    lead = await world.lead()
    assert await race(world, ASSIGN, change, lead=lead, rep="lena", work="qualification") == "PM001"
    assert await world.value(OUTSIDE) == 0


@pytest.mark.parametrize("change", [TO_CLOSER, NO_QUALIFICATION])
async def test_an_assignment_cannot_slip_under_a_role_change_in_flight(world: World, change: str) -> None:
    lead = await world.lead()
    assert await race(world, change, ASSIGN, lead=lead, rep="lena", work="qualification") == "PM001"
    assert await world.value(OUTSIDE) == 0


async def test_a_rep_cannot_move_into_a_role_that_is_just_losing_the_work_they_hold(world: World) -> None:
    await world.rows("insert into roles (id, name) values (gen_random_uuid(), 'Junior')")
    await world.rows("insert into role_works select id, 'qualification' from roles where name = 'Junior'")
    lead = await world.lead()
    await world.rows(ASSIGN, lead=lead, rep="lena", work="qualification")
    narrow = "delete from role_works where role_id = (select id from roles where name = 'Junior')"
    move = "update reps set role_id = (select id from roles where name = 'Junior') where key = 'lena'"
    assert await race(world, narrow, move) == "PM001"
    assert await world.value(OUTSIDE) == 0


async def test_an_old_snapshot_gives_no_work_and_changes_no_role(world: World) -> None:
    lead = await world.lead()
    repeatable = world.engine.execution_options(isolation_level="REPEATABLE READ")
    for statement in (ASSIGN, TO_CLOSER, NO_QUALIFICATION):
        async with repeatable.connect() as connection:
            with pytest.raises(DBAPIError) as caught:
                await connection.execute(text(statement), {"lead": lead, "rep": "lena", "work": "qualification"})
        assert getattr(caught.value.orig, "sqlstate", "") == "PM002"


async def test_an_override_used_twice_is_counted_twice(world: World) -> None:
    lead = await world.lead()
    override = await world.value(
        "insert into overrides (id, lead_id, rep_id, work, reason, approver, created_at, expires_at)"
        " select gen_random_uuid(), :lead, id, 'customer_service', 'launch', 'boss', now(), now() + interval '1 hour'"
        " from reps where key = 'lena' returning id",
        lead=lead,
    )
    use = (
        "insert into assignments (id, lead_id, rep_id, work, override_id, assigned_at)"
        " select gen_random_uuid(), :lead, id, 'customer_service', :override, now() from reps where key = 'lena'"
    )
    for _ in range(2):
        await world.rows(use, lead=lead, override=override)
        await world.rows("update assignments set ended_at = now() where ended_at is null")
    assert await world.value("select used from overrides") == 2

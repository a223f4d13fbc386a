"""The queue of waiting leads: what would release each, the very moment of it, the order, and the promise of how long."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.roster.reps import Caps
from pointsman.domain.roster.roles import Work
from pointsman.services.holds.drain import drain_due_holds, drain_holds, hold_counts, hold_page
from pointsman.services.operations.monitoring import state_counts
from pointsman.services.ports.routing.holds import HoldFilter, HoldRow
from pointsman.services.roster.change_roster import RosterInput, add_time_off, deactivate_rep, put_roster
from pointsman.services.sweeps import ItemsFailed
from support.floors.use_case_env import ADMIN, POLICY, World, absence, rep_given
from support.wording import english_of

pytestmark = pytest.mark.anyio

SDRS = ("lena", "jonas", "sofia")
SOON = timedelta(milliseconds=400)


async def away(world: World, *reps: str, until: timedelta) -> None:
    now = world.clock()
    for rep in reps:
        await add_time_off(world.env, rep, absence(now - timedelta(hours=1), now + until), actor=ADMIN)


async def waiting(world: World, count: int = 1, **facts: Any) -> list[UUID]:
    leads = [await world.lead(**(facts or {"lead__country": "DE"})) for _ in range(count)]
    for lead in leads:
        routed = await world.route(lead)
        assert routed.decision.hold_reason is not None
    return leads


async def queue(world: World, **which: Any) -> list[HoldRow]:
    return list(await hold_page(world.env, HoldFilter(**which), after=None, limit=50))


async def holders(world: World) -> dict[UUID, str]:
    rows = await world.rows(
        "select a.lead_id, p.key from assignments a join reps p on p.id = a.rep_id where a.ended_at is null"
    )
    return {row.lead_id: row.key for row in rows}


async def test_a_hold_says_what_would_release_it_and_when(world: World) -> None:
    back = world.clock.freeze() + timedelta(days=1)
    await away(world, "lena", "sofia", until=timedelta(days=3))
    await away(world, "jonas", until=timedelta(days=1))
    await waiting(world)
    (hold,) = await queue(world)
    assert [(r["code"], r["rep"]) for r in hold.releases] == [
        ("time-off", "jonas"),
        ("time-off", "lena"),
        ("time-off", "sofia"),
    ]
    assert hold.next_try_at == back


async def test_the_metrics_tell_the_age_of_the_oldest_wait_by_the_clock_of_the_service(world: World) -> None:
    world.clock.freeze()
    await away(world, *SDRS, until=timedelta(days=3))
    await waiting(world)
    world.clock.advance(timedelta(days=2))
    assert (await state_counts(world.env))["oldest_hold_seconds"] == {"sdr-dach": 2 * 86_400}


async def test_a_lead_moves_on_at_the_moment_its_rep_is_back_and_not_before(world: World) -> None:
    await away(world, *SDRS, until=timedelta(days=1))
    (lead,) = await waiting(world)
    assert await drain_due_holds(world.env) == 0
    world.clock.advance(timedelta(days=1) - SOON)  # a moment that is near is waited for
    assert await holders(world) == {}
    assert await drain_due_holds(world.env) == 1
    assert lead in await holders(world)
    (hold,) = await world.rows("select next_try_at, released_at from holds")
    assert hold.next_try_at <= hold.released_at


async def test_a_cap_that_starts_anew_takes_who_came_first(world: World) -> None:
    only = {**POLICY, "pools": {**POLICY["pools"], "sdr-dach": {"work": "qualification", "members": ["lena"]}}}
    await world.publish(only)
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", caps=Caps(per_hour=2)),)), actor=ADMIN)
    if world.clock().minute == 59:
        world.clock.advance(timedelta(minutes=1))  # all in one hour
    for _ in range(2):
        await world.route(await world.lead(lead__country="DE"))
    leads = await waiting(world, 3)
    hour = world.clock().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert {hold.next_try_at for hold in await queue(world)} == {hour}
    world.clock.advance(hour - world.clock() + timedelta(seconds=1))
    assert await drain_due_holds(world.env) == 2
    assert set(leads[:2]) <= set(await holders(world))
    (left,) = await queue(world)
    assert left.lead_id == leads[2]
    assert left.next_try_at == hour + timedelta(hours=1)  # told anew, and not tried every second until then
    assert await drain_due_holds(world.env) == 0


async def test_two_drains_at_once_take_nobody_before_who_came_first(world: World) -> None:
    await put_roster(world.env, RosterInput(reps=tuple(rep_given(rep, active=False) for rep in SDRS)), actor=ADMIN)
    leads = await waiting(world, 24)
    for room in (1, 2, 3, 4, 5, 6):  # the last place of each round is what they race for
        full = tuple(rep_given(rep, caps=Caps(open_load=room)) for rep in SDRS)
        await put_roster(world.env, RosterInput(reps=full), actor=ADMIN)
        await asyncio.gather(*(drain_holds(world.env) for _ in range(5)))
        assert set(await holders(world)) == set(leads[: 3 * room])


@pytest.mark.own_database
async def test_a_lead_that_cannot_be_moved_is_not_tried_every_second(world: World) -> None:
    await away(world, *SDRS, until=timedelta(days=1))
    await waiting(world)
    await world.owner_rows(
        "create function refuse() returns trigger language plpgsql as $$ begin"
        " raise exception 'no' using errcode = 'PM001', detail = 'gate'; end $$"
    )
    await world.owner_rows("create trigger refuse before insert on assignments for each row execute function refuse()")
    world.clock.advance(timedelta(days=1, seconds=1))
    with pytest.raises(ItemsFailed, match="1 of 1 failed, the first: lead:"):
        await drain_due_holds(world.env)
    assert await drain_due_holds(world.env) == 0


async def test_nothing_is_written_while_the_same_has_to_happen(world: World) -> None:
    await away(world, *SDRS, until=timedelta(days=1))
    await waiting(world)
    await drain_holds(world.env)
    assert await world.value("select count(*) from decisions") == 1
    await away(world, "jonas", until=timedelta(days=2))  # the same reason, told anew: jonas is not the first any more
    await drain_holds(world.env)
    assert await world.value("select count(*) from decisions") == 2
    (hold,) = await queue(world)
    assert hold.releases[-1]["rep"] == "jonas"


async def test_how_long_a_lead_may_wait_is_the_rules_word_or_the_policys(world: World) -> None:
    rules = [{**rule, "alert_after": "30m"} if rule["name"] == "DACH inbound" else rule for rule in POLICY["rules"]]
    await world.publish({**POLICY, "rules": rules, "holds": {"alert_after": "2h"}})
    await away(world, *SDRS, until=timedelta(days=1))
    dach, other = (*await waiting(world), *await waiting(world, lead__country="FR"))
    due = {hold.lead_id: hold.due_at - hold.held_at for hold in await queue(world)}
    assert due == {dach: timedelta(minutes=30), other: timedelta(hours=2)}
    await world.publish({**POLICY, "holds": {"alert_after": "1m"}})  # what was promised then stays promised
    assert {hold.lead_id: hold.due_at - hold.held_at for hold in await queue(world)} == due
    world.clock.advance(timedelta(minutes=31))
    await drain_holds(world.env)
    (alert,) = await world.rows("select subject, message from alerts where code = 'hold-overdue'")
    assert alert.subject == f"lead:{dach}"
    assert "is back on" in english_of(alert.message)


async def test_the_queue_is_filtered_and_counted(world: World) -> None:
    await away(world, *SDRS, until=timedelta(days=1))
    dach = await waiting(world, 2)
    (other,) = await waiting(world, lead__country="FR")
    assert [hold.lead_id for hold in await queue(world)] == [*dach, other]
    assert [hold.lead_id for hold in await queue(world, pool="sdr-dach")] == dach
    assert [hold.lead_id for hold in await queue(world, reason="no-rule")] == [other]
    assert await queue(world, due_before=world.clock()) == []
    world.clock.advance(timedelta(hours=5))
    assert len(await queue(world, due_before=world.clock())) == 3
    _, groups = await hold_counts(world.env)
    assert [(g.reason, g.pool, g.waiting, g.overdue) for g in groups] == [
        ("nobody-eligible", "sdr-dach", 2, 2),
        ("no-rule", None, 1, 1),
    ]


async def test_a_lead_without_a_rule_says_so(world: World) -> None:
    await waiting(world, lead__country="FR")
    (hold,) = await queue(world)
    assert [r["code"] for r in hold.releases] == ["no-rule"]
    assert hold.next_try_at is None


# ── leads in the hands of somebody who is not there ─────────────────────────────────────────────


async def alerts(world: World) -> list[tuple[str, bool]]:
    rows = await world.rows("select subject, resolved_at from alerts where code = 'inactive-holder'")
    return [(row.subject, row.resolved_at is not None) for row in rows]


async def test_a_rep_who_is_deactivated_with_leads_leaves_an_alert_until_none_is_left(world: World) -> None:
    lead = await world.lead(lead__country="DE")
    routed = await world.route(lead)
    assert routed.rep is not None
    await deactivate_rep(world.env, "mia", actor=ADMIN)  # has nothing
    assert await alerts(world) == []
    await deactivate_rep(world.env, routed.rep.key, actor=ADMIN)
    assert await alerts(world) == [(f"rep:{routed.rep.key}", False)]
    message = await world.value("select message from alerts where code = 'inactive-holder'")
    assert "1 lead." in english_of(message)
    await drain_holds(world.env)
    assert await world.value("select max(count) from alerts") == 1  # said once
    await world.rows("update assignments set ended_at = now(), end_reason = 'done'")
    await drain_holds(world.env)
    assert await alerts(world) == [(f"rep:{routed.rep.key}", True)]


@pytest.mark.parametrize(("length", "told"), [(timedelta(days=2), False), (timedelta(days=10), True)])
async def test_a_long_absence_leaves_an_alert_and_a_short_one_none(
    world: World, length: timedelta, *, told: bool
) -> None:
    lead = await world.lead(lead__country="DE")
    routed = await world.route(lead)
    assert routed.rep is not None
    now = datetime.now(UTC)
    await add_time_off(world.env, routed.rep.key, absence(now - timedelta(minutes=1), now + length), actor=ADMIN)
    assert await alerts(world) == ([(f"rep:{routed.rep.key}", False)] if told else [])
    world.clock.advance(length)
    await drain_holds(world.env)
    assert all(resolved for _, resolved in await alerts(world))


# ── room under a cap ────────────────────────────────────────────────────────────────────────────


async def test_a_lead_that_moves_on_makes_room_for_who_waits_longest(world: World) -> None:
    full = tuple(rep_given(rep, caps=Caps(open_load=1)) for rep in SDRS)
    await put_roster(world.env, RosterInput(reps=full), actor=ADMIN)
    first = [await world.lead(lead__country="DE") for _ in SDRS]
    for lead in first:
        assert (await world.route(lead)).rep is not None
    leads = await waiting(world, 3)
    assert await drain_due_holds(world.env) == 0
    await world.route(first[0], purpose=Work.CLOSING, trigger="handover")  # away from its SDR
    assert await drain_due_holds(world.env) == 1
    assert leads[0] in await holders(world)
    assert [hold.lead_id for hold in await queue(world, pool="sdr-dach")] == leads[1:]
    assert await drain_due_holds(world.env) == 0
    assert {hold.next_try_at for hold in await queue(world)} == {None}  # nobody is tried every second


async def test_a_lead_that_is_woken_in_vain_waits_on_and_nothing_is_written(world: World) -> None:
    await away(world, *SDRS, until=timedelta(days=1))
    await waiting(world)
    (before,) = await queue(world)
    async with world.env.uow() as tx:
        await tx.holds.make_due(["sdr-dach"], at=world.clock())
    assert await drain_due_holds(world.env) == 0
    assert await queue(world) == [before]
    assert await world.value("select count(*) from decisions") == 1

"""Caps count what was given since the hour, the day and the week began where the pool is."""

import asyncio
from datetime import UTC, datetime

import pytest

from pointsman.domain.roster.reps import Caps
from pointsman.services.roster.change_roster import RosterInput, put_roster
from pointsman.services.routing.loads import period_starts
from support.floors.use_case_env import ADMIN, World, rep_given


@pytest.mark.anyio
@pytest.mark.parametrize("caps", [Caps(per_hour=1), Caps(per_day=1), Caps(per_week=1), Caps(open_load=1)])
async def test_a_rep_at_a_cap_gets_no_more(world: World, caps: Caps) -> None:
    capped = tuple(rep_given(key, caps=caps) for key in ("lena", "jonas", "sofia"))
    await put_roster(world.env, RosterInput(reps=capped), actor=ADMIN)
    routed = [await world.route(await world.lead(lead__country="DE")) for _ in range(4)]
    assert {r.rep.key for r in routed[:3] if r.rep} == {"lena", "jonas", "sofia"}
    assert routed[3].decision.hold_reason == "nobody-eligible"


@pytest.mark.anyio
async def test_a_cap_holds_when_two_pools_give_at_the_same_moment(world: World) -> None:
    pools = {f"pool-{i}": {"work": "qualification", "members": ["lena"]} for i in range(2)}
    rules = [
        {"name": name, "when": {"field": "lead.source", "equals": name}, "work": "qualification", "pool": name}
        for name in pools
    ]
    await world.publish({"pools": pools, "rules": rules})
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", caps=Caps(per_day=3)),)), actor=ADMIN)
    leads = [await world.lead(lead__source=f"pool-{i % 2}") for i in range(12)]
    routed = await asyncio.gather(*(world.route(lead) for lead in leads))
    assert sum(r.rep is not None for r in routed) == 3
    assert await world.value("select count(*) from assignments") == 3


@pytest.mark.parametrize(
    ("now", "zone", "hour", "day", "week"),
    [
        ("2026-03-29T03:30+00:00", "Europe/Berlin", "2026-03-29T03:00", "2026-03-28T23:00", "2026-03-22T23:00"),
        ("2026-10-25T02:30+00:00", "Europe/Berlin", "2026-10-25T02:00", "2026-10-24T22:00", "2026-10-18T22:00"),
        ("2026-06-03T20:50+00:00", "Asia/Kathmandu", "2026-06-03T20:15", "2026-06-03T18:15", "2026-05-31T18:15"),
        ("2026-09-26T14:10+00:00", "Pacific/Auckland", "2026-09-26T14:00", "2026-09-26T12:00", "2026-09-20T12:00"),
        ("2026-11-02T03:10+00:00", "America/St_Johns", "2026-11-02T02:30", "2026-11-01T02:30", "2026-10-26T02:30"),
        ("2026-11-02T03:40+00:00", "America/St_Johns", "2026-11-02T03:30", "2026-11-02T03:30", "2026-11-02T03:30"),
        ("2026-02-15T23:30+00:00", "Africa/Casablanca", "2026-02-15T23:00", "2026-02-14T23:00", "2026-02-08T23:00"),
        ("2026-03-22T23:30+00:00", "Africa/Casablanca", "2026-03-22T23:00", "2026-03-22T23:00", "2026-03-22T23:00"),
        ("2026-10-03T15:50+00:00", "Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T13:30", "2026-09-27T13:30"),
        ("2026-06-03T20:50+00:00", "UTC", "2026-06-03T20:00", "2026-06-03T00:00", "2026-06-01T00:00"),
    ],
)
def test_periods_begin_by_the_pools_own_clock(now: str, zone: str, hour: str, day: str, week: str) -> None:
    found = period_starts(datetime.fromisoformat(now), zone)
    expected = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (hour, day, week)]
    assert [found.hour, found.day, found.week] == expected

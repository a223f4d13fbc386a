"""Caps by category and suppliers' capacities: counted over everything, and kept when pools give at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from pointsman.domain.roster.reps import Caps
from pointsman.services.explain.explain import replay_decision
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.roster.change_roster import RosterInput, put_roster
from support.floors.use_case_env import ADMIN, World, rep_given

pytestmark = pytest.mark.anyio

PARTNERS = ["mia", "paul"]


def two_pools(members: tuple[list[str], list[str]], **more: Any) -> dict[str, Any]:
    """Pool one and pool two, reached by sources of those names, with rules of category `enterprise`."""
    names = ("one", "two")
    return {
        "pools": {n: {"work": "qualification", "members": who} for n, who in zip(names, members, strict=True)},
        "rules": [
            {
                "name": name,
                "when": {"field": "lead.source", "equals": name},
                "work": "qualification",
                "pool": name,
                "category": "enterprise",
            }
            for name in names
        ],
        **more,
    }


def partner(**step: Any) -> dict[str, Any]:
    return {"suppliers": {"callwerk": {"time_zone": "Europe/Berlin", "capacity": [{"from": "2020-01-01", **step}]}}}


async def rush(world: World, leads: int) -> list[str]:
    """Who gets leads that come at the same moment, by turns through both pools."""
    ids = [await world.lead(lead__source=("one", "two")[i % 2]) for i in range(leads)]
    routed = await asyncio.gather(*(world.route(lead) for lead in ids))
    return [r.rep.key for r in routed if r.rep]


async def test_a_cap_by_category_stops_that_category_alone(world: World) -> None:
    document = two_pools((["lena"], ["lena"]))
    del document["rules"][1]["category"]
    await world.publish(document)
    caps = Caps(categories={"enterprise": Caps(per_week=2)})
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", caps=caps),)), actor=ADMIN)
    mixed = [await world.route(await world.lead(lead__source=source)) for source in ("two", "one", "one", "one", "two")]
    assert [r.decision.outcome for r in mixed] == ["assigned", "assigned", "assigned", "held", "assigned"]
    assert mixed[3].decision.candidates[0].code == "cap-category"
    stored = await world.rows("select category, count(*) from assignments group by category order by category")
    assert [tuple(row) for row in stored] == [("enterprise", 2), (None, 2)]
    assert all([(await replay_decision(world.env, r.decision_id)).same for r in mixed])


async def test_a_cap_by_category_holds_when_two_pools_give_at_the_same_moment(world: World) -> None:
    await world.publish(two_pools((["lena", "jonas"], ["lena"])))
    caps = Caps(categories={"enterprise": Caps(per_day=3)})
    given = tuple(rep_given(key, caps=caps) for key in ("lena", "jonas"))
    await put_roster(world.env, RosterInput(reps=given), actor=ADMIN)
    got = await rush(world, 24)
    assert (got.count("lena"), got.count("jonas")) == (3, 3)


@pytest.mark.parametrize("limit", ["per_day", "per_week", "open_load"])
@pytest.mark.parametrize("members", [(PARTNERS, PARTNERS), (["mia"], ["paul"])])
async def test_a_suppliers_capacity_is_never_exceeded_over_two_pools_at_once(
    world: World, limit: str, members: tuple[list[str], list[str]]
) -> None:
    capacity = 5
    await world.publish(two_pools(members, **partner(**{limit: capacity})))
    assert len(await rush(world, 4 * capacity)) == capacity
    assert await world.value("select count(*) from assignments") == capacity
    reasons = {row.hold_reason for row in await world.rows("select hold_reason from decisions where rep_id is null")}
    assert reasons == {"nobody-eligible"}


async def test_a_capacity_counts_all_of_the_suppliers_reps_and_all_their_work(world: World) -> None:
    await world.publish(two_pools((["mia"], ["paul", "lena"]), **partner(open_load=2)))
    one, two = [await world.route(await world.lead(lead__source=source)) for source in ("one", "one")]
    assert [r.decision.rep for r in (one, two)] == ["mia", "mia"]
    full = await world.route(await world.lead(lead__source="two"))
    assert (full.decision.rep, full.decision.candidates[0].code) == ("lena", "supplier-capacity")
    done = "update assignments set ended_at = now(), end_reason = 'done' where decision_id = :id"
    await world.rows(done, id=one.decision_id)
    freed = await world.route(await world.lead(lead__source="one"))
    assert freed.decision.rep == "mia"
    assert (await replay_decision(world.env, full.decision_id)).same


async def test_a_capacity_counts_from_its_first_day_on(world: World) -> None:
    tomorrow = (world.clock() + timedelta(days=1)).date().isoformat()
    later = {"suppliers": {"callwerk": {"capacity": [{"from": tomorrow, "per_day": 0}]}}}
    await world.publish(two_pools((["mia"], ["mia"]), **later))
    assert (await world.route(await world.lead(lead__source="one"))).rep is not None


async def test_capped_reps_capped_suppliers_and_shared_ledgers_do_not_deadlock(world: World) -> None:
    everybody = ["mia", "paul", "lena", "jonas"]
    document = two_pools((everybody, everybody[::-1]), **partner(per_day=6))
    document["rules"][0]["else"], document["rules"][1]["else"] = "pool:two", "pool:one"
    await world.publish(document)
    caps = Caps(per_day=4, categories={"enterprise": Caps(per_week=3)})
    floor = [rep_given(key, caps=caps) for key in everybody]
    await put_roster(world.env, RosterInput(reps=tuple(floor)), actor=ADMIN)

    async def change_the_roster() -> None:
        for _ in range(3):
            await put_roster(world.env, RosterInput(reps=tuple(floor[::-1])), actor=ADMIN)

    got, _ = await asyncio.gather(rush(world, 40), change_the_roster())
    assert {key: got.count(key) for key in everybody} == dict.fromkeys(everybody, 3)


async def test_a_lead_that_moves_within_a_full_supplier_or_stays_with_a_full_rep_takes_no_more_room(
    world: World,
) -> None:
    await world.publish(two_pools((PARTNERS, ["lena"]), **partner(open_load=1)))
    await put_roster(world.env, RosterInput(reps=(rep_given("lena", caps=Caps(open_load=1)),)), actor=ADMIN)
    moving, staying = await world.lead(lead__source="one"), await world.lead(lead__source="two")
    first = await world.route(moving)
    moved = await reassign(world.env, moving, reason="ill today", actor=ADMIN)
    assert {r.rep.key for r in (first, moved) if r.rep} == set(PARTNERS)
    kept = [await world.route(staying), await world.route(staying, trigger="handover")]
    assert [r.decision.rep for r in kept] == ["lena", "lena"]
    full = [await world.route(await world.lead(lead__source=source)) for source in ("one", "two")]
    assert [r.decision.outcome for r in full] == ["held", "held"]
    assert all([(await replay_decision(world.env, r.decision_id)).same for r in (first, moved, *kept, *full)])

"""Random lives of leads under rules with actions, beside a CRM that fails: each action is done once, or was overtaken."""

from collections import Counter
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from pointsman.domain.errors import PointsmanError
from pointsman.domain.roster.roles import Work
from pointsman.services.deliveries.records.told import record_id
from pointsman.services.reassignment.by_rules import reassign
from pointsman.services.reassignment.manual import assign_manually
from support.floors.crm_floor import USERS, CrmFloor, living_through, open_crm_floor
from support.floors.use_case_env import ADMIN, POLICY

pytestmark = pytest.mark.anyio

ACTS = 50
ACTIONS: dict[str, dict[str, Any]] = {
    "DACH inbound": {"tasks": [{"subject": "Call"}], "lists": ["inbound"], "set": {"pm_lane": "inbound"}},
    "Mid-market closing": {"tasks": [{"subject": "Prepare"}], "lists": ["inbound"], "set": {"pm_lane": "closing"}},
}
SEEDS = pytest.mark.parametrize(
    "seed", [pytest.param(3, id="one"), *(pytest.param(one, marks=pytest.mark.deep) for one in range(10, 20))]
)


@pytest.fixture
async def crm(database_url: str) -> AsyncIterator[CrmFloor]:
    async with open_crm_floor(database_url) as crm:
        crm.crm.crm.users = [replace(one, active=True) for one in crm.crm.crm.users]
        crm.crm.crm.custom["person"] = {"pm_lane": {"label": "Lane", "type": "text"}}
        policy = deepcopy(POLICY)
        for rule in policy["rules"]:
            if rule["name"] in ACTIONS:
                rule["crm"] = ACTIONS[rule["name"]]
        await replace(crm.floor.world, env=crm.env).publish(policy)
        yield crm


async def act(crm: CrmFloor, leads: list[UUID], dice: Random) -> None:
    """Something happens to some lead; what is refused did not happen."""
    what = dice.choice(("arrive", "assign", "reassign", "hand over")) if leads else "arrive"
    try:
        match what:
            case "arrive":
                leads.append(await crm.floor.lead())
                await replace(crm.floor.world, env=crm.env).route(leads[-1])
            case "assign":
                given: dict[str, Any] = {"work": Work.QUALIFICATION, "override_id": None, "reason": "x", "actor": ADMIN}
                rep = dice.choice(("lena", "jonas", "sofia"))
                await assign_manually(crm.env, dice.choice(leads), rep=rep, **given)
            case "reassign":
                await reassign(crm.env, dice.choice(leads), reason="x", actor=ADMIN)
            case _:
                await crm.floor.hand_over(dice.choice(leads))
    except PointsmanError:
        return


async def tell(crm: CrmFloor, dice: Random) -> None:
    """Some of what is owed is carried out, while the CRM fails in some way or the worker dies."""
    match dice.choice(("well", "lost", "503", "crash")):
        case "lost":
            crm.wire.lose_answer(times=dice.randint(1, 4))
        case "503":
            crm.wire.answer(503, writes_only=True, times=dice.randint(1, 4))
        case "crash":
            crm.crashing.crashes = 1
        case _:
            pass
    await living_through(crm.floor.work_out(rounds=1))
    crm.wire.heal()
    crm.crashing.crashes = 0


@SEEDS
async def test_whatever_happened_each_action_of_each_decision_was_done_once_or_overtaken(
    crm: CrmFloor, seed: int
) -> None:
    dice, leads = Random(seed), list[UUID]()
    for _ in range(ACTS):
        await act(crm, leads, dice)
        if dice.random() < 0.5:
            await tell(crm, dice)
    await crm.floor.work_out(rounds=200)
    rows = await crm.floor.world.rows(
        "select d.key, d.kind, d.status, d.lead_id, e.rule, p.key as rep, a.ended_at is null as lasts"
        " from deliveries d join decisions e on e.id::text = d.action ->> 'decision' join reps p on p.id = e.rep_id"
        " join assignments a on a.decision_id = e.id order by e.at, e.id"
    )
    decided = await crm.floor.world.rows("select rule from decisions where outcome = 'assigned' and rule is not null")
    by_rule = [one for one in decided if one.rule in ACTIONS]
    assert by_rule
    assert Counter(row.kind for row in rows) == dict.fromkeys(("task", "fields", "membership"), len(by_rule))
    assert {row.status for row in rows} <= {"done", "superseded"}
    tasks, lanes = crm.crm.tasks.items, dict[UUID, str]()
    for row in rows:
        if row.kind == "task":
            assert row.status == "done" or not row.lasts
            assert row.status == "superseded" or row.key in tasks
            if row.key in tasks:
                task = tasks[row.key].values
                assert (task["title"], USERS[task["owner"]]) == (ACTIONS[row.rule]["tasks"][0]["subject"], row.rep)
        elif row.kind == "fields":
            lanes[row.lead_id] = ACTIONS[row.rule]["set"]["pm_lane"]
    assert set(tasks) <= {row.key for row in rows}
    listed = crm.crm.members("inbound")
    assert sorted(listed) == sorted(f"{lead_id}@lead.example" for lead_id in lanes)
    for lead_id, lane in lanes.items():
        there = crm.crm.crm.row(record_id(await crm.records(lead_id)))
        assert there is not None
        assert there.fields["pm_lane"] == lane
    assert len(crm.crm.crm.of("person")) == len(leads)

"""A policy published while leads are in flight: each decision is of one version, whole."""

import json
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import anyio
import pytest

from pointsman.services.explain.explain import replay_decision
from support.floors.use_case_env import World, open_world
from support.http.lead_senders import submit_leads

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.own_database]

PROCESSES, LEADS = 3, 80

#: Nobody works for both, and nothing of theirs has the same name; the segment has, but not the same meaning.
MEMBERS = {"alpha": ("lena", "jonas"), "beta": ("sofia", "mia")}
MEANT = {"alpha": "DE", "beta": "FR"}


def policy(side: str, publication: int) -> dict[str, Any]:
    first, second = MEMBERS[side]
    return {
        "description": f"{side} {publication}",
        "segments": {"here": {"owner": "Board", "when": {"field": "lead.country", "equals": MEANT[side]}}},
        "rules": [
            {"name": f"{side} here", "when": {"segment": "here"}, "work": "qualification", "pool": f"{side}-here"},
            {"name": f"{side} rest", "work": "qualification", "pool": f"{side}-rest"},
        ],
        "pools": {
            f"{side}-here": {"work": "qualification", "members": [first]},
            f"{side}-rest": {"work": "qualification", "members": [second]},
        },
    }


async def alternate(world: World, senders: list[Future[int]]) -> dict[int, str]:
    """Publish one side and the other until all leads are sent; which version was whose."""
    side_of, side = {}, "beta"
    while not all(sender.done() for sender in senders):
        side_of[await world.publish(policy(side, len(side_of)))] = side
        side = "alpha" if side == "beta" else "beta"
        await anyio.sleep(0.02)
    return side_of


def faults(row: Any, side: str) -> list[str]:
    """What in a stored decision is not of its own version."""
    other = "beta" if side == "alpha" else "alpha"
    here = row.country == MEANT[side]
    wanted = (f"{side} {'here' if here else 'rest'}", f"{side}-{'here' if here else 'rest'}", MEMBERS[side][not here])
    found = [] if (row.rule, row.pool, row.rep) == wanted else [f"{(row.rule, row.pool, row.rep)} is not {wanted}"]
    told = json.dumps([row.record, row.inputs, row.summary])
    return found + [f"{name} is named" for name in (other, *MEMBERS[other]) if f'"{name}' in told or f" {name}" in told]


async def test_no_decision_mixes_two_policies(database_url: str) -> None:
    async with open_world(database_url, policy=policy("alpha", 0)) as world:
        first = await world.value("select version from policies where state = 'published'")
        with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
            work = partial(submit_leads, database_url)
            senders = [processes.submit(work, number, LEADS) for number in range(PROCESSES)]
            side_of = {first: "alpha", **await alternate(world, senders)}
            assert [sender.result() for sender in senders] == [LEADS] * PROCESSES
        rows = await world.rows(
            "select d.*, r.key as rep, l.facts ->> 'lead.country' as country from decisions d"
            " left join reps r on r.id = d.rep_id join leads l on l.id = d.lead_id"
        )
        assert len(rows) == PROCESSES * LEADS
        assert [fault for row in rows for fault in faults(row, side_of[row.policy_version])] == []
        decided_by = Counter(side_of[row.policy_version] for row in rows)
        assert min(decided_by["alpha"], decided_by["beta"]) >= 10, decided_by
        assert len({row.policy_version for row in rows}) > 4
        again = [await replay_decision(world.env, row.id) for row in rows]
        assert [replayed.decision_id for replayed in again if not replayed.same] == []

"""A policy just published is made ready beside the event loop, once for everybody who asks meanwhile."""

import asyncio
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from pointsman.domain.errors import NotFound
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.services.policies.cache import load_compiled_policy
from support.floors.use_case_env import World

pytestmark = pytest.mark.anyio


def large_policy(rules: int) -> dict[str, Any]:
    asked = [{"field": "lead.source", "equals": f"source-{n}"} for n in range(rules)]
    return {
        "rules": [
            {"name": f"rule {n}", "when": one, "work": "qualification", "pool": "sdrs"} for n, one in enumerate(asked)
        ],
        "pools": {"sdrs": {"work": "qualification", "members": ["lena", "jonas"]}},
    }


async def ask(world: World, version: int, answers: list[CompiledPolicy]) -> None:
    async with world.env.uow() as tx:
        answers.append(await load_compiled_policy(world.env, tx, version))


async def test_callers_at_the_same_moment_get_the_one_policy_that_the_first_had_made(world: World) -> None:
    version = await world.publish(large_policy(50))
    world.env.cache.clear()
    answers: list[CompiledPolicy] = []
    together = asyncio.Barrier(4)

    async def ask_together() -> None:
        async with world.env.uow() as tx:
            await tx.policies.live_versions()
            await together.wait()
            answers.append(await load_compiled_policy(world.env, tx, version))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(ask_together)
    assert len(answers) == 4
    assert all(answer is answers[0] for answer in answers)


async def test_a_policy_is_still_made_ready_when_the_first_who_asked_has_gone(world: World) -> None:
    version = await world.publish(large_policy(2_000))
    world.env.cache.clear()
    answers: list[CompiledPolicy] = []
    async with anyio.create_task_group() as tasks:
        with anyio.move_on_after(0.05) as first:
            await ask(world, version, [])
        tasks.start_soon(ask, world, version, answers)
    assert first.cancelled_caught
    assert [answer.version for answer in answers] == [version]


async def test_other_requests_are_answered_while_a_large_policy_is_made_ready(world: World) -> None:
    version = await world.publish(large_policy(2_000))
    world.env.cache.clear()
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await checkpoint()
            beats += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beat)
        async with world.env.uow() as tx:
            await tx.policies.get(version)
            before = beats
            await load_compiled_policy(world.env, tx, version)
            made = beats - before
            await tx.policies.get(version)
            read = beats - before - made
        tasks.cancel_scope.cancel()
    assert made > 2 * read, "the event loop stood still"


async def test_a_version_that_does_not_exist_is_not_found_however_often_it_is_asked_for(world: World) -> None:
    for _ in range(2):
        with pytest.raises(NotFound):
            await ask(world, 999, [])

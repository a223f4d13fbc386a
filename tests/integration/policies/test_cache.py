"""A policy just published is made ready beside the event loop, once for everybody who asks meanwhile."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from anyio.lowlevel import checkpoint

from pointsman.domain.errors import NotFound
from pointsman.domain.routing.compiled_policy import CompiledPolicy
from pointsman.services.policies.cache import _KeptVersions, load_compiled_policy
from pointsman.services.ports import Tx
from pointsman.services.ports.routing.policies import PolicyRow
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
    first = anyio.CancelScope()

    async def ask_first() -> None:
        with first:
            await ask(world, version, [])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_first)
        while not world.env.cache.of(_KeptVersions).compiling:
            await checkpoint()
        first.cancel()
        tasks.start_soon(ask, world, version, answers)
    assert first.cancelled_caught
    assert [answer.version for answer in answers] == [version]


async def test_other_requests_are_answered_while_a_large_policy_is_made_ready(world: World) -> None:
    version = await world.publish(large_policy(8_000))
    world.env.cache.clear()
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await checkpoint()
            beats += 1

    async with world.env.uow() as tx:
        row = await tx.policies.get(version)

    async def already_read(_: int) -> PolicyRow | None:
        return row

    read = SimpleNamespace(policies=SimpleNamespace(get=already_read))  # nothing is waited for but the making
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beat)
        await checkpoint()
        before = beats
        await load_compiled_policy(world.env, cast("Tx", read), version)
        made = beats - before
        tasks.cancel_scope.cancel()
    assert made > 10, "the event loop stood still"


async def test_a_version_that_does_not_exist_is_not_found_however_often_it_is_asked_for(world: World) -> None:
    for _ in range(2):
        with pytest.raises(NotFound):
            await ask(world, 999, [])

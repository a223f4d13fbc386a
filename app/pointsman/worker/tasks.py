"""What the worker does: jobs by name, and the sweeps that find what a lost job left behind."""

import importlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from pointsman.services.ports import Env

Job = Callable[[Env, Mapping[str, Any]], Awaitable[object]]
Sweep = Callable[[Env], Awaitable[int]]


def _service(module: str, name: str) -> Callable[..., Awaitable[Any]]:
    return cast("Callable[..., Awaitable[Any]]", getattr(importlib.import_module(f"pointsman.services.{module}"), name))


async def _process_item(env: Env, args: Mapping[str, Any]) -> None:
    await _service("inbox", "process_item")(env, UUID(args["inbox_id"]))


async def _run_delivery(env: Env, args: Mapping[str, Any]) -> None:
    await _service("deliveries", "run_delivery")(env, UUID(args["delivery_id"]))


async def _drain_holds(env: Env, _args: Mapping[str, Any]) -> None:
    await _service("holds", "drain_holds")(env)


#: Job names are part of what lies in the database: a renamed one must be kept under its old name too.
JOBS: Mapping[str, Job] = {
    "inbox.process": _process_item,
    "delivery.run": _run_delivery,
    "holds.drain": _drain_holds,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """Work done by one worker of all, about `every`."""

    name: str
    every: timedelta
    run: Sweep


def _lazily(module: str, name: str) -> Sweep:
    async def run(env: Env) -> int:
        return cast("int", await _service(module, name)(env))

    return run


PERIODIC: tuple[Periodic, ...] = (
    Periodic(name="inbox.sweep", every=timedelta(seconds=5), run=_lazily("inbox", "sweep_inbox")),
    Periodic(name="deliveries.sweep", every=timedelta(seconds=2), run=_lazily("deliveries", "sweep_deliveries")),
    Periodic(name="holds.drain", every=timedelta(seconds=30), run=_lazily("holds", "drain_holds")),
    Periodic(name="calendars.poll", every=timedelta(seconds=30), run=_lazily("calendars", "poll_calendars")),
)

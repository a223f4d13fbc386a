"""A command's use case on the configured database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pointsman.cli.output import EXIT_DATABASE_DOWN, fail
from pointsman.cli.settings import settings_or_exit
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.ports import Actor, ConstraintRefused, DatabaseBusy, DatabaseUnavailable, Env, SchemaUnusable
from pointsman.wiring import wire

T = TypeVar("T")

CLI_ACTOR = Actor(name="cli", kind=CallerKind.SERVICE)


def run_with_env(use: Callable[[Env], Awaitable[T]]) -> T:
    """Run a use case on the configured database. Its errors end the command with one sentence each."""
    chosen = settings_or_exit()

    async def run() -> T:
        wired = wire(chosen, name="pointsman-cli", pool_size=2)
        try:
            return await use(wired.env)
        finally:
            await wired.aclose()

    try:
        return asyncio.run(run())
    except PointsmanError as error:
        fail(str(error), *(f"{fault.path}: {fault.message}" for fault in error.faults))
    except ConstraintRefused as error:
        fail(str(error))
    except DatabaseBusy as error:
        fail(f"{error} Nothing was stored: try again in a moment.")
    except SchemaUnusable as error:
        fail(f"The database's schema cannot be used: {error}. `pointsman doctor` says what to do.")
    except DatabaseUnavailable:
        fail(
            "The database does not answer, or refuses this login. Check POINTSMAN_DATABASE_URL; `pointsman doctor` says"
            " which it is.",
            code=EXIT_DATABASE_DOWN,
        )

"""A command's use case on the configured database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pointsman.cli.output import EXIT_DATABASE_DOWN, err, fail
from pointsman.cli.settings import settings_or_exit
from pointsman.cli.terminal.found_environment import PREFIX, answers, take_found_environment
from pointsman.domain.errors import PointsmanError
from pointsman.domain.gc_pause import gc_paused
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.ports import Actor, ConstraintRefused, DatabaseBusy, DatabaseUnavailable, Env, SchemaUnusable

T = TypeVar("T")

CLI_ACTOR = Actor(name="cli", kind=CallerKind.SERVICE)


def run_with_env(use: Callable[[Env], Awaitable[T]]) -> T:
    """Run a use case on the configured database. Its errors end the command with one sentence each."""
    found = take_found_environment()
    if found and not answers(os.environ[f"{PREFIX}DATABASE_URL"]):
        fail(
            f"The database of {found.parent} does not run: `pointsman run` starts it. Another one is named in"
            " POINTSMAN_DATABASE_URL.",
            code=EXIT_DATABASE_DOWN,
        )
    if found and found.parent.parent != Path.cwd():
        err.print(f"With the database of {found.parent}.", highlight=False, soft_wrap=True)
    chosen = settings_or_exit()

    async def run() -> T:
        with gc_paused():  # what is imported stays
            from pointsman.cli.terminal.command_env import StatementRefused, command_env  # noqa: PLC0415  # half a second
        try:
            async with command_env(chosen) as env:
                return await use(env)
        except StatementRefused as error:
            fail("The database refused what the command asked for. `pointsman doctor` looks at it.", str(error))

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

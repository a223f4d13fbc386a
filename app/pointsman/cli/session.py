"""A command's use case on the configured database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pointsman.cli.output import EXIT_DATABASE_DOWN, err, fail, refuse, tell
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
        fail("cli.database-stopped", folder=str(found.parent), code=EXIT_DATABASE_DOWN)
    if found and found.parent.parent != Path.cwd():
        tell("cli.database-of", on=err, folder=str(found.parent))
    chosen = settings_or_exit()

    async def run() -> T:
        with gc_paused():  # what is imported stays
            from pointsman.cli.terminal.command_env import StatementRefused, command_env  # noqa: PLC0415  # half a second
        try:
            async with command_env(chosen) as env:
                return await use(env)
        except StatementRefused as error:
            fail("cli.statement-refused", str(error))

    try:
        return asyncio.run(run())
    except PointsmanError as error:
        refuse(str(error), *(f"{fault.path}: {fault.message}" for fault in error.faults))
    except ConstraintRefused as error:
        refuse(str(error))
    except DatabaseBusy as error:
        fail("cli.database-busy", said=str(error))
    except SchemaUnusable as error:
        fail("cli.schema-unusable", said=str(error))
    except DatabaseUnavailable:
        fail("cli.database-down", code=EXIT_DATABASE_DOWN)

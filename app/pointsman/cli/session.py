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
from pointsman.domain.messages.message import Named
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

    names: dict[Named, str] = {}

    async def run() -> T:
        with gc_paused():  # what is imported stays
            from pointsman.cli.terminal.command_env import StatementRefused, command_env  # noqa: PLC0415  # half a second
        try:
            async with command_env(chosen) as env:
                try:
                    return await use(env)
                except PointsmanError as error:
                    if error.faults:  # which may name people
                        from pointsman.services.roster.names import roster_names  # noqa: PLC0415  # seldom needed

                        names.update((await roster_names(env)).names)
                    raise
        except StatementRefused as error:
            fail("cli.statement-refused", str(error))

    try:
        return asyncio.run(run())
    except PointsmanError as error:
        from pointsman.cli.terminal.told_errors import refuse_error  # noqa: PLC0415  # likewise

        refuse_error(error, names)
    except ConstraintRefused as error:
        refuse(str(error))
    except DatabaseBusy as error:
        fail("cli.database-busy", said=str(error))
    except SchemaUnusable as error:
        fail("cli.schema-unusable", said=str(error))
    except DatabaseUnavailable:
        fail("cli.database-down", code=EXIT_DATABASE_DOWN)

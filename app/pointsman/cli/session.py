"""A command's use case on the configured database, and the reader of what it says."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pointsman.cli.output import EXIT_DATABASE_DOWN, fail
from pointsman.cli.settings import settings_or_exit
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.domain.errors import PointsmanError
from pointsman.domain.permissions.callers import CallerKind
from pointsman.services.ports import Actor, ConstraintRefused, DatabaseBusy, DatabaseUnavailable, Env, SchemaUnusable
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import MessageReader, supported
from pointsman.wiring import wire

T = TypeVar("T")

_LANGUAGE_FROM = ("POINTSMAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ZONES = "zoneinfo/"
_LOCAL_TIME = Path("/etc/localtime")

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


def run_with_reader(use: Callable[[Env], Awaitable[T]]) -> tuple[T, MessageReader]:
    """A use case's answer, and the reader who is to be shown it; ends the command as `run_with_env`."""

    async def both(env: Env) -> tuple[T, MessageReader]:
        answer = await use(env)
        names = (await roster_names(env)).names
        return answer, MessageReader(language=terminal_language(), zone=machine_zone(), names=names)

    return run_with_env(both)


def terminal_language() -> str:
    """The language of the terminal's person: POINTSMAN_LANGUAGE, or the locale."""
    asked = next((found for name in _LANGUAGE_FROM if (found := os.environ.get(name))), "")
    return supported(asked.replace("_", "-"))


def machine_zone() -> str:
    """The machine's time zone by name; UTC where it has none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named and _LOCAL_TIME.is_symlink():
        named = str(_LOCAL_TIME.readlink()).rpartition(_ZONES)[2]
    return named if named and is_time_zone(named) else "UTC"

"""What every command needs: settings, the wired service, one way to speak and one way to fail."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from rich.console import Console

from pointsman.domain.errors import PointsmanError
from pointsman.services.ports import Actor, ConstraintRefused, DatabaseUnavailable, Env
from pointsman.settings import Settings, SettingsError, load_settings
from pointsman.wiring import wire

T = TypeVar("T")

out = Console()
err = Console(stderr=True)

#: Exit codes: 1 it was refused or failed, 2 it was asked for in a wrong way, 3 the database does not answer.
EXIT_FAILED, EXIT_MISUSED, EXIT_DATABASE_DOWN = 1, 2, 3

CLI_ACTOR = Actor(name="cli")


def settings_or_exit(**given: object) -> Settings:
    """The settings, or the end of the command with every fault listed."""
    try:
        return load_settings(**given)
    except SettingsError as error:
        for fault in error.faults:
            err.print(f"[red]•[/] {fault}", highlight=False)
        err.print("`pointsman doctor` says what else is needed.", highlight=False)
        sys.exit(EXIT_MISUSED)


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
    except DatabaseUnavailable:
        fail(
            "The database does not answer. Check POINTSMAN_DATABASE_URL; `pointsman doctor` looks closer.",
            code=EXIT_DATABASE_DOWN,
        )


def fail(sentence: str, *details: str, code: int = EXIT_FAILED) -> NoReturn:
    """End the command: say why, and with which details."""
    err.print(f"[red]Error:[/] {sentence}", highlight=False, soft_wrap=True)
    for detail in details:
        err.print(f"  • {detail}", highlight=False, soft_wrap=True, markup=False)
    sys.exit(code)

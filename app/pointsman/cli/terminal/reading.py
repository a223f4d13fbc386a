"""The reader of what a command says: the terminal's language, the machine's time zone, people by name."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pointsman.cli.session import run_with_env
from pointsman.domain.dates.local_time import is_time_zone
from pointsman.services.ports import Env
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import MessageReader, supported

T = TypeVar("T")

_LANGUAGE_FROM = ("POINTSMAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_ZONES = "zoneinfo/"
_LOCAL_TIME = Path("/etc/localtime")


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

"""The reader of what a command says: the terminal's language, the machine's time zone, people by name."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.locality import machine_zone, terminal_language
from pointsman.services.ports import Env
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import MessageReader

T = TypeVar("T")


def run_with_reader(use: Callable[[Env], Awaitable[T]]) -> tuple[T, MessageReader]:
    """A use case's answer, and the reader who is to be shown it; ends the command as `run_with_env`."""

    async def both(env: Env) -> tuple[T, MessageReader]:
        answer = await use(env)
        names = (await roster_names(env)).names
        return answer, MessageReader(language=terminal_language(), zone=machine_zone(), names=names)

    return run_with_env(both)

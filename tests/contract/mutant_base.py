"""What every mutant is made of: the list of them, and a reference connector whose client can be mistaken."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from pointsman_memory import MemoryConfig, MemoryConnector
from pointsman_memory.client import Client
from pointsman_sdk import (
    Context,
)

MUTANTS: dict[str, type[MemoryConnector]] = {}


def fails(*checks: str) -> Callable[[type[MemoryConnector]], type[MemoryConnector]]:
    """Say which checks must catch the mutant."""

    def register(mutant: type[MemoryConnector]) -> type[MemoryConnector]:
        MUTANTS.update(dict.fromkeys(checks, mutant))
        return mutant

    return register


Call = Callable[..., Awaitable[Any]]


def client_that(behave: Callable[..., Awaitable[Any]]) -> type[Client]:
    """A client whose `call` is `behave(the right call, method, *path, **rest)`."""

    class Broken(Client):
        async def call(self, method: str, *path: str, **rest: Any) -> Any:
            return await behave(super().call, method, *path, **rest)

    return Broken


class OtherClient(MemoryConnector):
    """The reference connector over a client that makes a mistake."""

    client: ClassVar[type[Client]] = Client

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        self._client = type(self).client(config, context)

"""What every mutant is made of: the list of them, and a reference connector of which one part is mistaken.

Those of vendors without HTTP are made of the SMTP connector.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from pointsman_memory import MemoryConfig, MemoryConnector
from pointsman_memory.activities import MemoryActivities, MemoryTasks
from pointsman_memory.appointments import MemoryAppointments
from pointsman_memory.calendars import MemoryBusy, MemoryCalendars
from pointsman_memory.client import Client
from pointsman_memory.connector import MANIFEST
from pointsman_memory.directory import MemoryFields, MemoryOwners
from pointsman_memory.intake import MemoryIntake
from pointsman_memory.outreach import MemoryNotices, MemoryProgrammes
from pointsman_memory.people import MemoryAccounts, MemoryPeople
from pointsman_memory.watches import MemoryWatches
from pointsman_sdk import Context
from pointsman_smtp import SmtpConnector

MUTANTS: dict[str, list[type[MemoryConnector] | type[SmtpConnector]]] = {}

_PARTS: dict[type, str] = {
    MemoryAppointments: "appointments",
    MemoryBusy: "busy",
    MemoryCalendars: "calendars",
    MemoryWatches: "watches",
    MemoryPeople: "people",
    MemoryAccounts: "accounts",
    MemoryOwners: "owners",
    MemoryActivities: "activities",
    MemoryTasks: "tasks",
    MemoryFields: "fields",
    MemoryProgrammes: "programmes",
    MemoryNotices: "notices",
    MemoryIntake: "intake",
}


def fails(*checks: str) -> Callable[[type], type]:
    """Say which checks must catch the mutant: a connector, or the part of one that stands in the reference's place."""

    def register(mutant: type) -> type:
        connector = mutant if issubclass(mutant, MemoryConnector | SmtpConnector) else _with_part(mutant)
        for check in checks:
            MUTANTS.setdefault(check, []).append(connector)
        return mutant

    return register


def _with_part(part: type) -> type[MemoryConnector]:
    name = next(name for kind, name in _PARTS.items() if issubclass(part, kind))

    class Mistaken(MemoryConnector):
        def __init__(self, config: MemoryConfig, context: Context) -> None:
            super().__init__(config, context)
            made = part(config, self._client, context.clock) if name == "intake" else part(self._client)
            setattr(self, name, made)

    Mistaken.__name__ = part.__name__
    return Mistaken


Call = Callable[..., Awaitable[Any]]


class OtherClient(MemoryConnector):
    """The reference connector over a client that makes a mistake: `behave(the right call, method, *path, **rest)`."""

    behave: ClassVar[Callable[..., Awaitable[Any]]]

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        super().__init__(config, context)
        right, behave = Client(config, context).call, type(self).behave

        async def call(method: str, *path: str, **rest: Any) -> Any:
            return await behave(right, method, *path, **rest)

        self._client.call = call  # type: ignore[method-assign]  # the mistake


__all__ = ["MANIFEST", "MUTANTS", "Call", "OtherClient", "fails"]

"""Servers that are no children of a supervisor, and are looked after beside them."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pointsman.local.errors import LocalServerError
from pointsman.local.supervision.restarts import Kept


@dataclass(slots=True, kw_only=True)
class _Server(Kept):
    is_up: Callable[[], bool]
    start: Callable[[], str]
    address: str


class KeptServers:
    """Starts each again once it is down. `schedule(server, why)` says when; `give_up(name, why)` that it is over."""

    def __init__(self, *, give_up: Callable[[str, str], None], schedule: Callable[[Kept, str], None]) -> None:
        self._servers: list[_Server] = []
        self._give_up, self._schedule = give_up, schedule

    def add(self, name: str, is_up: Callable[[], bool], start: Callable[[], str], address: str) -> None:
        """A server that runs now. `start` answers where it is afterwards."""
        self._servers.append(_Server(name=name, is_up=is_up, start=start, address=address, since=time.monotonic()))

    def names(self) -> list[str]:
        return [server.name for server in self._servers]

    def look_after(self) -> None:
        """One look at each. Another address than the children know ends the whole."""
        for server in self._servers:
            try:
                if server.due is None and not server.is_up():
                    self._schedule(server, "ended")
                elif server.due is not None and time.monotonic() >= server.due:
                    server.since, server.due = time.monotonic(), None
                    if server.start() != server.address:
                        self._give_up(server.name, "has another address now, which needs a new start of all")
            except (LocalServerError, OSError) as error:  # what it held may be held for a moment longer
                self._schedule(server, str(error))

"""Connectors as they are built: one for each connection as it is configured now, with a client and a pool of its own."""

import asyncio
import contextlib
import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from pointsman.connectors.pace.lent import Lent
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman_sdk import Connector, Limits

T = TypeVar("T")
_LOG = logging.getLogger("pointsman.connectors")
MOST_CONNECTIONS = 500
CLOSE_WITHIN_S = 5.0


@dataclass(slots=True)
class Instance:
    """A connector, what it was lent, what its vendor stands, and how many calls it carries now."""

    connector: Connector
    lent: Lent
    limits: Limits
    calls: int = field(default=0)


class Instances:
    """The connectors that this process has built, the last used ones. One that leaves is closed after its last call."""

    def __init__(self, build: Callable[[ConnectionRef], Instance]) -> None:
        self._build = build
        self._kept: OrderedDict[UUID, tuple[str, Instance]] = OrderedDict()
        self._closing: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def use(self, connection: ConnectionRef) -> AsyncIterator[Instance]:
        """The connector of this connection. Raises what building it raises."""
        mark = _mark(connection)
        kept = self._kept.get(connection.id)
        if kept is None or kept[0] != mark:
            instance = self._build(connection)
            self._kept[connection.id] = (mark, instance)
            if kept is not None:
                self._leave(kept[1])  # its settings have changed
        else:
            instance = kept[1]
        self._kept.move_to_end(connection.id)
        if len(self._kept) > MOST_CONNECTIONS:
            self._leave(self._kept.popitem(last=False)[1][1])
        instance.calls += 1
        try:
            yield instance
        finally:
            instance.calls -= 1
            if instance.calls == 0 and not self._is_kept(connection.id, instance):
                self._leave(instance)

    def _is_kept(self, connection_id: UUID, instance: Instance) -> bool:
        kept = self._kept.get(connection_id)
        return kept is not None and kept[1] is instance

    def _leave(self, instance: Instance) -> None:
        if instance.calls == 0:
            task = asyncio.get_running_loop().create_task(_close(instance))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close them all."""
        kept, self._kept = [instance for _, instance in self._kept.values()], OrderedDict()
        await asyncio.gather(*(_close(instance) for instance in kept), *self._closing)


def asked(do: Callable[[Connector], T], connector: Connector) -> T:
    """What it says. No future takes a StopIteration, and a CancelledError would break off the request: both are bugs in it."""
    try:
        return do(connector)
    except (StopIteration, asyncio.CancelledError) as error:
        raise RuntimeError(type(error).__name__) from None


async def _close(instance: Instance) -> None:
    try:
        async with asyncio.timeout(CLOSE_WITHIN_S):
            close = getattr(instance.connector, "aclose", None)
            if close is not None:
                await close()
    except Exception as error:  # noqa: BLE001  # beyond this line lies code that is not ours
        _LOG.warning("a connector could not be closed: %s", type(error).__name__)
    with contextlib.suppress(Exception):
        await instance.lent.aclose()


def _mark(connection: ConnectionRef) -> str:
    public = json.dumps(dict(connection.config), sort_keys=True, default=str)
    text = f"{connection.connector}\n{public}\n{connection.sealed.hex()}"
    return hashlib.sha256(text.encode()).hexdigest()

"""How a connection does: what an admin asks when appointments do not arrive, and the probes that heal it by themselves."""

from asyncio import gather
from dataclasses import dataclass
from datetime import datetime

from pointsman.domain.errors import NotFound
from pointsman.domain.messages.message import Message
from pointsman.services.deliveries.connection_faults import put_back_into_use
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import WORKER, Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.vendors.pace import OwedWork, PaceRow, PaceState
from pointsman.services.transactions import run_in_transaction

PROBES_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """A connection, its pace (None: never used), and what is owed to it; `state` None says that it is switched off."""

    connection: ConnectionRow
    state: PaceState | None
    pace: PaceRow | None
    owed: OwedWork

    @property
    def until(self) -> datetime | None:
        """No call begins before."""
        return self.pace.not_before if self.pace else None


async def connection_health(env: Env, key: str) -> ConnectionHealth:
    """Raises NotFound."""
    now = env.clock()
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
        if connection is None:
            raise NotFound(f"There is no connection '{key:.60}'.")
        pace = await tx.paces.show(connection.id, at=now)
        owed = await tx.paces.owed(connection.id)
    return ConnectionHealth(connection=connection, state=_state(connection, pace, now), pace=pace, owed=owed)


def _state(connection: ConnectionRow, pace: PaceRow | None, now: datetime) -> PaceState | None:
    if not connection.active:
        return None
    if connection.fault is not None:
        return PaceState.OUT_OF_USE
    return pace.state(at=now) if pace else PaceState.CLOSED


async def probe_connections(env: Env) -> int:
    """Ask the vendors of connections that are out of use, each every few minutes; how many are back in use."""
    async with env.uow() as tx:
        due = await tx.connections.to_probe(at=env.clock(), limit=PROBES_AT_ONCE)
    return sum(await gather(*(_probe(env, connection) for connection in due)))


async def _probe(env: Env, connection: ConnectionRow) -> bool:
    began = env.clock()
    try:
        await env.calendars.check(connection.ref())
    except (VendorError, TimeoutError) as error:
        said: Message = failure_message(error)

        async def later(tx: Tx) -> None:
            await tx.paces.begin(connection.id, burst=1, at=began)
            await tx.paces.refused(connection.id, None, said, began=began, at=env.clock())

        await run_in_transaction(env, later)
        return False

    async def work(tx: Tx) -> bool:
        return await put_back_into_use(env, tx, connection, actor=WORKER)

    return await run_in_transaction(env, work)

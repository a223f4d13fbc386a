"""Permission to try a connection on its vendor: that something is put there, and taken away again, is on record."""

from pointsman.domain.errors import Conflict
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.audit import audit
from pointsman.services.connections.missing import no_connection
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.transactions import run_in_transaction


async def open_live_check(env: Env, key: str, *, actor: Actor) -> ConnectionRow:
    """The connection. Raises NotFound, Forbidden, and Conflict before a first sign-in and for one that is switched off."""
    actor.require(Operation.CONNECTION)

    async def work(tx: Tx) -> ConnectionRow:
        row = await usable_connection(tx, key)
        await audit(env, tx, actor, "connection.live-check", f"connection:{key}")
        return row

    return await run_in_transaction(env, work)


async def usable_connection(tx: Tx, key: str, *, lock: bool = False) -> ConnectionRow:
    """One that calls can be made over. Raises NotFound, and Conflict before a first sign-in and for one that is switched off."""
    row = await tx.connections.get(key, lock=lock)
    if row is None:
        raise no_connection(key)
    if row.pending:
        raise Conflict(
            f"Sign in over {key} first: POST /v1/connections/{key}/sign-in gives the address to do so.",
            code="not-signed-in",
            told=say("refusal.sign-in-first", key=key),
        )
    if not row.active:
        raise Conflict(
            f"{key} is switched off: set `active` of the connection first.",
            code="connection-inactive",
            told=say("refusal.connection-off", key=key),
        )
    return row

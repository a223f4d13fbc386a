"""Putting a connection out of use, and back: its fault, the alert, its pace, and what waits for it."""

from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.services.audit import audit
from pointsman.services.deliveries.enqueue import resume_connection
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.operations.alerts import AlertCode


async def put_out_of_use(env: Env, tx: Tx, connection: ConnectionRow, error: Message) -> bool:
    """The vendor refused the credentials (twice, see `Paces.refused`): whether that is news.

    A human is told; meanwhile a probe every few minutes puts the connection back, should it work again by itself.
    """
    if not connection.active or not await tx.connections.set_fault(connection.id, error):
        return False
    await tx.alerts.put(
        id=env.new_id(),
        at=env.clock(),
        code=AlertCode.CONNECTION_REAUTH,
        subject=f"connection:{connection.key}",
        message=say(
            "alerts.connection-reauth", connection=connection_name(connection.key), error=error, key=connection.key
        ),
    )
    return True


async def put_back_into_use(env: Env, tx: Tx, connection: ConnectionRow, *, actor: Actor) -> bool:
    """The vendor answered: calls may begin at once, and what waited is done now. Whether it was out of use."""
    now = env.clock()
    await tx.paces.forgive(connection.id, at=now, worked=True)
    if not await tx.connections.set_fault(connection.id, None):
        return False
    await tx.alerts.resolve(at=now, code=AlertCode.CONNECTION_REAUTH, subject=f"connection:{connection.key}")
    await resume_connection(env, tx, connection.id)
    await audit_fault(env, tx, connection, None, actor=actor)
    return True


async def audit_fault(env: Env, tx: Tx, connection: ConnectionRow, fault: Message | None, *, actor: Actor) -> None:
    """That the vendor was asked, and what is known since."""
    before = connection.fault.as_json() if connection.fault else None
    await audit(
        env,
        tx,
        actor,
        "connection.checked",
        f"connection:{connection.key}",
        before={"error": before},
        after={"error": fault.as_json() if fault else None},
    )

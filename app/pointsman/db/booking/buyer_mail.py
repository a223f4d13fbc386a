"""What mailboxes of buyers got, from the deliveries that went there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pointsman.db.engine.prepared_statement import PreparedStatement
from pointsman.db.tables import deliveries
from pointsman.services.ports.booking.buyer_mail import Mailbox

_LOCK = PreparedStatement("select pg_advisory_xact_lock(hashtextextended('pointsman.mailbox ' || :owner, 0))")
_SENT = (
    select(deliveries.c.mailed_at)
    .where(
        deliveries.c.mailed_owner == bindparam("owner"),
        deliveries.c.mailed_at > bindparam("since"),
        deliveries.c.id != bindparam("besides"),
        or_(deliveries.c.status == "done", deliveries.c.unsure > 0),
    )
    .order_by(deliveries.c.mailed_at)
)
_ADDRESS = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.lease == bindparam("held"))
    .values(
        mailed_to=bindparam("to"),
        mailed_key=bindparam("mailbox"),
        mailed_owner=bindparam("owner"),
        mailed_from=bindparam("sender"),
        mailed_at=bindparam("at"),
    )
)
_TAKE_BACK = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.lease == bindparam("held"),
        deliveries.c.unsure <= 1,  # this attempt, which was answered
        deliveries.c.told.is_(None),
    )
    .values(mailed_to=None, mailed_key=None, mailed_owner=None, mailed_from=None, mailed_at=None)
)


class SqlBuyerMail:
    """See `pointsman.services.ports.booking.buyer_mail.BuyerMail`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, mailbox: Mailbox) -> None:
        await _LOCK.run(self._connection, {"owner": mailbox.owner})

    async def sent(self, mailbox: Mailbox, *, since: datetime, besides: UUID) -> Sequence[datetime]:
        given = {"owner": mailbox.owner, "since": since, "besides": besides}
        return list((await self._connection.execute(_SENT, given)).scalars())

    async def address(self, delivery_id: UUID, *, lease: UUID, to: Mailbox, sender: str | None, at: datetime) -> None:
        given = {
            "delivery": delivery_id,
            "held": lease,
            "to": to.address,
            "mailbox": to.key,
            "owner": to.owner,
            "sender": sender,
            "at": at,
        }
        await self._connection.execute(_ADDRESS, given)

    async def take_back(self, delivery_id: UUID, *, lease: UUID) -> None:
        await self._connection.execute(_TAKE_BACK, {"delivery": delivery_id, "held": lease})

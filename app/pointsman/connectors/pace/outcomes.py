"""How a call went, written into its paces: the connection's, and the one of the mailbox or user for which it was made.

What fails for one of those counts against the connection once, until calls for that one are answered again: so the connection
waits where many fail, and not for one. Where the connection waited already, a vendor that throttles one has answered the
probe.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pointsman.domain.messages.message import Message
from pointsman.services.ports import Tx
from pointsman.services.ports.vendors.pace import Failure, QuotaLeft


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A call that may begin."""

    connection_id: UUID
    lease: UUID
    began: datetime
    probing: bool
    subject: str = ""  # the mailbox or user that the vendor counts it by, where it counts those

    @property
    def kept_as(self) -> tuple[str, ...]:
        """The paces in which it is kept."""
        return (self.subject, "") if self.subject else ("",)


async def write_failure(
    tx: Tx, call: Admitted, failure: Failure, *, at: datetime, quota: QuotaLeft | None, subject: str | None
) -> datetime | None:
    """Until when no call is worth making; None: other calls are. `subject`: that one is throttled, though the vendor answers."""
    of, lease, paces = call.connection_id, call.lease, tx.paces
    if failure.whole:
        if call.subject:
            await paces.let_go(of, lease, subject=call.subject)
        return await paces.failed(of, lease, failure, began=call.began, at=at, quota=quota)
    whose = call.subject if subject is None else subject
    until = None
    if call.probing and subject is not None:
        # The vendor is back, and has a word for one mailbox alone, for which the others need not wait.
        await paces.answered(of, lease, failure.error, began=call.began, at=at, quota=quota)
    elif not whose or call.probing or not await paces.is_ailing(of, whose):
        until = await paces.failed(of, lease, failure, began=call.began, at=at, quota=quota)
    else:
        await paces.let_go(of, lease)
    if not whose:
        return until
    if whose != call.subject:
        if call.subject:
            await paces.let_go(of, lease, subject=call.subject)
        await paces.begin(of, burst=1, at=at, subject=whose)
    own = replace(failure, whole=subject is not None)
    return await paces.failed(of, lease, own, began=call.began, at=at, quota=None, subject=whose)


async def write_refusal(tx: Tx, call: Admitted, said: Message, *, at: datetime, subject: str) -> tuple[int, datetime]:
    """How often the credentials were refused by now, and when a probe is worth making. With a subject the vendor has answered."""
    of, lease, paces = call.connection_id, call.lease, tx.paces
    if call.subject and call.subject != subject:
        await paces.let_go(of, lease, subject=call.subject)
    if subject:
        if subject != call.subject:
            await paces.begin(of, burst=1, at=at, subject=subject)
        await paces.answered(of, lease, said, began=call.began, at=at, quota=None)
    return await paces.refused(of, lease, said, began=call.began, at=at, subject=subject)

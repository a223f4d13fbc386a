"""Messages of connected vendors, as the use cases see them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pointsman.services.ports.vendors.connections import ConnectionRef, VendorReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerNotice:
    """A mail to a buyer. `key` is the same for every retry, and of no other message; it was written `at`.

    `sender` is the name that it comes from, `reply_to` the address that is answered. `invitation` is a calendar file
    (RFC 5545) that says its METHOD. Messages of one `thread` belong together. `named_by` is the address that it may have gone
    out from before, over another connection: what names it to a mailbox is made of that one.
    """

    key: str
    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    sender: str
    reply_to: str | None
    thread: str
    at: datetime
    named_by: str | None = None
    invitation: bytes | None = field(default=None, repr=False)


class NoticeGateway(Protocol):
    """Sends messages over whatever connector a connection names. No call is made inside a transaction."""

    def sends_mail(self, connector: str) -> bool:
        """Whether its manifest says that it sends messages; not of a connector that is gone or broken."""
        ...

    def sends_from(self, connection: ConnectionRef) -> str | None:
        """The address that messages of this connection come from; None where it does not say."""
        ...

    async def send(self, connection: ConnectionRef, notice: BuyerNotice) -> VendorReceipt:
        """Send it. Raises a `VendorError`: after `VendorUnansweredError` it may have gone out, and may again."""
        ...

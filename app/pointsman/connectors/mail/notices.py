"""The notice gateway: messages sent by whatever connector a connection names."""

from pointsman.connectors.adapter import ConnectorGateway
from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sdk_values import check_contract, kept_text
from pointsman.domain.errors import NotFound, Unavailable
from pointsman.domain.messages.mail_addresses import takes_replies
from pointsman.domain.messages.message import say
from pointsman.services.ports.vendors.connections import ConnectionRef, VendorReceipt
from pointsman.services.ports.vendors.errors import VendorRejectedError
from pointsman.services.ports.vendors.notices import BuyerNotice
from pointsman_sdk import Attachment, Capability, Connector, Notice, Notices
from pointsman_sdk.people import check_email


class ConnectorNotices:
    """Implements `NoticeGateway`, over the connectors that `gateway` has built."""

    def __init__(self, *, gateway: ConnectorGateway, registry: ConnectorRegistry) -> None:
        self._gateway, self._registry = gateway, registry

    def sends_mail(self, connector: str) -> bool:
        """Whether its manifest says that it sends messages; not of a connector that is gone or broken."""
        try:
            return Capability.NOTICES in self._registry.manifest(connector).capabilities
        except (NotFound, Unavailable):
            return False

    def sends_from(self, connection: ConnectionRef) -> str | None:
        """As the configuration says: a connector that sends mail calls its own address `sender` there."""
        given = connection.config.get("sender")
        try:
            return check_email(outgoing_address(given)) if isinstance(given, str) else None
        except ValueError:
            return None

    async def send(self, connection: ConnectionRef, notice: BuyerNotice) -> VendorReceipt:
        """Once, as far as it is answered."""
        asked = check_contract(lambda: _asked(notice, _address(notice.to)))

        async def put(connector: Connector) -> VendorReceipt:
            able = getattr(connector, Capability.NOTICES, None)
            if not isinstance(able, Notices):
                name = connection.connector
                raise VendorRejectedError(
                    f"the connector {name!r} sends no mail", told=say("vendor.no-mail", connector=name)
                )
            record = await able.put(asked)
            return VendorReceipt(vendor_id=kept_text(record.id), version=kept_text(record.version))

        return await self._gateway.call(connection, put, writes=True)


def _address(given: str) -> str:
    try:
        return check_email(outgoing_address(given))
    except ValueError as error:
        told = say("vendor.no-mail-address")
        raise VendorRejectedError("the lead has no address that mail can go to", told=told) from error


def _reply_address(given: str | None) -> str | None:
    """None for what cannot be one: answers come to the sender's address then, and the buyer hears all the same."""
    try:
        found = None if given is None else check_email(outgoing_address(given))
    except ValueError:
        return None
    return found if found is None or takes_replies(found) else None


def _asked(notice: BuyerNotice, to: str) -> Notice:
    files = (
        ()
        if notice.invitation is None
        else (Attachment(name="appointment.ics", media_type="text/calendar", content=notice.invitation),)
    )
    return Notice(
        key=notice.key,
        place=to,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        attachments=files,
        sender=notice.sender,
        reply_to=_reply_address(notice.reply_to),
        thread=notice.thread,
        at=notice.at,
        named_by=notice.named_by,
    )

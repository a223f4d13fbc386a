"""Notices: messages to one address each, under a Message-ID that the key makes."""

from pointsman_sdk import Notice, RemoteRecord
from pointsman_smtp.config import SmtpConfig
from pointsman_smtp.message import compose
from pointsman_smtp.sent import Sent
from pointsman_smtp.talk import MailServer


class SmtpNotices:
    """Messages. What was sent cannot be changed."""

    def __init__(self, config: SmtpConfig, server: MailServer, sent: Sent) -> None:
        self._config, self._server, self._sent = config, server, sent

    async def put(self, thing: Notice) -> RemoteRecord:
        """Deliver it. After an AmbiguousOutcome it is delivered again with the same Message-ID: the mailbox may join the two."""
        mail = compose(thing, self._config)
        if not await self._sent.has(thing.key):
            await self._server.deliver(mail)
            await self._sent.add(thing.key)
        return RemoteRecord(key=thing.key, place=thing.place, id=mail.id, version="1")

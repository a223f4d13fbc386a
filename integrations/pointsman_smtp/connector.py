"""The SMTP connector: messages over one account of a mail server."""

from pointsman_sdk import Auth, Capability, Context, Limits, Manifest, Method
from pointsman_smtp.config import SmtpConfig
from pointsman_smtp.notices import SmtpNotices
from pointsman_smtp.sent import Sent
from pointsman_smtp.talk import MailServer

MANIFEST = Manifest(
    name="smtp",
    title="Mail (SMTP)",
    contract=(2, 2),
    capabilities=frozenset({Capability.NOTICES}),
    config=SmtpConfig,
    auth=(
        Auth(method=Method.BASIC, title="User name and password", fields=("username", "password")),
        Auth(method=Method.NONE, title="A server that takes mail from this machine as it is"),
    ),
    limits=Limits(at_once=4),
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/smtp.md",
    maintainers=("Pointsman",),
)


class SmtpConnector:
    """One account of one mail server."""

    manifest = MANIFEST

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        self._server = MailServer(config, context)
        self.notices = SmtpNotices(config, self._server, Sent(context.memory))

    async def check(self) -> None:
        """EHLO, TLS, the sign-in and NOOP: no mail."""
        await self._server.look()

    async def aclose(self) -> None:
        """It holds nothing: each talk ends with its call."""


connector = SmtpConnector
"""What the entry point names: called with a configuration and a context."""

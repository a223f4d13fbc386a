"""The SMTP connector: messages over one account of a mail server."""

from pointsman_sdk import Auth, Capability, ClientAuth, Context, Limits, Manifest, Method
from pointsman_smtp.config import SignIn, SmtpConfig
from pointsman_smtp.german import GERMAN
from pointsman_smtp.notices import SmtpNotices
from pointsman_smtp.sent import Sent
from pointsman_smtp.talk import MailServer
from pointsman_smtp.tokens import APP_SCOPE

_MICROSOFT_TOKEN = "{login_url}/{tenant}/oauth2/v2.0/token"  # noqa: S105  # an address

MANIFEST = Manifest(
    name="smtp",
    title="Mail (SMTP)",
    contract=(2, 2),
    capabilities=frozenset({Capability.NOTICES}),
    config=SmtpConfig,
    auth=(
        Auth(
            method=Method.BASIC,
            title="User name and password",
            only_if=("sign_in", SignIn.PASSWORD),
            fields=("username", "password"),
        ),
        Auth(
            method=Method.OAUTH2,
            title="A mailbox of Google signs in (Workspace, Gmail)",
            scopes=("https://mail.google.com/",),
            authorize_url="{authorize_url}",
            token_url="{token_url}",  # noqa: S106  # an address
            # Google hands out a refresh token for "offline", and once more for "consent" alone
            # (developers.google.com/identity/protocols/oauth2/web-server).
            params=(("access_type", "offline"), ("prompt", "consent")),
            client_auth=ClientAuth.POST,
            only_if=("sign_in", SignIn.GOOGLE),
            fields=("username", "client_id", "client_secret"),
        ),
        Auth(
            method=Method.OAUTH2,
            title="A mailbox of Microsoft 365 signs in (delegated permission)",
            scopes=("offline_access", "https://outlook.office.com/SMTP.Send"),
            authorize_url="{login_url}/{tenant}/oauth2/v2.0/authorize",
            token_url=_MICROSOFT_TOKEN,
            client_auth=ClientAuth.POST,
            only_if=("sign_in", SignIn.MICROSOFT),
            fields=("username", "tenant", "client_id", "client_secret"),
        ),
        Auth(
            method=Method.OAUTH2,
            title="An app signs in for a mailbox of Microsoft 365 (application permission)",
            scopes=(APP_SCOPE,),
            token_url=_MICROSOFT_TOKEN,
            client_auth=ClientAuth.POST,
            only_if=("sign_in", SignIn.MICROSOFT_APP),
            fields=("username", "tenant", "client_id", "client_secret"),
        ),
        Auth(
            method=Method.NONE,
            title="A server that takes mail from this machine as it is",
            only_if=("sign_in", SignIn.NONE),
        ),
    ),
    limits=Limits(at_once=3),  # Exchange Online takes no fourth talk of a mailbox (432 4.3.2; fastapi-mail issue 75)
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/smtp.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
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

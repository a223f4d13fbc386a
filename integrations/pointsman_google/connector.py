"""The Google Calendar connector: one module for each capability."""

from pointsman_google.appointments import GoogleAppointments
from pointsman_google.busy import BATCH, GoogleBusy
from pointsman_google.calendars import GoogleCalendars
from pointsman_google.client import Client
from pointsman_google.config import GoogleConfig
from pointsman_google.german import GERMAN
from pointsman_google.sign_in import SCOPES
from pointsman_google.watches import GoogleWatches
from pointsman_sdk import (
    CONTRACT,
    Auth,
    Capability,
    ClientAuth,
    Context,
    Invites,
    Limits,
    Manifest,
    Method,
    Per,
    Signs,
)

MANIFEST = Manifest(
    name="google",
    title="Google Calendar",
    contract=(CONTRACT, CONTRACT),
    capabilities=frozenset({Capability.CALENDARS, Capability.BUSY, Capability.APPOINTMENTS, Capability.WATCHES}),
    config=GoogleConfig,
    auth=(
        Auth(
            method=Method.OAUTH2,
            title="A user signs in, who sees the calendars",
            scopes=SCOPES,
            authorize_url="{authorize_url}",
            token_url="{token_url}",  # noqa: S106  # an address
            # Google hands out a refresh token for "offline", and once more for "consent" alone
            # (developers.google.com/identity/protocols/oauth2/web-server).
            params=(("access_type", "offline"), ("prompt", "consent")),
            client_auth=ClientAuth.POST,
            fields=("client_id", "client_secret"),
        ),
        Auth(
            method=Method.OAUTH2,
            title="A service account acts for the users of a domain",
            scopes=SCOPES,
            per_subject=True,
            fields=("service_account_key", "acting_as"),
        ),
    ),
    # 600 calls a minute for each user, who signed in or as which a service account calls, and 10,000 for a project
    # (developers.google.com/calendar/api/guides/quota).
    limits=Limits(rate=10.0, burst=50, at_once=8, per=Per.SUBJECT, busy_batch=BATCH),
    signs=Signs(body=False, time=False),
    invites=frozenset(Invites),
    makes_meetings=True,
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/google.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
)


class GoogleConnector:
    """One user's sign-in, or one service account."""

    manifest = MANIFEST

    def __init__(self, config: GoogleConfig, context: Context) -> None:
        self._client = client = Client(config, context)
        self.calendars = GoogleCalendars(client)
        self.busy = GoogleBusy(client)
        self.appointments = GoogleAppointments(client)
        self.watches = GoogleWatches(client)

    def subject_of(self, capability: Capability, place: str | None) -> str | None:
        """Busy times are asked for all calendars as one user."""
        return self._client.subject_of(None if capability is Capability.BUSY else place)

    async def check(self) -> None:
        await self.calendars.ask_who()

    async def aclose(self) -> None:
        """It holds nothing: the client is the host's."""


connector = GoogleConnector
"""What the entry point names: called with a configuration and a context."""

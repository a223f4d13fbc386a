"""The Microsoft 365 connector: calendars over Graph, one module for each capability."""

from pointsman_microsoft.appointments import Appointments
from pointsman_microsoft.busy import Busy
from pointsman_microsoft.calendars import Calendars
from pointsman_microsoft.config import MicrosoftConfig, Permission
from pointsman_microsoft.german import GERMAN
from pointsman_microsoft.graph.client import Client
from pointsman_microsoft.graph.places import Place
from pointsman_microsoft.schedules import BATCH
from pointsman_microsoft.watches import Watches
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
    PlaceGone,
)

_TOKEN_URL = "{login_url}/{tenant}/oauth2/v2.0/token"  # noqa: S105  # an address

MANIFEST = Manifest(
    name="microsoft",
    title="Microsoft 365 calendars",
    contract=(CONTRACT, CONTRACT),
    capabilities=frozenset({Capability.CALENDARS, Capability.BUSY, Capability.APPOINTMENTS, Capability.WATCHES}),
    config=MicrosoftConfig,
    auth=(
        Auth(
            method=Method.OAUTH2,
            title="A person signs in (delegated permission)",
            scopes=("offline_access", "Calendars.ReadWrite"),
            authorize_url="{login_url}/{tenant}/oauth2/v2.0/authorize",
            token_url=_TOKEN_URL,
            client_auth=ClientAuth.POST,
            only_if=("permission", Permission.DELEGATED),
        ),
        Auth(
            method=Method.OAUTH2,
            title="The app signs in (application permission)",
            scopes=("https://graph.microsoft.com/.default",),
            token_url=_TOKEN_URL,
            client_auth=ClientAuth.POST,
            only_if=("permission", Permission.APPLICATION),
            fields=("mailbox",),
        ),
    ),
    # 10,000 requests in ten minutes and four at once, for each app and mailbox (Graph, "throttling limits", Outlook).
    limits=Limits(rate=16.0, burst=1_000, at_once=4, per=Per.SUBJECT, busy_batch=BATCH),
    invites=frozenset(Invites),
    makes_meetings=True,
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/microsoft.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
)


class MicrosoftConnector:
    """One app registration, and one sign-in of a person or of the app."""

    manifest = MANIFEST

    def __init__(self, config: MicrosoftConfig, context: Context) -> None:
        self._asked_over = config.mailbox
        client = Client(config, context)
        self.calendars = Calendars(client, config)
        self.busy = Busy(client, mailbox=config.mailbox, elsewhere_blocks=config.working_elsewhere_blocks)
        self.appointments = Appointments(client)
        self.watches = Watches(client)

    def subject_of(self, capability: Capability, place: str | None) -> str | None:
        """The mailbox; of several schedules the one over which they are asked for, where the connection names it."""
        if place is None:
            place = self._asked_over if capability is Capability.BUSY else None
        try:
            return None if place is None else Place.of(place).subject
        except PlaceGone:
            return None  # the call itself says so

    async def check(self) -> None:
        """Ask for one calendar, or else for the app's own subscriptions, which takes no permission of its own."""
        await self.calendars.check()

    async def aclose(self) -> None:
        """It holds nothing: the client is the host's."""


connector = MicrosoftConnector
"""What the entry point names: called with a configuration and a context."""

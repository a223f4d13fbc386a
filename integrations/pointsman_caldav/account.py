"""The CalDAV connector: calendars over plain HTTP requests, one module for each capability."""

from pointsman_caldav.appointments import Appointments
from pointsman_caldav.busy import BATCH, Busy
from pointsman_caldav.calendars import Calendars
from pointsman_caldav.client import AT_ONCE, Client
from pointsman_caldav.collections import Collections
from pointsman_caldav.config import CaldavConfig
from pointsman_caldav.german import GERMAN
from pointsman_caldav.reading import is_signed_in
from pointsman_caldav.watches import Watches
from pointsman_sdk import (
    CONTRACT,
    Auth,
    Capability,
    Context,
    Invites,
    Limits,
    Manifest,
    Method,
    ReauthRequired,
)

MANIFEST = Manifest(
    name="caldav",
    title="CalDAV calendars",
    contract=(CONTRACT, CONTRACT),
    capabilities=frozenset({Capability.CALENDARS, Capability.BUSY, Capability.APPOINTMENTS, Capability.WATCHES}),
    config=CaldavConfig,
    auth=(Auth(method=Method.BASIC, title="User name and password", fields=("username", "password")),),
    limits=Limits(at_once=AT_ONCE, busy_batch=BATCH),
    invites=frozenset({Invites.HOST, Invites.NOBODY}),
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/caldav.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
)


class CaldavConnector:
    """One account on one CalDAV server."""

    manifest = MANIFEST

    def __init__(self, config: CaldavConfig, context: Context) -> None:
        self._base = config.base_url
        self._needs_login = config.username is not None
        self._client = Client(config, context)
        collections = Collections(self._client, config.base_url)
        self.calendars = Calendars(self._client, config.base_url)
        self.busy = Busy(self._client, collections, trusts_reports=config.trust_free_busy)
        self.appointments = Appointments(self._client, collections, zone=config.time_zone, clock=context.clock)
        self.watches = Watches(self._client, collections, clock=context.clock)

    async def check(self) -> None:
        """Ask the server who we are."""
        answer = await self._client.who(self._base)
        if not await self._client.read_xml(is_signed_in, answer) and self._needs_login:
            raise ReauthRequired("the CalDAV server did not accept the login")

    async def aclose(self) -> None:
        """It holds nothing."""


connector = CaldavConnector
"""What the entry point names: called with a configuration and a context."""

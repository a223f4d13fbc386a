"""The memory connector: every capability there is, an attribute each."""

from pointsman_memory.activities import MemoryActivities, MemoryTasks
from pointsman_memory.appointments import MemoryAppointments
from pointsman_memory.calendars import BATCH, MemoryBusy, MemoryCalendars
from pointsman_memory.client import Client
from pointsman_memory.config import MemoryConfig
from pointsman_memory.directory import MemoryFields, MemoryOwners
from pointsman_memory.german import GERMAN
from pointsman_memory.intake import MemoryIntake
from pointsman_memory.outreach import MemoryNotices, MemoryProgrammes
from pointsman_memory.people import MemoryAccounts, MemoryPeople
from pointsman_memory.signature import MemorySignature
from pointsman_memory.watches import MemoryWatches
from pointsman_sdk import Auth, Capability, ClientAuth, Context, Invites, Limits, Manifest, Method, Rejected

MANIFEST = Manifest(
    name="memory",
    title="Memory (a CRM with calendars that forgets)",
    contract=(2, 2),
    capabilities=frozenset(Capability),
    config=MemoryConfig,
    auth=(
        Auth(method=Method.API_KEY, title="API key"),
        Auth(
            method=Method.OAUTH2,
            title="Sign in",
            scopes=("calendars", "records"),
            authorize_url="{url}/oauth/authorize",
            token_url="{url}/oauth/token",  # noqa: S106  # an address
            client_auth=ClientAuth.POST,
            fields=("client_id", "client_secret"),
        ),
    ),
    limits=Limits(at_once=4, busy_batch=BATCH),
    signs=MemorySignature.signs,
    invites=frozenset(Invites),
    makes_meetings=True,
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connectors.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
)


class MemoryConnector:
    """One connection to one memory vendor."""

    manifest = MANIFEST

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        self._client = client = Client(config, context)
        self.calendars = MemoryCalendars(client)
        self.busy = MemoryBusy(client)
        self.appointments = MemoryAppointments(client)
        self.watches = MemoryWatches(client)
        self.people = MemoryPeople(client)
        self.accounts = MemoryAccounts(client)
        self.owners = MemoryOwners(client)
        self.activities = MemoryActivities(client)
        self.fields = MemoryFields(client)
        self.tasks = MemoryTasks(client)
        self.programmes = MemoryProgrammes(client)
        self.notices = MemoryNotices(client)
        self.intake = MemoryIntake(config, client, context.clock)

    async def check(self) -> None:
        account = await self._client.call("GET", "me")
        if not isinstance(account, dict) or "account" not in account:
            raise Rejected("what answers at this address is not a memory vendor")

    async def aclose(self) -> None:
        """It holds nothing: the client is the host's."""


connector = MemoryConnector
"""What the entry point names: called with a configuration and a context."""

"""The memory connector: every capability there is, one module each."""

from pointsman_memory.appointments import Appointments
from pointsman_memory.client import Client
from pointsman_memory.config import MemoryConfig
from pointsman_memory.outreach import Outreach
from pointsman_memory.people import People
from pointsman_memory.webhooks import Webhooks
from pointsman_sdk import CONTRACT, Auth, Capability, Context, Manifest, Method, Rejected

MANIFEST = Manifest(
    name="memory",
    title="Memory (a CRM with calendars that forgets)",
    contract=CONTRACT,
    capabilities=frozenset(Capability),
    config=MemoryConfig,
    auth=Auth(method=Method.API_KEY),
    docs="https://github.com/pointsman/pointsman/blob/main/integrations/README.md",
    maintainers=("Pointsman",),
)


class MemoryConnector(Appointments, People, Webhooks, Outreach):
    """One connection to one memory vendor."""

    manifest = MANIFEST

    def __init__(self, config: MemoryConfig, context: Context) -> None:
        self._client = Client(config, context)
        self._secret, self._clock = config.webhook_secret, context.clock

    async def check(self) -> None:
        account = await self._client.call("GET", "me")
        if not isinstance(account, dict) or "account" not in account:
            raise Rejected("what answers at this address is not a memory vendor")


connector = MemoryConnector
"""What the entry point names: called with a configuration and a context."""

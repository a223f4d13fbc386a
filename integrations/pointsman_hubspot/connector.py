"""The HubSpot connector: one module for each capability."""

from dataclasses import replace

from pointsman_hubspot.accounts import HubSpotAccounts
from pointsman_hubspot.api.refusals import SCOPES
from pointsman_hubspot.config import HubSpotConfig
from pointsman_hubspot.desk import Desk
from pointsman_hubspot.fields import HubSpotFields
from pointsman_hubspot.german import GERMAN
from pointsman_hubspot.intake.intake import HubSpotIntake
from pointsman_hubspot.meetings import HubSpotActivities
from pointsman_hubspot.owners import HubSpotOwners
from pointsman_hubspot.people import HubSpotPeople
from pointsman_hubspot.programmes import HubSpotProgrammes
from pointsman_hubspot.tasks import HubSpotTasks
from pointsman_sdk import CONTRACT, Auth, Capability, ClientAuth, Context, Limits, Manifest, Method
from pointsman_sdk.signatures.hubspot import HubSpotV3

_REQUESTS_OF_A_CALL = 3


def _rate(requests: int) -> float:
    """Calls a second where HubSpot allows so many requests in ten."""
    return requests / 10 / _REQUESTS_OF_A_CALL


MANIFEST = Manifest(
    name="hubspot",
    title="HubSpot",
    contract=(CONTRACT, CONTRACT),
    capabilities=frozenset(
        {
            Capability.PEOPLE,
            Capability.ACCOUNTS,
            Capability.OWNERS,
            Capability.ACTIVITIES,
            Capability.FIELDS,
            Capability.TASKS,
            Capability.PROGRAMMES,
            Capability.INTAKE,
        }
    ),
    config=HubSpotConfig,
    auth=(
        Auth(
            method=Method.API_KEY,
            title="A service key, or the token of a private app",
            fields=("token", "webhook_secret"),
        ),
        Auth(
            method=Method.OAUTH2,
            title="A person signs in to an app",
            scopes=SCOPES,
            authorize_url="{app_url}/oauth/authorize",
            # The version is a part of the path, for `v3` too
            # (developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens, …/auth-oauth-v3/guide).
            token_url="{url}/oauth/{version}/token",  # noqa: S106  # an address
            # HubSpot's page of the sign-in documents no challenge.
            pkce=False,
            client_auth=ClientAuth.POST,
            fields=("client_id", "client_secret"),
        ),
    ),
    # 100 requests in ten seconds for an app, or more (developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines):
    # what a connection has of them, its configuration says. A lead or an appointment takes about three.
    limits=Limits(rate=_rate(100), burst=10, at_once=6),
    signs=HubSpotV3.signs,
    docs="https://github.com/pointsman/pointsman/blob/main/docs/connections/hubspot.md",
    maintainers=("Pointsman",),
    words={"de": GERMAN},
)


class HubSpotConnector:
    """One HubSpot account."""

    manifest = MANIFEST

    def __init__(self, config: HubSpotConfig, context: Context) -> None:
        desk = Desk.of(config, context)
        self.limits = replace(MANIFEST.limits, rate=_rate(config.calls_in_ten_seconds))
        self._client = desk.client
        self.people = HubSpotPeople(desk)
        self.accounts = HubSpotAccounts(desk)
        self.owners = HubSpotOwners(desk.client)
        self.activities = HubSpotActivities(desk)
        self.fields = HubSpotFields(desk.client, desk.ours)
        self.tasks = HubSpotTasks(desk)
        self.programmes = HubSpotProgrammes(desk, context)
        self.intake = HubSpotIntake(desk, context)

    async def check(self) -> None:
        await self._client.ask_who()

    async def aclose(self) -> None:
        """It holds nothing: the client is the host's."""


connector = HubSpotConnector
"""What the entry point names: called with a configuration and a context."""

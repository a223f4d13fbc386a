"""Intake: the three questions of the contract, each answered by a module of its own."""

from collections.abc import Mapping, Sequence

from pointsman_hubspot.desk import Desk
from pointsman_hubspot.intake.hooks import changes_in
from pointsman_hubspot.intake.missed import Catcher
from pointsman_hubspot.intake.owner_book import OwnerBook
from pointsman_hubspot.intake.reading import EventReader
from pointsman_hubspot.owners import HubSpotOwners
from pointsman_sdk import Arrival, Context, Event, Missed, Rejected, Reply, WebhookRequest
from pointsman_sdk.signatures.hubspot import HubSpotV3

SIGNATURE = HubSpotV3(scheme="hubspot_v3")
_PLAIN = {"content-type": "text/plain; charset=utf-8"}


class HubSpotIntake:
    """The events of contacts are news, those of tasks where the configuration says so, and new members of its lists."""

    def __init__(self, desk: Desk, context: Context) -> None:
        self._config, self._client = desk.config, desk.client
        self._reader = EventReader(desk, OwnerBook(context, HubSpotOwners(desk.client)))
        self._catcher = Catcher(desk)

    def answer(self, hook: WebhookRequest) -> Reply:
        secret = self._config.hook_secret()
        if secret is None:
            raise Rejected("the connection has no secret of an app that sends webhooks")
        SIGNATURE.verify(hook, [secret], now=self._client.now())
        events = {one.key: one for one in (change.event() for change in changes_in(hook))}
        # Without a body it would say that there is something to look for.
        return Reply(events=[*events.values()]) if events else Reply(headers=_PLAIN, body=b"no news")

    async def fetch(self, events: Sequence[Event]) -> Mapping[str, Arrival | None]:
        return await self._reader.read(events)

    async def since(self, cursor: str | None) -> Missed:
        return await self._catcher.since(cursor)

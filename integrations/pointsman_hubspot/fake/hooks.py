"""Webhooks: arrays of changes, ids alone, signed with the app's secret; doubled, late and out of order where a test has it so."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from pointsman_hubspot.fake.definitions import SINGULAR, TYPE_IDS
from pointsman_hubspot.fake.records import Row, Source
from pointsman_hubspot.fake.wire import milliseconds
from pointsman_sdk import WebhookRequest
from pointsman_sdk.signatures.hubspot import HubSpotV3

CALLBACK = "https://pointsman.example/v1/hooks/hubspot"
_MOST_TOGETHER = 100
_SIGNATURE = HubSpotV3(scheme="hubspot_v3")
#: Kinds of which events are told by a name; those of all others as `object`, with a number.
_NAMED = frozenset({"contacts", "companies"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What the app wants to hear of: a kind's creations, deletions and so on, or the changes of one property, by its name."""

    id: int
    kind: str
    what: str
    name: str | None = None

    @property
    def type(self) -> str:
        return f"{SINGULAR[self.kind]}.{self.what}" if self.kind in _NAMED else f"object.{self.what}"


SUBSCRIPTIONS = (
    Subscription(id=101, kind="contacts", what="creation"),
    Subscription(id=102, kind="contacts", what="propertyChange", name="lifecyclestage"),
    Subscription(id=103, kind="contacts", what="propertyChange", name="hs_lead_status"),
    Subscription(id=104, kind="contacts", what="propertyChange", name="hubspot_owner_id"),
    Subscription(id=105, kind="contacts", what="deletion"),
    Subscription(id=106, kind="contacts", what="merge"),
    Subscription(id=107, kind="tasks", what="propertyChange", name="hs_task_status"),
)


@dataclass(slots=True, kw_only=True)
class Hooks:
    """What the app is told. `post` brings a request to the host; without one, requests wait in `waiting`.

    `doubled`: a request is sent a second time. `shuffled`: out of order, by `dice`. `late`: signed now, and told of long after.
    `loses`: nothing is sent, and no one hears of it.
    """

    secret: str
    clock: Callable[[], datetime]
    app: int = 4_552_876
    portal: int = 62_515
    callback: str = CALLBACK
    subscriptions: Sequence[Subscription] = SUBSCRIPTIONS
    doubled: bool = False
    shuffled: bool = False
    loses: bool = False
    late: timedelta = timedelta()
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    post: Callable[[WebhookRequest], httpx.Response] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)  # every one that there was
    waiting: list[dict[str, Any]] = field(default_factory=list)  # those that were not sent yet

    def heard(self, row: Row, what: str, values: Mapping[str, str], source: Source) -> None:
        """Something happened to a record: an event for each subscription that it is about."""
        for one in self.subscriptions:
            if one.kind != row.kind:
                continue
            if one.what == what != "propertyChange":
                self._tell(one, row, source, _about(row, what, values))
            # The values that a record is made with are changes, too.
            elif one.what == "propertyChange" and what in ("creation", "propertyChange") and one.name in values:
                changed = {"propertyName": one.name, "propertyValue": values[str(one.name)]}
                self._tell(one, row, source, changed)

    def send(self) -> list[WebhookRequest]:
        """Send what waits, in arrays of a hundred at most, as it would come to the host; the requests."""
        told, now = self.waiting, self.clock()
        if self.late:
            told = [one for one in told if one["occurredAt"] <= milliseconds(now - self.late)]
        self.waiting = [one for one in self.waiting if one not in told]
        if self.shuffled:
            self.dice.shuffle(told)
        requests = [self.hook(told[i : i + _MOST_TOGETHER]) for i in range(0, len(told), _MOST_TOGETHER)]
        if self.doubled:
            requests = [*requests, *requests]
        if self.loses:
            return []
        for request in requests if self.post else ():
            with suppress(httpx.TransportError):  # HubSpot tries again for a while, and gives up
                self.post(request)  # type: ignore[misc]  # it is there
        return requests

    def hook(self, events: Sequence[Mapping[str, Any]], *, now: datetime | None = None) -> WebhookRequest:
        """The webhook with these events, signed now or at another time."""
        body = json.dumps(list(events)).encode()
        bare = WebhookRequest(method="POST", url=self.callback, headers={}, body=body)
        signed = _SIGNATURE.sign(bare, self.secret, now=now or self.clock(), event_id="")
        headers = {"content-type": "application/json", **signed}
        return WebhookRequest(method="POST", url=self.callback, headers=headers, body=body)

    def _tell(self, one: Subscription, row: Row, source: Source, about: Mapping[str, Any]) -> None:
        event: dict[str, Any] = {
            "eventId": 100 + len(self.events),
            "subscriptionId": one.id,
            "portalId": self.portal,
            "appId": self.app,
            "occurredAt": milliseconds(row.updated),
            "subscriptionType": one.type,
            "attemptNumber": 0,
            "objectId": int(row.id),
            "changeSource": source.type,
            "sourceId": source.id,
            **about,
        }
        if one.kind not in _NAMED:
            event["objectTypeId"] = TYPE_IDS[one.kind]
        self.events.append(event)
        self.waiting.append(event)


def _about(row: Row, what: str, values: Mapping[str, str]) -> dict[str, Any]:
    match what:
        case "creation":
            return {"changeFlag": "CREATED"}
        case "deletion":
            return {"changeFlag": "DELETED"}
        case "merge":
            return {
                "primaryObjectId": int(row.id),
                "mergedObjectIds": [int(values["merged"])],
                "newObjectId": int(row.id),
            }
        case _:
            return {}

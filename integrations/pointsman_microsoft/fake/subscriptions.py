"""Subscriptions: the callback is tried before one exists, each change is told to it, and so is the subscription's own life."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx

from pointsman_microsoft.fake.events import moment
from pointsman_microsoft.fake.mailboxes import Calendar, Directory, Event, Mailbox
from pointsman_microsoft.fake.sign_in import TENANT_ID
from pointsman_microsoft.fake.wire import Answer, Refused
from pointsman_sdk import WebhookRequest

Post = Callable[[WebhookRequest], httpx.Response]
"""How Graph calls a callback, and what is answered there."""
_LONGEST = timedelta(minutes=4_230)
_LONGEST_STATE = 128


@dataclass(slots=True, kw_only=True)
class Subscriptions:
    """Subscriptions by id. `place_of` finds the calendar of a resource; `pushed` are the calls that were made, or are due."""

    directory: Directory
    clock: Callable[[], datetime]
    post: Post
    place_of: Callable[[str], tuple[Mailbox, Calendar]]
    delivers: bool = False  # make each call at once, beside writing it down
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    pushed: list[WebhookRequest] = field(default_factory=list)
    tried: list[WebhookRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory.changed.append(self._tell)

    def listed(self) -> Answer:
        return 200, {"value": [_public(one) for one in self.known.values()]}

    def created(self, body: Mapping[str, Any]) -> Answer:
        """`POST /subscriptions`."""
        self._check_end(body["expirationDateTime"])
        if len(body["clientState"]) > _LONGEST_STATE or not set(body["changeType"].split(",")) <= _CHANGES:
            raise Refused(400, "InvalidRequest")
        self.place_of(body["resource"])
        for url in (body["notificationUrl"], body["lifecycleNotificationUrl"]):
            self._try(url)
        made = str(UUID(int=next(self.directory.ids), version=4))
        self.known[made] = {"id": made, **body}
        return 201, _public(self.known[made])

    def renewed(self, subscription: str, body: Mapping[str, Any]) -> Answer:
        """`PATCH /subscriptions/{id}`."""
        self._check_end(body["expirationDateTime"])
        self._one(subscription)["expirationDateTime"] = body["expirationDateTime"]
        return 200, _public(self.known[subscription])

    def deleted(self, subscription: str) -> Answer:
        """`DELETE /subscriptions/{id}`."""
        del self.known[self._one(subscription)["id"]]
        return 204, None

    def lifecycle(self, event: str) -> list[WebhookRequest]:
        """Tell every subscription of its own life: subscriptionRemoved, reauthorizationRequired or missed."""
        found = [
            self._note(one, {"lifecycleEvent": event}, url="lifecycleNotificationUrl") for one in self.known.values()
        ]
        if event == "subscriptionRemoved":
            self.known.clear()
        self._send(found)
        return found

    def _one(self, subscription: str) -> dict[str, Any]:
        if subscription not in self.known:
            raise Refused(404, "ResourceNotFound", "The object was not found.")
        return self.known[subscription]

    def _check_end(self, text: str) -> None:
        end, now = moment(text), self.clock()
        if not now < end <= now + _LONGEST:
            raise Refused(400, "InvalidRequest", "Subscription expiration can only be 4230 minutes in the future.")

    def _try(self, url: str) -> None:
        token = f"Validation: Testing client application reachability for subscription Request-Id: {next(self.directory.ids)}"
        self.tried.append(trial(url, token))
        try:
            answer = self.post(self.tried[-1])
        except httpx.HTTPError:
            raise Refused(400, "ValidationError", "Subscription validation request failed.") from None
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if (answer.status_code, kind, answer.text) != (200, "text/plain", token):
            raise Refused(400, "ValidationError", "Subscription validation request failed.")

    def _tell(self, mailbox: Mailbox, calendar: Calendar, event: Event, change: str) -> None:
        """Hears of every change; a subscription that is over by the clock hears no more."""
        found = []
        for one in self.known.values():
            watched, of = self.place_of(one["resource"])
            if watched is mailbox and of is calendar and change in one["changeType"].split(",") and self._lives(one):
                path = f"Users/{mailbox.address}/Events/{event.id}"
                data = {"@odata.type": "#Microsoft.Graph.Event", "@odata.id": path, "id": event.id}
                found.append(self._note(one, {"changeType": change, "resource": path, "resourceData": data}))
        self._send(found)

    def _lives(self, one: Mapping[str, Any]) -> bool:
        return self.clock() < moment(one["expirationDateTime"])

    def _note(self, one: Mapping[str, Any], said: Mapping[str, Any], url: str = "notificationUrl") -> WebhookRequest:
        note = {
            "subscriptionId": one["id"],
            "subscriptionExpirationDateTime": one["expirationDateTime"],
            "clientState": one["clientState"],
            "tenantId": TENANT_ID,
            **said,
        }
        body = json.dumps({"value": [note]}).encode()
        return WebhookRequest(method="POST", url=one[url], headers={"content-type": "application/json"}, body=body)

    def _send(self, notes: list[WebhookRequest]) -> None:
        self.pushed += notes
        for note in notes if self.delivers else ():
            try:
                self.post(note)
            except httpx.HTTPError:
                continue  # Graph would try again for four hours; the host's poll catches up


_CHANGES = frozenset({"created", "updated", "deleted"})


def _public(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "clientState"}


def trial(callback: str, token: str) -> WebhookRequest:
    """What is sent to a callback before it is told anything: its answer is the token, in plain text."""
    query = urlencode({"validationToken": token})
    joined = "&" if "?" in callback else "?"
    headers = {"content-type": "text/plain; charset=utf-8"}
    return WebhookRequest(method="POST", url=f"{callback}{joined}{query}", headers=headers, body=b"")

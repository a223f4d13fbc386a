"""Channels of the fake: calls about changes, without a body, until the channel's time is over.

Source: developers.google.com/calendar/api/guides/push.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pointsman_google.fake.resources import READERS, Calendar, Numbers
from pointsman_google.fake.wire import Asked, Refused, not_found
from pointsman_sdk import WebhookRequest

_LONGEST = timedelta(days=30)
_USUAL = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class Channel:
    """One channel, and how many calls it made."""

    id: str
    calendar: str
    resource: str
    address: str
    token: str
    ends: datetime
    calls: int = 0


@dataclass(slots=True, kw_only=True)
class Channels:
    """All channels. `pushed` are the calls that were made; where `loses` is set, none is, and no one hears of it.

    `post` brings a call to the host: `pointsman_sdk.fakes.TwoWayTransport` has one.
    """

    clock: Callable[[], datetime]
    numbers: Numbers
    unwatchable: set[str] = field(default_factory=set)  # calendars that Google does not push, such as public holidays
    unproven: set[str] = field(default_factory=set)  # addresses that Google does not call for this project
    longest: timedelta = _LONGEST
    loses: bool = False
    open: dict[str, Channel] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    pushed: list[WebhookRequest] = field(default_factory=list)
    post: Callable[[WebhookRequest], httpx.Response] | None = None

    def watch(self, asked: Asked, calendar: Calendar) -> dict[str, Any]:
        """Serve `events/watch`. The first call, `sync`, is made at once."""
        calendar.check(asked.user, READERS)
        body, now = asked.body, self.clock()
        if calendar.id in self.unwatchable:
            raise Refused(400, "pushNotSupportedForRequestedResource", "Push notifications are not supported.")
        if body.get("address") in self.unproven:
            raise Refused(401, "push.webhookUrlUnauthorized", "Unauthorized WebHook callback channel")
        if not str(body.get("address", "")).startswith("https://"):
            raise Refused(400, "push.webhookUrlNotHttps", "WebHook callback must be HTTPS")
        if body.get("type") not in ("web_hook", "webhook") or not body.get("id") or len(body["id"]) > 64:
            raise Refused(400, "required", "Required")
        if body["id"] in self.used:
            raise Refused(400, "channelIdNotUnique", "Channel id not unique")
        wanted = body.get("expiration")
        ends = now + _USUAL if wanted is None else datetime.fromtimestamp(int(wanted) / 1000, tz=UTC)
        if ends <= now:
            raise Refused(400, "invalid", "Invalid expiration")
        channel = Channel(
            id=body["id"],
            calendar=calendar.id,
            resource=self.numbers.id("r"),
            address=body["address"],
            token=body.get("token", ""),
            ends=min(ends, now + self.longest),
        )
        self.used.add(channel.id)
        self.open[channel.id] = channel
        self._call(channel, "sync")
        return {
            "kind": "api#channel",
            "id": channel.id,
            "resourceId": channel.resource,
            "resourceUri": _uri(channel),
            "token": channel.token,
            "expiration": str(int(channel.ends.timestamp() * 1000)),
        }

    def stop(self, asked: Asked) -> None:
        """Serve `channels/stop`."""
        channel = self.open.get(str(asked.body.get("id")))
        if channel is None or channel.resource != asked.body.get("resourceId") or self._is_over(channel):
            raise not_found()
        del self.open[channel.id]

    def heard(self, calendar: Calendar) -> None:
        """Call those who watch the calendar: it changed."""
        for channel in self.open.values():
            if channel.calendar == calendar.id and not self._is_over(channel):
                self._call(channel, "exists")

    def _is_over(self, channel: Channel) -> bool:
        return self.clock() >= channel.ends

    def _call(self, channel: Channel, state: str) -> None:
        channel.calls += 1
        if self.loses:
            return
        headers = {
            "x-goog-channel-id": channel.id,
            "x-goog-channel-token": channel.token,
            "x-goog-channel-expiration": f"{channel.ends.astimezone(UTC):%a, %d %b %Y %H:%M:%S GMT}",
            "x-goog-resource-id": channel.resource,
            "x-goog-resource-uri": _uri(channel),
            "x-goog-resource-state": state,
            "x-goog-message-number": str(channel.calls),
        }
        self.pushed.append(WebhookRequest(method="POST", url=channel.address, headers=headers, body=b""))
        if self.post is not None:
            with suppress(httpx.TransportError):  # Google tries again for a while, and gives up
                self.post(self.pushed[-1])


def _uri(channel: Channel) -> str:
    return f"https://www.googleapis.com/calendar/v3/calendars/{channel.calendar}/events?alt=json"

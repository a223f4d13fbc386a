"""Google Calendar and Microsoft 365 as processes of their own, read as `memory_vendor` reads its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from memory_vendor import Standing, Vendor, moment, tempered

from pointsman_google.events import KEY, SEQUENCE
from pointsman_google.fake import GoogleVendor
from pointsman_microsoft.events import KEY as KEY_PROPERTY
from pointsman_microsoft.events import STATE, State
from pointsman_microsoft.fake import GraphVendor
from pointsman_microsoft.graph.times import instant
from pointsman_sdk.fakes import FakeServer

DOMAIN = "example.com"
_OFFICE = f"anna@{DOMAIN}"  # who signs in at Google


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a vendor wrote to somebody about an event. `text` is all that they were shown."""

    to: str
    calls_off: bool
    start: datetime
    text: str


def google() -> FakeServer:
    """What uvicorn serves: one user, with whom all calendars are shared."""
    return tempered(GoogleVendor(user=_OFFICE))


def microsoft() -> FakeServer:
    """What uvicorn serves: every mailbox of the domain is there, and the app may use it."""
    vendor = GraphVendor()
    vendor.directory.grows = DOMAIN
    vendor.subscriptions.delivers = True
    return tempered(vendor)


class Google(Vendor):
    """A user signs in, with whom the closers' calendars are shared."""

    connector, serves = "google", "calendar_fakes:google"

    def config(self, *, signs_in: bool) -> dict[str, Any]:
        assert signs_in, "only a user signs in here"
        client = {"client_id": "google-client", "client_secret": "google-client-secret"}
        sign_in = {"authorize_url": f"{self.url}/o/oauth2/v2/auth", "token_url": f"{self.url}/token"}
        return {"url": f"{self.url}/calendar/v3", **sign_in, **client}

    def calendar(self, closer: str) -> str:
        name = f"{closer}@{DOMAIN}"
        self._http.put(f"/_fake/calendars/{name}", json={"roles": {_OFFICE: "writer"}}).raise_for_status()
        return name

    def standing(self) -> list[Standing]:
        return [
            Standing(
                key=own[KEY],
                calendar=_closer(name),
                sequence=int(own[SEQUENCE]),
                start=moment(one["start"]["dateTime"]),
                link=_links(one.get("location"), one.get("hangoutLink")),
            )
            for name, events in self.items()["events"].items()
            for one in events
            if one["status"] != "cancelled" and KEY in (own := one.get("extendedProperties", {}).get("private", {}))
        ]

    def letters(self) -> list[Letter]:
        """In the order in which they went out."""
        return [
            Letter(
                to=one["to"],
                calls_off=one["seen"].get("status") == "cancelled" or one["to"] not in _guests(one["seen"]),
                start=moment(one["seen"]["start"]["dateTime"]),
                text=json.dumps(one["seen"], sort_keys=True),
            )
            for one in self.items()["mailed"]
        ]


class Microsoft(Vendor):
    """The app itself signs in, and uses every mailbox."""

    connector, serves = "microsoft", "calendar_fakes:microsoft"

    def config(self, *, signs_in: bool) -> dict[str, Any]:
        assert not signs_in, "no person signs in here"
        client = {"client_id": "graph-client", "client_secret": "graph-client-secret", "mailbox": _OFFICE}
        return {
            "permission": "application",
            "tenant": DOMAIN,
            "url": f"{self.url}/v1.0",
            "login_url": self.url,
            **client,
        }

    def calendar(self, closer: str) -> str:
        return f"{closer}@{DOMAIN}"

    def standing(self) -> list[Standing]:
        return [
            Standing(
                key=own[KEY_PROPERTY],
                calendar=_closer(name),
                sequence=_sequence(own),
                start=instant(one["start"]),
                link=_links(one["location"].get("displayName"), (one["onlineMeeting"] or {}).get("joinUrl")),
            )
            for name, events in self.items()["events"].items()
            for one in events
            if not one["isCancelled"] and KEY_PROPERTY in (own := one["properties"])
        ]

    def letters(self) -> list[Letter]:
        """In the order in which they went out."""
        return [
            Letter(
                to=to,
                calls_off=seen["method"] == "cancel",
                start=instant(seen["start"]).astimezone(UTC),
                text=json.dumps(seen, sort_keys=True),
            )
            for to, seen in self.items()["mailed"]
        ]


def _guests(seen: Mapping[str, Any]) -> set[str]:
    """Who takes part: one who did before, and is written to, is told that they do not any more."""
    return {guest.get("email", "") for guest in seen.get("attendees", ())}


def _closer(calendar: str) -> str:
    return calendar.removesuffix(f"@{DOMAIN}")


def _sequence(own: Mapping[str, str]) -> int:
    found = State.read(own.get(STATE)).sequence
    return -1 if found is None else found


def _links(*found: str | None) -> str | None:
    """All links by which somebody could join; there should be one."""
    return " and ".join(sorted({one for one in found if one})) or None

"""The fake of HubSpot as the conformance kit wants to see it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from pointsman_hubspot import HubSpotConfig
from pointsman_hubspot.api.client import is_write
from pointsman_hubspot.api.shape import instant
from pointsman_hubspot.fake import Description, HubSpotVendor
from pointsman_hubspot.fake.records import Row as Record
from pointsman_hubspot.meetings import OUTCOMES
from pointsman_hubspot.ours import KEY
from pointsman_sdk import Capability, Contact, Event, Reply, Slot, Token, WebhookRequest
from pointsman_sdk.testing import NOW, Issued, Row

API = {"url": "https://api.hubapi.example", "app_url": "https://app.hubspot.example"}
BY_TOKEN = HubSpotConfig.model_validate(
    {**API, "token": "pat-na1-s3cret-token", "webhook_secret": "s3cret-app-secret", "tasks": True}
)
SIGNED_IN = HubSpotConfig.model_validate({**API, "client_id": "hubspot-client", "client_secret": "s3cret-app-secret"})
LEGACY = BY_TOKEN.model_copy(update={"version": "v3"})

KINDS = {
    Capability.PEOPLE: "contacts",
    Capability.ACCOUNTS: "companies",
    Capability.ACTIVITIES: "meetings",
    Capability.TASKS: "tasks",
}
_TITLES = {Capability.ACTIVITIES: "hs_meeting_title", Capability.TASKS: "hs_task_subject"}
_NOTES = {
    Capability.PEOPLE: "jobtitle",
    Capability.ACCOUNTS: "description",
    Capability.ACTIVITIES: "hs_activity_type",
    Capability.TASKS: "hs_task_priority",
}
#: A task's priority is one of a few: the kit's notes are two of them here.
_PRIORITIES = {"bring the contract": "HIGH", "moved to room 4": "LOW"}
_STATUSES = {outcome: status.value for status, outcome in OUTCOMES.items()}


def writes(request: httpx.Request) -> bool:
    """Whether a request changes something: HubSpot is asked by POST, too."""
    return is_write(request.method, request.url.path.strip("/").split("/"))


class BenchVendor:
    """An account with five owners and one list, in pages of two; requests are judged where the environment names descriptions."""

    user, user_email = "71", "anna@example.com"
    programme, lost = "17", "99"

    def __init__(self, *, plain: bool = False) -> None:
        self.inner = HubSpotVendor(
            token="pat-na1-s3cret-token",
            app_secret="s3cret-app-secret",
            clock=lambda: NOW,
            page_size=2,
            description=Description.from_environment(),
        )
        if plain:
            self.inner.properties.refuse_unique |= {"meetings", "tasks"}
        self.inner.add_list(self.programme)
        self.transport: httpx.AsyncBaseTransport = self.inner.transport
        self.issued = Issued()
        self._known: str | None = None

    # -- what is kept

    def rows(self, kind: Capability) -> Sequence[Row]:
        if kind is Capability.PROGRAMMES:
            members = self.inner.lists.lists[self.programme].members
            return [Row(text=self.inner.records.require("contacts", one).values["email"]) for one in members]
        return [self._row(kind, row) for row in self._own(kind)]

    def erase(self, kind: Capability) -> None:
        if kind is Capability.PROGRAMMES:
            self.inner.lists.lists[self.programme].members.clear()
            return
        for row in self._own(kind):
            self.inner.archive(row.kind, row.id)

    def annotate(self, kind: Capability, note: str) -> bool:
        for row in self._own(kind):
            self.inner.edit(
                row.kind, row.id, **{_NOTES[kind]: _PRIORITIES.get(note, note) if kind is Capability.TASKS else note}
            )
        return True

    def gone(self, kind: Capability) -> str | None:
        return self.lost if kind is Capability.PROGRAMMES else None

    def _own(self, kind: Capability) -> list[Record]:
        rows = self.inner.records.rows[KINDS[kind]].values()
        return [one for one in rows if not one.archived and one.values.get(KEY)]

    def _row(self, kind: Capability, row: Record) -> Row:
        values = row.values
        named = " ".join(values[one] for one in ("firstname", "lastname", "name") if one in values)
        note = values.get(_NOTES[kind], "")
        told = {short: long for long, short in _PRIORITIES.items()} if kind is Capability.TASKS else {}
        return Row(
            text=values.get(_TITLES.get(kind, ""), named),
            slot=_slot(values),
            owner=values.get("hubspot_owner_id"),
            status=_STATUSES.get(values.get("hs_meeting_outcome", "")),
            guest_text=values.get("hs_meeting_body", ""),
            note=told.get(note, note),
        )

    # -- records

    def person(self) -> str:
        if self._known is None:
            self._known = self.inner.add("contacts", email="known@example.com").id
        return self._known

    # -- intake

    def hook(self, contacts: Sequence[Contact], *, age_seconds: int = 0) -> WebhookRequest:
        """A new contact is told by its creation, one that is there by its stage."""
        self.inner.hooks.waiting.clear()
        for contact in contacts:
            there = self.inner.records.by("contacts", "email", contact.email)
            if there is None:
                self.inner.add("contacts", email=contact.email, lastname=contact.name)
            else:
                self.inner.edit("contacts", there.id, lifecyclestage="salesqualifiedlead")
        waiting, self.inner.hooks.waiting = self.inner.hooks.waiting, []
        return self.inner.hooks.hook(waiting, now=NOW - timedelta(seconds=age_seconds))

    def ahead(self, event: Event) -> Event | None:
        return replace(event, key="ahead-1", occurred_at=NOW + timedelta(minutes=1))

    def handshakes(self) -> Mapping[str, tuple[WebhookRequest, Reply]]:
        return {}  # HubSpot tries no address

    # -- tokens

    def issue(self) -> Token:
        access, refresh = self.inner.oauth.sign_in()
        token = Token(access=SecretStr(access), refresh=SecretStr(refresh), expires_at=NOW + timedelta(minutes=30))
        self.issued.tokens.append(token)
        return token

    def expire(self) -> None:
        self.inner.oauth.expire()


def _slot(values: Mapping[str, Any]) -> Slot | None:
    if "hs_meeting_start_time" not in values:
        return None
    return Slot(instant(values["hs_meeting_start_time"]), instant(values["hs_meeting_end_time"]))

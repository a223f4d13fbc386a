"""The demo's CRM on this machine: who and what is in it before the demo begins, and what it holds at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from pointsman.demo.api import ApiClient
from pointsman.demo.files import load_yaml
from pointsman.local.fake_vendor import FakeVendor
from pointsman.local.plain_http import NO_AUTHORITIES

_CONTACTS, _OWNERS = "/crm/v3/properties/contacts", "/crm/v3/owners"
#: What a contact has from its first day; everything else that a letter tells of it is written by people later.
_OF_A_NEW_CONTACT = ("email", "firstname", "lastname", "phone", "jobtitle", "country", "lifecyclestage")
_MOST_OWNERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMeeting:
    """A meeting on a contact's record; `outcome` in the CRM's words."""

    start: datetime
    end: datetime
    owner: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoContact:
    """A contact as the CRM has it: its owner's address, where it has one, and what the connection's `record` says of it."""

    lead: str
    owner: str | None
    stage: str
    gate: str
    meetings: Sequence[DemoMeeting]


class DemoCrm:
    """The fake, asked as its people do in its pages, and as an app of theirs does."""

    def __init__(self, fake: FakeVendor) -> None:
        self._wanted = load_yaml("floor.yaml")["crm"]
        self._fake = fake

    def connect(self, api: ApiClient, reps: Sequence[Mapping[str, Any]]) -> None:
        """Have every rep as a user there and the house's own properties, and connect it; anew at each start."""
        with self._client() as client:
            known = {one["email"] for one in self._users(client)}
            for rep in (rep for rep in reps if rep["email"] not in known):
                first, _, last = rep["name"].partition(" ")
                body = {"email": rep["email"], "first_name": first, "last_name": last}
                client.post("/_fake/owners", json=body).raise_for_status()
            group = {"name": "routing", "label": "Routing"}
            _make(client, f"{_CONTACTS}/groups", group)
            for name in (*self._wanted["record"].values(), *self._wanted["properties"]):
                kind = {"type": "string", "fieldType": "text", "groupName": group["name"]}
                _make(client, _CONTACTS, {"name": name, "label": name.replace("_", " ").capitalize(), **kind})
        connection, at = self._wanted["connection"], self._fake.url
        config = {"token": self._wanted["token"], "url": at, "app_url": at, "calls_in_ten_seconds": 190}
        body = {"connector": connection["connector"], "sync_owners": True, "record": self._wanted["record"]}
        api.call("PUT", f"/v1/connections/{connection['key']}", {**body, "config": config})

    def sends(self, intake: str) -> bool:
        """Whether this intake's letters come from the CRM."""
        return intake in self._wanted["sends_to"]

    def letter(self, written: bytes) -> bytes:
        """The webhook that a workflow of the CRM sends of a contact, with the contact as it is there by now."""
        told = httpx.Response(200, content=written).json()
        values = {name: one["value"] for name, one in told["properties"].items()}
        marks = {name: value for name, value in values.items() if name in self._wanted["properties"]}
        with self._client() as client:
            found = self._contact(client, values["email"])
            if found is None:
                new = {name: values[name] for name in _OF_A_NEW_CONTACT if name in values}
                found = client.post("/_fake/contacts", json=new).raise_for_status().json()
            missing = {name: value for name, value in marks.items() if not found.get(name)}
            if missing:  # what a person wrote since then stays
                change = {**missing, "lifecyclestage": values["lifecyclestage"]}
                client.patch(f"/_fake/contacts/{found['id']}", json=change).raise_for_status()
        number = int(found["id"])
        page = str(told["profile-url"]).rpartition("/")[0]
        return json.dumps({**told, "vid": number, "canonical-vid": number, "profile-url": f"{page}/{number}"}).encode()

    def records(self) -> list[DemoContact]:
        """The contacts that Pointsman told of, by name, read past everything that Pointsman does."""
        fields = self._wanted["record"]
        with self._client() as client:
            owners = {one["id"]: one["email"] for one in self._users(client)}
            held = self._held(client)
        owner = self._wanted["owner"]
        meetings = {one["id"]: _meeting(one, owners.get(one.get(owner), "")) for one in held["meetings"]}
        found = [
            DemoContact(
                lead=" ".join(filter(None, (one.get("firstname"), one.get("lastname")))) or one["email"],
                owner=owners.get(one.get(owner)),
                stage=one.get(fields["stage"], ""),
                gate=one.get(fields["gate"], ""),
                meetings=[meetings[name] for name in one["links"].get("meetings", ()) if name in meetings],
            )
            for one in held["contacts"]
            if one.get("pointsman_key")
        ]
        return sorted(found, key=lambda one: one.lead)

    @property
    def items_url(self) -> str:
        """Where a person reads all that stands there."""
        return f"{self._fake.url}/_control/items"

    def _users(self, client: httpx.Client) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        asked = {"limit": str(_MOST_OWNERS)}
        while True:
            page = client.get(_OWNERS, params=asked).raise_for_status().json()
            found += page["results"]
            after = page.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return found
            asked |= {"after": after}

    def _held(self, client: httpx.Client) -> dict[str, list[dict[str, Any]]]:
        held: dict[str, list[dict[str, Any]]] = client.get("/_control/items").raise_for_status().json()
        return held

    def _contact(self, client: httpx.Client, email: str) -> dict[str, Any] | None:
        return next((one for one in self._held(client)["contacts"] if one.get("email") == email), None)

    def _client(self) -> httpx.Client:
        signed = {"Authorization": f"Bearer {self._wanted['token']}"}
        return httpx.Client(base_url=self._fake.url, headers=signed, timeout=10, trust_env=False, verify=NO_AUTHORITIES)


def _make(client: httpx.Client, path: str, body: Mapping[str, str]) -> None:
    """What is there already stays."""
    answer = client.post(path, json=body)
    if answer.status_code != httpx.codes.CONFLICT:
        answer.raise_for_status()


def _meeting(found: Mapping[str, Any], owner: str) -> DemoMeeting:
    return DemoMeeting(
        start=datetime.fromisoformat(found["hs_meeting_start_time"]),
        end=datetime.fromisoformat(found["hs_meeting_end_time"]),
        owner=owner,
        outcome=found.get("hs_meeting_outcome", ""),
    )

"""What the demo plays on this machine: a vendor with one closer's calendar, and a mailbox for what buyers get."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from pointsman.demo.api import ApiClient
from pointsman.demo.calendars import DemoCalendarEntry
from pointsman.demo.files import load_yaml
from pointsman.local.calendar_server import HOST
from pointsman.local.fake_vendor import FakeVendor
from pointsman.local.plain_http import NO_AUTHORITIES

_KEY = "pointsman_key"  # the event's property with our key


@dataclass(frozen=True, slots=True)
class DemoVendors:
    """Both fakes of one state folder."""

    calendars: FakeVendor
    mail: FakeVendor

    @classmethod
    def of(cls, state: Path) -> "DemoVendors":
        floor = load_yaml("floor.yaml")
        vendor, mail = floor["vendor"], floor["mail"]
        return cls(
            calendars=FakeVendor(state / "vendor", vendor["connection"]["connector"], (vendor["port"],)),
            mail=FakeVendor(state / "mail", mail["connection"]["connector"], tuple(mail["ports"])),
        )

    def start(self) -> None:
        """Run both. They have to run before the service does, as the calendar server."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(FakeVendor.start, (self.calendars, self.mail)))

    def stop(self) -> None:
        self.calendars.stop()
        self.mail.stop()


def vendor_owners() -> list[str]:
    """The reps whose calendars are at the fake vendor."""
    return list(load_yaml("floor.yaml")["vendor"]["owners"])


def connect_mail(api: ApiClient, vendors: DemoVendors, wanted: Mapping[str, Any], organisation: str) -> None:
    """Connect the mailbox, anew at each start, since its port may be another."""
    config = {
        "host": HOST,
        "port": vendors.mail.port,
        "security": "none",
        "sender": wanted["sender"],
        "sender_name": organisation,
    }
    _connect(api, wanted["connection"], config)


def connect_calendars(
    api: ApiClient, vendors: DemoVendors, wanted: Mapping[str, Any], reps: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Have the owners' calendars there, and connect it; each calendar by its owner."""
    owners = {rep["key"]: rep for rep in reps if rep["key"] in wanted["owners"]}
    acting = owners[wanted["owners"][0]]["email"]
    at = vendors.calendars.url
    with _client() as client:
        client.put(f"{at}/_fake/user", json={"email": acting}).raise_for_status()
        for rep in owners.values():
            facts = {"summary": rep["name"], "zone": rep["time_zone"]}
            client.put(f"{at}/_fake/calendars/{rep['email']}", json=facts).raise_for_status()
        key = client.get(f"{at}/_fake/service-account-key").raise_for_status().json()["key"]
    addresses = {name: f"{at}{path}" for name, path in wanted["addresses"].items()}
    config = {"service_account_key": key, "acting_as": acting, **addresses}
    _connect(api, wanted["connection"], config)
    return {owner: rep["email"] for owner, rep in owners.items()}


def read_vendor_entries(vendors: DemoVendors) -> list[DemoCalendarEntry]:
    """What stands in the owners' calendars at the fake vendor, read past everything that Pointsman does."""
    addresses = {rep["email"]: rep["key"] for rep in load_yaml("floor.yaml")["reps"]}
    with _client() as client:
        calendars = client.get(f"{vendors.calendars.url}/_control/items").raise_for_status().json()["events"]
    return [
        DemoCalendarEntry(
            owner=addresses[name],
            uid=event.get("extendedProperties", {}).get("private", {}).get(_KEY, event["id"]),
            start=datetime.fromisoformat(event["start"]["dateTime"]),
            end=datetime.fromisoformat(event["end"]["dateTime"]),
            title=event.get("summary", ""),
            description=event.get("description", ""),
        )
        for name, events in calendars.items()
        if addresses.get(name) in vendor_owners()
        for event in events
        if event["status"] != "cancelled"
    ]


def _connect(api: ApiClient, connection: Mapping[str, str], config: Mapping[str, Any]) -> None:
    body = {"connector": connection["connector"], "config": config}
    api.call("PUT", f"/v1/connections/{connection['key']}", body)


def _client() -> httpx.Client:
    return httpx.Client(timeout=10, trust_env=False, verify=NO_AUTHORITIES)

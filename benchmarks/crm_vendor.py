"""HubSpot as a process of its own, whose webhooks come doubled and out of order, read as `memory_vendor` reads its own."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from memory_vendor import Vendor, tempered

from pointsman_hubspot.fake import BackgroundPost, HubSpotVendor
from pointsman_sdk.fakes import FakeServer

INDEX_LAGS = timedelta(seconds=30)
Row = Mapping[str, Any]


def hubspot() -> FakeServer:
    """What uvicorn serves: an account whose app tells of our own writes, too, once it knows where to."""
    vendor = HubSpotVendor(lag=INDEX_LAGS)
    vendor.hooks.callback, vendor.hooks.post = "", BackgroundPost()
    vendor.hooks.doubled = vendor.hooks.shuffled = True
    return tempered(vendor)


class HubSpot(Vendor):
    """A person signs in to an app, which sends webhooks as well."""

    connector, serves = "hubspot", "crm_vendor:hubspot"

    def config(self, *, signs_in: bool) -> dict[str, Any]:
        assert signs_in, "only a user signs in here"
        client = {"client_id": "hubspot-client", "client_secret": "hubspot-app-secret"}
        return {"url": self.url, "app_url": self.url, "calls_in_ten_seconds": 250, "properties": "city", **client}

    def tell(self, callback: str) -> None:
        """Webhooks go there from now on."""
        self._http.put("/_fake/webhooks", json={"callback": callback}).raise_for_status()

    def owner(self, email: str) -> str:
        """A user, by the id of an owner, is there from now on."""
        found = self._http.post("/_fake/owners", json={"email": email, "first_name": email, "last_name": "Seller"})
        return str(found.raise_for_status().json()["id"])

    def add_contact(self, **values: str) -> str:
        """A lead fills in a form; the faults must be off."""
        return str(self._http.post("/_fake/contacts", json=values).raise_for_status().json()["id"])

    def meetings(self, items: Mapping[str, Any]) -> Mapping[str, list[Row]]:
        """By the contact whose record they stand on."""
        found = defaultdict[str, list[Row]](list)
        for one in items["meetings"]:
            for contact in one["links"].get("contacts", ()):
                found[str(contact)].append(one)
        return found

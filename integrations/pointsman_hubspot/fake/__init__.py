"""HubSpot as a fake: it keeps what it is told as HubSpot does, and fails as HubSpot does.

uvicorn --factory pointsman_hubspot.fake:served --port 8429
"""

from datetime import timedelta

from pointsman_hubspot.fake.catalogue import Owner
from pointsman_hubspot.fake.description import Description
from pointsman_hubspot.fake.hooks import Hooks, Subscription
from pointsman_hubspot.fake.posting import BackgroundPost
from pointsman_hubspot.fake.vendor import HubSpotVendor
from pointsman_sdk.fakes import FakeServer

__all__ = ["BackgroundPost", "Description", "Hooks", "HubSpotVendor", "Owner", "Subscription", "served"]

INDEX_LAGS = timedelta(seconds=30)


def served() -> FakeServer:
    """A fake without faults, with a contact and a list, whose webhooks go out once it knows a callback.

    Its index lags by as much as thirty seconds. Requests are judged by the descriptions that the environment names.
    """
    vendor = HubSpotVendor(description=Description.from_environment(), lag=INDEX_LAGS)
    vendor.hooks.callback = ""
    vendor.hooks.post = BackgroundPost()
    vendor.add_list("17")
    vendor.add("contacts", email="ada@example.com", firstname="Ada", lastname="Lovelace", hubspot_owner_id="71")
    return FakeServer(vendor)

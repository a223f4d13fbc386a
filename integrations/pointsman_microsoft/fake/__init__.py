"""A fake of Microsoft 365: the used part of Graph and of its sign-in, with mailboxes that are kept in memory.

uvicorn --factory pointsman_microsoft.fake:served --port 8426
"""

from pointsman_microsoft.fake.vendor import GraphVendor
from pointsman_sdk.fakes import FakeServer

__all__ = ["GraphVendor", "served"]


def served() -> FakeServer:
    """A directory without faults, which calls callbacks. Its addresses are `/v1.0` (url) and the server itself (login_url).

    It is that of the tenant example.com, of which every mailbox is there as soon as it is asked for.
    """
    vendor = GraphVendor()
    vendor.directory.grows = "example.com"
    vendor.subscriptions.delivers = True
    return FakeServer(vendor)

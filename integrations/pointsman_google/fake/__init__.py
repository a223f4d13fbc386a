"""Google Calendar as a fake: it keeps what it is told as Google does, and fails as Google does.

uvicorn --factory pointsman_google.fake:served --port 8427
"""

from pointsman_google.fake.description import Description
from pointsman_google.fake.resources import Calendar
from pointsman_google.fake.vendor import GoogleVendor
from pointsman_sdk.fakes import FakeServer

__all__ = ["Calendar", "Description", "GoogleVendor", "served"]


def served() -> FakeServer:
    """A fake without faults, with one user, who signs in. Requests are judged by the description that the environment names."""
    vendor = GoogleVendor(description=Description.from_environment())
    vendor.calendar(vendor.user)
    return FakeServer(vendor)

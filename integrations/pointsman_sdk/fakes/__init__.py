"""What fakes of vendors have in common: a server, faults by a plan, a ledger of calls, and sign-in by OAuth 2.

A fake keeps what it is told as its vendor does, and is reached over HTTP by all processes of a host, or inside one process.
"""

from pointsman_sdk.fakes.faults import Fault, FaultPlan, Rates, Turn, promised, too_many_calls
from pointsman_sdk.fakes.keeping import Keeps, KeptFile
from pointsman_sdk.fakes.ledger import Call, CallLedger
from pointsman_sdk.fakes.oauth import OAuthServer, Rotation
from pointsman_sdk.fakes.refusal_page import refusal_page
from pointsman_sdk.fakes.server import FakeServer, FakeVendor
from pointsman_sdk.fakes.two_ways import TwoWayTransport

__all__ = [
    "Call",
    "CallLedger",
    "FakeServer",
    "FakeVendor",
    "Fault",
    "FaultPlan",
    "Keeps",
    "KeptFile",
    "OAuthServer",
    "Rates",
    "Rotation",
    "Turn",
    "TwoWayTransport",
    "promised",
    "refusal_page",
    "too_many_calls",
]

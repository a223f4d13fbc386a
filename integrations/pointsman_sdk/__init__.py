"""Everything the author of a connector imports. `pointsman_sdk.http`, `.readers`, `.signatures` and `.testing` come apart.

It is a distribution of its own, `pointsman-sdk`, so that an author does not install the service. So is its version: it rises with
what authors see, and its first number is the contract, so that `pointsman-sdk>=1,<2` says which one a connector was written for.
"""

from pointsman_sdk.calendar import Booking, BookingRequest, Calendar
from pointsman_sdk.connector import PROTOCOLS, Connector, implemented
from pointsman_sdk.context import Context, NoTokens, Token, Tokens
from pointsman_sdk.crm import Company, Crm, Kind, Meeting, Record, User
from pointsman_sdk.errors import AmbiguousOutcome, ConnectorError, ReauthRequired, Rejected, Retryable, SlotTaken
from pointsman_sdk.intake import IncomingLead, Intake, WebhookRequest
from pointsman_sdk.keys import check_key
from pointsman_sdk.manifest import CONTRACT, Auth, Capability, Manifest, Method
from pointsman_sdk.notify import Notice, Notify
from pointsman_sdk.nurture import Enrolment, Nurture
from pointsman_sdk.people import Contact, check_email
from pointsman_sdk.slots import Slot

__version__ = "1.0.0"

__all__ = [
    "CONTRACT",
    "PROTOCOLS",
    "AmbiguousOutcome",
    "Auth",
    "Booking",
    "BookingRequest",
    "Calendar",
    "Capability",
    "Company",
    "Connector",
    "ConnectorError",
    "Contact",
    "Context",
    "Crm",
    "Enrolment",
    "IncomingLead",
    "Intake",
    "Kind",
    "Manifest",
    "Meeting",
    "Method",
    "NoTokens",
    "Notice",
    "Notify",
    "Nurture",
    "ReauthRequired",
    "Record",
    "Rejected",
    "Retryable",
    "Slot",
    "SlotTaken",
    "Token",
    "Tokens",
    "User",
    "WebhookRequest",
    "check_email",
    "check_key",
    "implemented",
]

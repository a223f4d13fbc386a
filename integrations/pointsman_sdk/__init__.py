"""Everything the author of a connector imports. `pointsman_sdk.http` and `pointsman_sdk.testing` come apart."""

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

"""Everything the author of a connector imports. `pointsman_sdk.http`, `.readers`, `.signatures` and `.testing` come apart.

It is a distribution of its own, `pointsman-sdk`, so that an author does not install the service. So is its version: it rises with
what authors see, and its first number is the contract, so that `pointsman-sdk>=2,<3` says which one a connector was written for.
"""

from pointsman_sdk.abilities.calendars import (
    Busy,
    BusyTime,
    BusyTimes,
    CalendarInfo,
    CalendarRef,
    Calendars,
    Unreadable,
)
from pointsman_sdk.abilities.directory import Field, Fields, FieldType, Owners, Prepared, RecordKind, User, WantedField
from pointsman_sdk.abilities.intake import Arrival, Event, Intake, Missed, Reply
from pointsman_sdk.abilities.watches import Changes, Watch, Watches
from pointsman_sdk.addresses import check_address, check_base_address
from pointsman_sdk.connector import PROTOCOLS, Connector, Paced, Subjects, implemented, limits_of, subject_of
from pointsman_sdk.context import (
    MOST_MEMORY,
    Context,
    Dial,
    Memory,
    NoMemory,
    NoTokens,
    Quota,
    Remembered,
    Renew,
    Token,
    Tokens,
    no_dial,
)
from pointsman_sdk.errors import (
    AmbiguousOutcome,
    ConnectorError,
    GuestsRefused,
    PlaceGone,
    ReauthRequired,
    Rejected,
    Retryable,
    Scope,
    SlotTaken,
)
from pointsman_sdk.keys import check_key
from pointsman_sdk.kinds.activities import Activities, Activity, ActivityStatus
from pointsman_sdk.kinds.appointments import CREATE_MEETING, Appointment, Appointments, Invites
from pointsman_sdk.kinds.outreach import Attachment, Membership, Notice, Notices, Programmes, Task, Tasks
from pointsman_sdk.kinds.people import Accounts, AccountState, People, PersonBy, PersonState
from pointsman_sdk.manifest import CONTRACT, Auth, Capability, ClientAuth, Limits, Manifest, Method, Per
from pointsman_sdk.pages import Page, all_items
from pointsman_sdk.people import Contact, check_email
from pointsman_sdk.records import RemoteRecord, Standing
from pointsman_sdk.series import first_time
from pointsman_sdk.signs import Signs
from pointsman_sdk.slots import Slot
from pointsman_sdk.webhooks import WebhookRequest

__version__ = "2.0.0"

__all__ = [
    "CONTRACT",
    "CREATE_MEETING",
    "MOST_MEMORY",
    "PROTOCOLS",
    "AccountState",
    "Accounts",
    "Activities",
    "Activity",
    "ActivityStatus",
    "AmbiguousOutcome",
    "Appointment",
    "Appointments",
    "Arrival",
    "Attachment",
    "Auth",
    "Busy",
    "BusyTime",
    "BusyTimes",
    "CalendarInfo",
    "CalendarRef",
    "Calendars",
    "Capability",
    "Changes",
    "ClientAuth",
    "Connector",
    "ConnectorError",
    "Contact",
    "Context",
    "Dial",
    "Event",
    "Field",
    "FieldType",
    "Fields",
    "GuestsRefused",
    "Intake",
    "Invites",
    "Limits",
    "Manifest",
    "Membership",
    "Memory",
    "Method",
    "Missed",
    "NoMemory",
    "NoTokens",
    "Notice",
    "Notices",
    "Owners",
    "Paced",
    "Page",
    "People",
    "Per",
    "PersonBy",
    "PersonState",
    "PlaceGone",
    "Prepared",
    "Programmes",
    "Quota",
    "ReauthRequired",
    "RecordKind",
    "Rejected",
    "Remembered",
    "RemoteRecord",
    "Renew",
    "Reply",
    "Retryable",
    "Scope",
    "Signs",
    "Slot",
    "SlotTaken",
    "Standing",
    "Subjects",
    "Task",
    "Tasks",
    "Token",
    "Tokens",
    "Unreadable",
    "User",
    "WantedField",
    "Watch",
    "Watches",
    "WebhookRequest",
    "all_items",
    "check_address",
    "check_base_address",
    "check_email",
    "check_key",
    "first_time",
    "implemented",
    "limits_of",
    "no_dial",
    "subject_of",
]

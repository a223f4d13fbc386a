"""The properties that an account has from the start, and the kinds of records they are of."""

from dataclasses import dataclass, field
from typing import Any

TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "tasks": "0-27", "meetings": "0-47"}
SINGULAR = {"contacts": "contact", "companies": "company", "tasks": "task", "meetings": "meeting"}
#: How a kind calls the time of its last change.
CHANGED = dict.fromkeys(TYPE_IDS, "hs_lastmodifieddate") | {"contacts": "lastmodifieddate"}
CREATED = dict.fromkeys(TYPE_IDS, "hs_createdate") | {"contacts": "createdate", "companies": "createdate"}

LIFECYCLE = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
_CHOICES = {
    "lifecyclestage": LIFECYCLE,
    "hs_lead_status": ("NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "CONNECTED", "BAD_TIMING"),
    "hs_meeting_outcome": ("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"),
    "hs_task_status": ("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    "hs_task_type": ("TODO", "CALL", "EMAIL"),
    "hs_task_priority": ("NONE", "LOW", "MEDIUM", "HIGH"),
}
_TYPES = {
    "numberofemployees": "number",
    "annualrevenue": "number",
    "hs_timestamp": "datetime",
    "hs_meeting_start_time": "datetime",
    "hs_meeting_end_time": "datetime",
}
_OWN = {
    "contacts": (
        *(
            "email",
            "firstname",
            "lastname",
            "phone",
            "mobilephone",
            "company",
            "jobtitle",
            "website",
            "country",
            "city",
        ),
        *("lifecyclestage", "hs_lead_status", "hubspot_owner_id"),
    ),
    "companies": (
        *("domain", "name", "phone", "country", "industry", "description", "numberofemployees", "annualrevenue"),
        *("lifecyclestage", "hubspot_owner_id"),
    ),
    "meetings": (
        *("hs_timestamp", "hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes", "hs_meeting_location"),
        *("hs_meeting_external_url", "hs_meeting_start_time", "hs_meeting_end_time", "hs_meeting_outcome"),
        *("hs_activity_type", "hubspot_owner_id"),
    ),
    "tasks": (
        *("hs_timestamp", "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_type", "hs_task_priority"),
        "hubspot_owner_id",
    ),
}


@dataclass(slots=True, kw_only=True)
class Property:
    """One property of a kind. `rule` is a pattern that an admin asks values to match."""

    name: str
    label: str = ""
    type: str = "string"
    field_type: str = "text"
    options: tuple[str, ...] = ()
    unique: bool = False
    read_only: bool = False
    custom: bool = False
    rule: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "groupName": "pointsman" if self.custom else "information",
            "description": "",
            "options": [{"label": one, "value": one, "hidden": False, "displayOrder": -1} for one in self.options],
            "hasUniqueValue": self.unique,
            "hubspotDefined": not self.custom,
            "archived": False,
            "modificationMetadata": {
                "archivable": self.custom,
                "readOnlyDefinition": not self.custom,
                "readOnlyValue": self.read_only,
            },
        }


def from_the_start(kind: str) -> dict[str, Property]:
    """What an account has of a kind before anything is made."""
    names = [*_OWN[kind], *("hs_object_id", "hs_merged_object_ids", CHANGED[kind], CREATED[kind])]
    return {name: _property(kind, name) for name in names}


def _property(kind: str, name: str) -> Property:
    read_only = name in ("hs_object_id", "hs_merged_object_ids", CHANGED[kind], CREATED[kind])
    if name in _CHOICES:
        return Property(name=name, type="enumeration", field_type="select", options=_CHOICES[name])
    return Property(
        name=name,
        type="datetime" if name.endswith("date") else _TYPES.get(name, "string"),
        unique=(kind, name) == ("contacts", "email"),
        read_only=read_only,
    )

"""Leads as the rules see them: typed facts under dotted names."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

#: A fact's value; a missing key is *unknown*, which is neither true nor false.
FactValue = str | int | float | bool | datetime | tuple[str, ...]
Facts = Mapping[str, FactValue]


class FieldType(StrEnum):
    """The type a field of the lead is declared with."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"  # aware datetime
    LIST = "list"  # of texts


#: The fields every deployment knows. A policy adds its own as `custom.<name>`, and `qualification.<name>` of its evidence.
STANDARD_FIELDS: Mapping[str, FieldType] = {
    "lead.email": FieldType.TEXT,
    "lead.first_name": FieldType.TEXT,
    "lead.last_name": FieldType.TEXT,
    "lead.phone": FieldType.TEXT,
    "lead.title": FieldType.TEXT,
    "lead.country": FieldType.TEXT,  # ISO 3166-1 alpha-2, upper case
    "lead.language": FieldType.TEXT,  # ISO 639-1, lower case
    "lead.time_zone": FieldType.TEXT,
    "lead.source": FieldType.TEXT,
    "lead.campaign": FieldType.TEXT,
    "lead.message": FieldType.TEXT,
    "lead.score": FieldType.NUMBER,
    "lead.segment": FieldType.TEXT,
    "lead.product": FieldType.TEXT,
    "lead.created_at": FieldType.INSTANT,
    "lead.owner": FieldType.TEXT,  # rep key of the contact's own owner
    "company.name": FieldType.TEXT,
    "company.domain": FieldType.TEXT,  # registrable domain, lower case
    "company.country": FieldType.TEXT,
    "company.industry": FieldType.TEXT,
    "company.employees": FieldType.NUMBER,
    "company.revenue": FieldType.NUMBER,
    "account.status": FieldType.TEXT,  # prospect | customer
    "account.owner": FieldType.TEXT,  # rep key
    "account.parent_domain": FieldType.TEXT,  # domain of the account that this one belongs to
    "account.parent_owner": FieldType.TEXT,  # rep key of the parent account's owner
    "clock.now": FieldType.INSTANT,
}

#: Before the name of evidence: the fact that follows from it.
QUALIFICATION = "qualification."
#: The moment of the decision, as a fact: what relative times are counted from, and what a replay finds again.
NOW_FIELD = "clock.now"
EMAIL_FIELD = "lead.email"
MESSAGE_FIELD = "lead.message"

#: What a person is known by, or wrote: no sentence of a trace quotes it, since traces are kept and read elsewhere.
NEVER_QUOTED = frozenset({EMAIL_FIELD, "lead.first_name", "lead.last_name", "lead.phone", MESSAGE_FIELD})


class LeadStage(StrEnum):
    """Where a lead stands."""

    NEW = "new"
    WORKING = "working"  # a rep holds prospecting, qualification or other ungated work
    HELD = "held"  # no rep is eligible: waits with a reason
    NURTURE = "nurture"  # with marketing
    CLOSING = "closing"  # passed the gate, a closer has it
    BOOKED = "booked"
    WON = "won"  # bought; news about it are routed as a customer's
    CLOSED = "closed"  # nothing more is to be done: a duplicate


def listed_values(value: FactValue | None) -> tuple[str, ...]:
    """A fact as the lists of reps hold it: texts, whole numbers without a point, "true" or "false"; none of an unknown one."""
    match value:
        case None:
            return ()
        case tuple():
            return value
        case bool():
            return ("true" if value else "false",)
        case float() if value.is_integer():
            return (str(int(value)),)
        case _:
            return (str(value),)

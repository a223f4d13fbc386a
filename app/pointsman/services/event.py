"""An appointment as it stands in the rep's calendar: what the closer reads before the call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pointsman.services.ports import CalendarEvent
from pointsman.services.ports.intake import LeadRow
from pointsman.services.ports.meeting import AppointmentRow, DeliveryRow

_WORDS = {
    "need": "Need",
    "authority": "Authority",
    "fit": "Fit",
    "intent": "Intent",
    "urgency": "Urgency",
    "offer_known": "Knows the offer",
}


def event_key(appointment_id: UUID, rep_id: UUID) -> str:
    """The event's name at the vendor: the same for every op and every retry."""
    return f"pm-{appointment_id}-{rep_id.hex[-8:]}"


def event_of(row: AppointmentRow, lead: LeadRow, delivery: DeliveryRow) -> CalendarEvent:
    """The event as it should stand now."""
    return CalendarEvent(
        key=delivery.key,
        calendar=delivery.calendar,
        start=row.starts_at,
        end=row.ends_at,
        title=row.title,
        description=describe(row, lead),
        attendee_email=lead.email or "",
        attendee_name=_name(lead),
        organizer_email=None,
        sequence=delivery.sequence,
    )


def describe(row: AppointmentRow, lead: LeadRow) -> str:
    """Who it is, who says that they are ready, and on what evidence."""
    lines = [f"With: {_name(lead)}" + (f" <{lead.email}>" if lead.email else "")]
    lines += [f"Phone: {lead.phone}"] if lead.phone else []
    lines += [f"Handed over by: {row.setter_key}"] if row.setter_key else []
    findings = row.gate_snapshot.get("evidence", [])
    if findings:
        lines += ["", "Why this lead is ready:"]
        lines += [_finding(item) for item in findings]
    lines += ["", f"Pointsman appointment {row.id}"]
    return "\n".join(lines)


def _finding(item: Mapping[str, Any]) -> str:
    name = str(item["name"])
    return f"- {_WORDS.get(name, name)}: {item['value']} ({item['source']}, {str(item['observed_at'])[:10]})"


def _name(lead: LeadRow) -> str:
    return " ".join(part for part in (lead.first_name, lead.last_name) if part) or lead.email or "Prospect"

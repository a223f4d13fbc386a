"""An appointment as it stands in the rep's calendar: what the closer reads before the call."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.text.lines import one_line
from pointsman.services.ports import CalendarEvent
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow

#: The fixed words, in the lead's language: the conversation will be held in it.
_WORDS = {
    "en": {
        "with": "With",
        "phone": "Phone",
        "setter": "Handed over by",
        "led": "Led by",
        "also": "Also there",
        "ready": "Why this lead is ready",
        "appointment": "Pointsman appointment",
    },
    "de": {
        "with": "Mit",
        "phone": "Telefon",
        "setter": "Übergeben von",
        "led": "Geleitet von",
        "also": "Auch dabei",
        "ready": "Warum dieser Lead so weit ist",
        "appointment": "Pointsman-Termin",
    },
}


def event_key(appointment_id: UUID, rep_id: UUID) -> str:
    """The event's name at the vendor: the same for every op and every retry."""
    return f"pm-{appointment_id}-{rep_id.hex[-8:]}"


def appointment_id_of_event(key: str) -> UUID | None:
    """The appointment that an event with this key is for; None for a key that is not of our making."""
    try:
        return UUID(key.removeprefix("pm-").rpartition("-")[0])
    except ValueError:
        return None


def build_event(
    row: AppointmentRow,
    lead: LeadRow,
    delivery: DeliveryRow,
    *,
    other_participants: Sequence[str] = (),
    invitation: bytes | None = None,
) -> CalendarEvent:
    """The event as it should stand now in the calendar of the delivery's rep.

    `other_participants` are the lines on who else comes, `invitation` is what a vendor that invites may send to the prospect.
    """
    # One invitation each: a vendor may write to every attendee of every event.
    invited = (lead.email or "") if delivery.rep_id == row.rep_id else ""
    return CalendarEvent(
        key=delivery.key,
        calendar=delivery.calendar,
        start=row.starts_at,
        end=row.ends_at,
        title=row.title,
        description=describe_appointment(row, lead, other_participants),
        attendee_email=invited,
        attendee_name=lead_name(lead),
        organizer_email=None,
        sequence=delivery.sequence,
        tentative=row.status == AppointmentStatus.REQUESTED,
        invitation=invitation,
    )


def other_participant_lines(
    row: AppointmentRow, lead: LeadRow, rep_id: UUID, names: Mapping[UUID, str]
) -> tuple[str, ...]:
    """The other participants, a line each, in the event of this rep."""
    words = _WORDS[_language(lead)]
    led = () if rep_id == row.rep_id else (f"{words['led']}: {names.get(row.rep_id, row.rep_key)}",)
    others = [item for item in row.companions if item.rep_id != rep_id]
    said = (
        f"{words['also']}: {names.get(item.rep_id, item.rep_key)} ({item.work.replace('_', ' ')})" for item in others
    )
    return (*led, *said)


def describe_appointment(row: AppointmentRow, lead: LeadRow, also: Sequence[str] = ()) -> str:
    """The lead, the setter who says that the lead is ready, and the evidence, with the policy's labels of then.

    A line each, whatever was said: nobody's words make lines of their own, or look as another's.
    """
    language = _language(lead)
    words = _WORDS[language]
    lines = [f"{words['with']}: {lead_name(lead)}" + (f" <{lead.email}>" if lead.email else "")]
    lines += [f"{words['phone']}: {_phone(lead)}"] if lead.phone else []
    lines += [f"{words['setter']}: {row.setter_key}"] if row.setter_key else []
    lines += also
    findings = row.gate_snapshot.get("evidence", [])
    if findings:
        lines += ["", f"{words['ready']}:"]
        lines += [_finding(item, language) for item in findings]
    lines += ["", f"{words['appointment']} {row.id}"]
    return "\n".join(map(one_line, lines))


def _phone(lead: LeadRow) -> str:
    """The number to call; what the lead wrote stands behind it, which may have more than one."""
    if lead.phone_key in (None, lead.phone):
        return lead.phone or ""
    return f"{lead.phone_key} ({lead.phone})"


def _finding(item: Mapping[str, Any], language: str) -> str:
    # What was said comes last, so that it cannot claim who said it.
    label = item.get("labels", {}).get(language) or item["name"]
    return f"- {label} ({item['source']}, {str(item['observed_at'])[:10]}): {item['value']}"


def _language(lead: LeadRow) -> str:
    return "de" if lead.facts.get("lead.language") == "de" else "en"


def lead_name(lead: LeadRow) -> str:
    """What the lead is called, as far as is known."""
    return " ".join(part for part in (lead.first_name, lead.last_name) if part) or lead.email or "Prospect"

"""From one event of a sender to what it says about a lead."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.errors import Fault
from pointsman.domain.leads.coercion import coerce_with_note, infer_type, parse_instant
from pointsman.domain.leads.facts import FactValue, FieldType
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.senders import WEBHOOK
from pointsman.domain.leads.values.event_times import is_ahead, is_blank
from pointsman.domain.leads.values.identifiers import names_nothing
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.intake.mapping.asked import Asked
from pointsman.services.intake.mapping.booking_window import BookingWindow, parse_booking_window
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.mapped_evidence import evidence_of
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.intake.mapping.single_values import only_value, scalar_text
from pointsman.services.leads.fields import PERSONAL_FIELDS, KnownFields
from pointsman.services.leads.lead_input import (
    MAX_EXTERNAL_ID,
    NAMES_NO_PERSON,
    LeadInput,
    phone_of,
    read_websites,
    unread_address,
    unread_phone,
)

#: Warnings of what was taken all the same, by a rule.
TAKEN = frozenset({"read-in-part", "in-the-future"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedEvent:
    """What one event says. `warnings` are the fields that could not be used, or by a rule alone (`TAKEN`)."""

    lead_input: LeadInput
    setter: str | None
    auto_book: bool
    window: BookingWindow | None
    warnings: tuple[Fault, ...]

    @property
    def is_usable(self) -> bool:
        """Whether it names a person: without an email, a phone number or an external id it would be a dead letter."""
        given = self.lead_input
        return given.email is not None or given.external_id is not None or phone_of(given) is not None


def map_event(
    event: Any, mapping: IntakeMapping, known: KnownFields, *, intake: str, at: datetime, evaluation: Evaluation
) -> MappedEvent:
    """What `event` says about a lead. A field that does not fit its type is left out, with a warning.

    Invalid "mapping-too-costly" when the mapping does more work than `evaluation` has left.
    """
    asked = Asked(event, evaluation)
    values, unread_sites = read_websites(_values(asked, mapping, known), known.lists, lambda name: f'fields["{name}"]')
    asked.warnings.extend(unread_sites)
    personal = {name: str(values.pop(name)) for name in PERSONAL_FIELDS if name in values}
    email = personal.get("lead.email")
    if email is not None and (unnamed := unread_address(email, 'fields["lead.email"]')):
        why = unnamed.message if unnamed.code == NAMES_NO_PERSON else "is not an email address: left out"
        asked.warn(unnamed.path, unnamed.code, why)
        email = None
    occurred_at = _happened(asked, mapping, at)
    said = scalar_text(asked.search(mapping.setter, "setter")) if mapping.setter else None
    setter = clean_text(said) or None if said else None
    external_id = _external_id(asked, mapping)
    window, usable = _window(asked, mapping)
    source = f"sdr:{setter}" if setter else f"intake:{intake}"
    given = LeadInput(
        email=email,
        external_id=external_id,
        source_system=mapping.source_system or intake,
        sender=WEBHOOK,
        first_name=personal.get("lead.first_name"),
        last_name=personal.get("lead.last_name"),
        phone=personal.get("lead.phone"),
        facts=values,
        evidence=evidence_of(asked, mapping.evidence, known.evidence, source, occurred_at),
        occurred_at=occurred_at,
        do_not_contact=_ends_contact(asked, mapping),
    )
    if unread := unread_phone(given, 'fields["lead.phone"]'):
        asked.warnings.append(unread)
    return MappedEvent(
        lead_input=given,
        setter=setter,
        auto_book=mapping.auto_book and usable,
        window=window,
        warnings=tuple(asked.warnings),
    )


def _ends_contact(asked: Asked, mapping: IntakeMapping) -> bool:
    """Whether the event says yes; what is neither yes nor no is told."""
    raw = only_value(asked.search(mapping.do_not_contact, "do_not_contact")) if mapping.do_not_contact else None
    if raw is None:
        return False
    try:
        return coerce_with_note("lead.do_not_contact", raw, FieldType.BOOLEAN, names=CODE_NAMES).value is True
    except ValueError as error:
        asked.warn("do_not_contact", "wrong-type", f"{error}: left out")
        return False


def _external_id(asked: Asked, mapping: IntakeMapping) -> str | None:
    """The id, trimmed. One cut short, or what stands for none, would make one person of many: left out."""
    raw = asked.search(mapping.external_id, "external_id") if mapping.external_id else None
    found = clean_text(raw) if isinstance(raw, str) else scalar_text(raw)
    if not found:
        return None
    if names_nothing(raw):
        asked.warn("external_id", "not-an-id", f"{found[:40]!r} is no id, strangers would share it: left out")
        return None
    if len(found) > MAX_EXTERNAL_ID:
        asked.warn("external_id", "not-an-id", f"is longer than {MAX_EXTERNAL_ID} characters: left out")
        return None
    return found


def _values(asked: Asked, mapping: IntakeMapping, known: KnownFields) -> dict[str, FactValue]:
    values: dict[str, FactValue] = {}
    found: dict[str, Any] = dict(mapping.constants)
    found |= {name: asked.search(path, f'fields["{name}"]') for name, path in mapping.fields.items()}
    for name, told in found.items():
        raw = told if known.type_of(name) in (None, FieldType.LIST) else only_value(told)
        if raw is None:
            continue
        try:
            read = coerce_with_note(name, raw, known.type_of(name) or infer_type(raw), names=CODE_NAMES)
        except ValueError as error:
            several = (
                isinstance(raw, list) and known.type_of(name) not in (None, FieldType.LIST) and name in mapping.fields
            )
            why = f"finds {len(raw)} values: write {mapping.fields[name]}[0] for the first" if several else error
            asked.warn(f'fields["{name}"]', "wrong-type", f"{why}: left out")
            continue
        if read.note is not None:
            asked.warn(f'fields["{name}"]', "read-in-part", f"was read as {read.value}: {read.note}")
        if read.value is not None:
            values[name] = read.value
    return values


def _window(asked: Asked, mapping: IntakeMapping) -> tuple[BookingWindow | None, bool]:
    """The window, and whether it can be used: an unclear window books no time."""
    if mapping.window is None:
        return None, True
    try:
        return parse_booking_window(mapping.window, asked.search), True
    except ValueError as error:
        asked.warn("window", "wrong-type", f"{error}: nothing is booked by itself")
        return None, False


def _happened(asked: Asked, mapping: IntakeMapping, arrived: datetime) -> datetime:
    """When it was true: as the event says, and on arrival at the latest, however late it is worked off."""
    raw = asked.search(mapping.occurred_at, "occurred_at") if mapping.occurred_at else None
    if raw is None:
        return arrived
    try:
        found = parse_instant(raw)
    except ValueError as error:
        asked.warn("occurred_at", "wrong-type", f"{error}: taken as the time of arrival")
        return arrived
    if is_blank(found):
        asked.warn("occurred_at", "wrong-type", "is before the year 2000: taken as the time of arrival")
        return arrived
    if is_ahead(found, arrived):
        asked.warn("occurred_at", "in-the-future", "cannot have happened yet: taken as the time of arrival")
    return min(found, arrived)

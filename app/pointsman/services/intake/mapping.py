"""From one event of a sender to what it says about a lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jmespath.exceptions import JMESPathError

from pointsman.domain.errors import Fault, Invalid, TooLarge
from pointsman.domain.leads.coercion import coerce, infer_type, parse_instant
from pointsman.domain.leads.evidence import EVIDENCE_NAMES, Evidence
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.normalise import email_key
from pointsman.domain.text.strict_json import fingerprint
from pointsman.services.intake.booking_window import BookingWindow, parse_booking_window
from pointsman.services.intake.mapping_model import EvidenceMapping, IntakeMapping, compile_expression
from pointsman.services.leads.fields import PERSONAL_FIELDS, KnownFields
from pointsman.services.leads.lead_input import MAX_EXTERNAL_ID, LeadInput
from pointsman.services.leads.registered_domains import host_to_ascii

MAX_EVENTS = 1_000
MAX_DEDUPE_KEY_LENGTH = 200
MAX_EVIDENCE_LENGTH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedEvent:
    """What one event says. `warnings` are the fields that could not be used."""

    lead_input: LeadInput
    setter: str | None
    auto_book: bool
    window: BookingWindow | None
    warnings: tuple[Fault, ...]


def split_events(body: Any, mapping: IntakeMapping) -> list[Any]:
    """The events in a body; Invalid when there is no list where the mapping says."""
    found = body
    if mapping.events is not None:
        found = _search(mapping.events, body, [], "events")
        if found is None:
            raise Invalid("The mapping's `events` finds nothing in this body.", code="no-events")
    events = found if isinstance(found, list) else [found]
    if any(not isinstance(event, dict) for event in events):
        raise Invalid("An event is not a JSON object.", code="no-events")
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"More than {MAX_EVENTS} events in one request: send fewer at a time.")
    return events


def dedupe_key(event: Any, position: int, mapping: IntakeMapping, headers: Any, *, batch: bool) -> str:
    """What names an event, the same when it is delivered again; without a rule, or where it finds nothing, its hash."""
    named: Any = None
    if mapping.dedupe is not None and mapping.dedupe.startswith("header:"):
        named = headers.get(mapping.dedupe.removeprefix("header:").strip().lower())
        if named and batch:
            named = f"{named}#{position}"
    elif mapping.dedupe is not None:
        named = _search(mapping.dedupe, event, [], "dedupe")
    if named is None or named in ("", [], {}):
        return "sha256:" + fingerprint(event)
    if isinstance(named, str) and len(named) <= MAX_DEDUPE_KEY_LENGTH and "\x00" not in named:
        return "key:" + named
    return "key-sha256:" + fingerprint(named)


def map_event(event: Any, mapping: IntakeMapping, known: KnownFields, *, intake: str, at: datetime) -> MappedEvent:
    """What `event` says about a lead. A field that does not fit its type is left out, with a warning."""
    warnings: list[Fault] = []
    values = _values(event, mapping, known, warnings)
    personal = {name: str(values.pop(name)) for name in PERSONAL_FIELDS if name in values}
    email = personal.get("lead.email")
    if email is not None and email_key(email, host_to_ascii) is None:
        path = 'fields["lead.email"]'
        warnings.append(Fault(path=path, code="not-an-email", message="is not an email address: left out"))
        email = None
    occurred_at = _instant(event, mapping, warnings)
    setter = _scalar(_search(mapping.setter, event, warnings, "setter")) if mapping.setter else None
    external_id = _scalar(_search(mapping.external_id, event, warnings, "external_id")) if mapping.external_id else None
    window, usable = _window(event, mapping, warnings)
    source = f"sdr:{setter}" if setter else f"intake:{intake}"
    given = LeadInput(
        email=email,
        external_id=external_id[:MAX_EXTERNAL_ID] if external_id else None,
        source_system=mapping.source_system or intake,
        first_name=personal.get("lead.first_name"),
        last_name=personal.get("lead.last_name"),
        phone=personal.get("lead.phone"),
        facts=values,
        evidence=_evidence(event, mapping.evidence, source, occurred_at or at, warnings),
        occurred_at=occurred_at,
    )
    return MappedEvent(
        lead_input=given,
        setter=setter,
        auto_book=mapping.auto_book and usable,
        window=window,
        warnings=tuple(warnings),
    )


def _values(event: Any, mapping: IntakeMapping, known: KnownFields, warnings: list[Fault]) -> dict[str, FactValue]:
    values: dict[str, FactValue] = {}
    found: dict[str, Any] = dict(mapping.constants)
    found |= {name: _search(path, event, warnings, f'fields["{name}"]') for name, path in mapping.fields.items()}
    for name, raw in found.items():
        if raw is None:
            continue
        try:
            value = coerce(name, raw, known.type_of(name) or infer_type(raw))
        except ValueError as error:
            warnings.append(Fault(path=f'fields["{name}"]', code="wrong-type", message=f"{error}: left out"))
            continue
        if value is not None:
            values[name] = value
    return values


def _window(event: Any, mapping: IntakeMapping, warnings: list[Fault]) -> tuple[BookingWindow | None, bool]:
    """The window, and whether it can be used: an unclear window books no time."""
    if mapping.window is None:
        return None, True
    try:
        return parse_booking_window(mapping.window, lambda path, name: _search(path, event, warnings, name)), True
    except ValueError as error:
        warnings.append(Fault(path="window", code="wrong-type", message=f"{error}: nothing is booked by itself"))
        return None, False


def _instant(event: Any, mapping: IntakeMapping, warnings: list[Fault]) -> datetime | None:
    raw = _search(mapping.occurred_at, event, warnings, "occurred_at") if mapping.occurred_at else None
    if raw is None:
        return None
    try:
        return parse_instant(raw)
    except ValueError as error:
        warnings.append(Fault(path="occurred_at", code="wrong-type", message=f"{error}: taken as now"))
        return None


def _evidence(
    event: Any, wanted: Sequence[EvidenceMapping], source: str, at: datetime, warnings: list[Fault]
) -> tuple[Evidence, ...]:
    found = []
    for position, part in enumerate(wanted):
        path = f"evidence[{position}]"
        raw = _search(part.value, event, warnings, path)
        if raw is None or raw in ("", [], {}):
            continue
        text = _scalar(raw)
        if text is None:
            warnings.append(Fault(path=path, code="wrong-type", message="is not a text or number: left out"))
            continue
        affirmed = _search(part.affirmed_if, event, warnings, path) if part.affirmed_if else raw
        found.append(
            Evidence(
                kind=EVIDENCE_NAMES[part.name],
                name=part.name,
                value=text[:MAX_EVIDENCE_LENGTH],
                affirmed=bool(affirmed),
                source=part.source or source,
                observed_at=at,
            )
        )
    return tuple(found)


def _search(expression: str, value: Any, warnings: list[Fault], path: str) -> Any:
    try:
        return compile_expression(expression).search(value)
    except (JMESPathError, TypeError, ValueError, RecursionError) as error:
        # A function met a value it cannot take: to the lead this is the same as no value.
        message = f"the expression failed ({type(error).__name__}): left out"
        warnings.append(Fault(path=path, code="expression-failed", message=message))
        return None


def _scalar(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip() or None
        case int() | float():
            return str(value)
        case _:
            return None

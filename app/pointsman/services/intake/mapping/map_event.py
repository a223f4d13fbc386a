"""From one event of a sender to what it says about a lead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pointsman.domain.errors import Fault, Invalid, TooLarge
from pointsman.domain.leads.coercion import coerce_with_note, infer_type, parse_instant, whole
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import FactValue, FieldType
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.senders import WEBHOOK
from pointsman.domain.leads.values.event_times import is_ahead, is_blank
from pointsman.domain.leads.values.identifiers import names_nothing
from pointsman.domain.leads.yes_no import known_answer
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.text.strict_json import fingerprint
from pointsman.domain.text.visible import is_drawn
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.intake.mapping.booking_window import BookingWindow, parse_booking_window
from pointsman.services.intake.mapping.expressions import Evaluation, ExpressionFailedError, TooCostlyError
from pointsman.services.intake.mapping.made_answers import advice_on_affirming
from pointsman.services.intake.mapping.mapping_model import EvidenceMapping, IntakeMapping
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

#: An event that no mapping can be asked of.
NO_OBJECT, NOT_AN_OBJECT = "no-object", "An event is not a JSON object."
MAX_EVENTS = 1_000
MAX_DEDUPE_KEY_LENGTH = 200
MAX_EVIDENCE_LENGTH = 2_000


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A body or event, the budget for what is asked of it, and what could not be answered."""

    about: Any
    evaluation: Evaluation
    warnings: list[Fault] = field(default_factory=list)

    def search(self, expression: str, path: str) -> Any:
        """What the expression at `path` of the mapping finds; Invalid "mapping-too-costly" when it does not come to an end."""
        try:
            return self.evaluation.search(expression, self.about)
        except ExpressionFailedError as error:
            # A function met a value it cannot take: to the lead this is the same as no value.
            self.warn(path, "expression-failed", f"the expression failed ({error}): left out")
            return None
        except TooCostlyError:
            message = "the mapping does too much work on this body: shorten the expression, or the body"
            fault = Fault(path=f"mapping.{path}", code="mapping-too-costly", message=message)
            raise Invalid(f"At {path}, {message}.", code="mapping-too-costly", faults=[fault]) from None

    def warn(self, path: str, code: str, message: str) -> None:
        self.warnings.append(Fault(path=path, code=code, message=message))


def split_events(body: Any, mapping: IntakeMapping, evaluation: Evaluation) -> list[Any]:
    """The events in a body; those that are no objects are the caller's to refuse. Invalid when there is nothing to split."""
    found = body
    if mapping.events is not None:
        found = _Asked(body, evaluation).search(mapping.events, "events")
        if found is None:
            raise Invalid("The mapping's `events` finds nothing in this body.", code="no-events")
    events = found if isinstance(found, list) else [found]
    if not isinstance(found, list | dict):
        raise Invalid("The body is neither a JSON object nor a list of them.", code="no-events")
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"More than {MAX_EVENTS} events in one request: send fewer at a time.")
    return events


def dedupe_key(
    event: Any, position: int, mapping: IntakeMapping, headers: Any, *, batch: bool, evaluation: Evaluation
) -> str:
    """What names an event, the same when it is delivered again; without a rule, or where it finds no name, its hash.

    Nulls, zeros and words for nothing are no name, alone or in a list: all events without an id would be one.
    """
    named: Any = None
    if mapping.dedupe_header is not None:
        named = headers.get(mapping.dedupe_header)
        if batch and not names_nothing(named):
            named = f"{named}#{position}"
    elif mapping.dedupe is not None:
        named = _Asked(event, evaluation).search(mapping.dedupe, "dedupe")
    if names_nothing(named):
        return "sha256:" + fingerprint(event)
    if isinstance(named, str) and len(named) <= MAX_DEDUPE_KEY_LENGTH and "\x00" not in named:
        return "key:" + named
    return "key-sha256:" + fingerprint(named)


def map_event(
    event: Any, mapping: IntakeMapping, known: KnownFields, *, intake: str, at: datetime, evaluation: Evaluation
) -> MappedEvent:
    """What `event` says about a lead. A field that does not fit its type is left out, with a warning.

    Invalid "mapping-too-costly" when the mapping does more work than `evaluation` has left.
    """
    asked = _Asked(event, evaluation)
    values, unread_sites = read_websites(_values(asked, mapping, known), known.lists, lambda name: f'fields["{name}"]')
    asked.warnings.extend(unread_sites)
    personal = {name: str(values.pop(name)) for name in PERSONAL_FIELDS if name in values}
    email = personal.get("lead.email")
    if email is not None and (unnamed := unread_address(email, 'fields["lead.email"]')):
        why = unnamed.message if unnamed.code == NAMES_NO_PERSON else "is not an email address: left out"
        asked.warn(unnamed.path, unnamed.code, why)
        email = None
    occurred_at = _happened(asked, mapping, at)
    said = _scalar(asked.search(mapping.setter, "setter")) if mapping.setter else None
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
        evidence=_evidence(asked, mapping.evidence, known.evidence, source, occurred_at),
        occurred_at=occurred_at,
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


def _external_id(asked: _Asked, mapping: IntakeMapping) -> str | None:
    """The id, trimmed. One cut short, or what stands for none, would make one person of many: left out."""
    raw = asked.search(mapping.external_id, "external_id") if mapping.external_id else None
    found = clean_text(raw) if isinstance(raw, str) else _scalar(raw)
    if not found:
        return None
    if names_nothing(raw):
        asked.warn("external_id", "not-an-id", f"{found[:40]!r} is no id, strangers would share it: left out")
        return None
    if len(found) > MAX_EXTERNAL_ID:
        asked.warn("external_id", "not-an-id", f"is longer than {MAX_EXTERNAL_ID} characters: left out")
        return None
    return found


def _values(asked: _Asked, mapping: IntakeMapping, known: KnownFields) -> dict[str, FactValue]:
    values: dict[str, FactValue] = {}
    found: dict[str, Any] = dict(mapping.constants)
    found |= {name: asked.search(path, f'fields["{name}"]') for name, path in mapping.fields.items()}
    for name, told in found.items():
        raw = told if known.type_of(name) in (None, FieldType.LIST) else _only(told)
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


def _window(asked: _Asked, mapping: IntakeMapping) -> tuple[BookingWindow | None, bool]:
    """The window, and whether it can be used: an unclear window books no time."""
    if mapping.window is None:
        return None, True
    try:
        return parse_booking_window(mapping.window, asked.search), True
    except ValueError as error:
        asked.warn("window", "wrong-type", f"{error}: nothing is booked by itself")
        return None, False


def _happened(asked: _Asked, mapping: IntakeMapping, arrived: datetime) -> datetime:
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


def _evidence(
    asked: _Asked, wanted: Sequence[EvidenceMapping], rules: EvidenceRules, source: str, at: datetime
) -> tuple[Evidence, ...]:
    found = []
    for position, part in enumerate(wanted):
        path = f"evidence[{position}]"
        raw = _one_text(asked.search(part.value, path))
        if raw is None or raw in ("", [], {}):
            continue
        kind, text = rules.kind_of(part.name), _scalar(raw)
        if kind is None:
            asked.warn(path, "unknown-evidence", f"the policy declares no evidence {part.name}: left out")
            continue
        if text is None and not isinstance(raw, str):
            asked.warn(path, "wrong-type", "is not a text or number: left out")
            continue
        value = (text or "")[:MAX_EVIDENCE_LENGTH]
        answer, unknown = _affirmed(asked, part, raw, path)
        if answer is None:
            asked.warn(path, "neither-yes-nor-no", f"{part.name}: {unknown}: left out")
            continue
        says_no = known_answer(value) is False
        if part.affirmed_if and answer and says_no:
            message = f"{part.name}: `affirmed_if` finds a yes and the value says no: left out"
            asked.warn(path, "neither-yes-nor-no", message)
            continue
        affirmed = answer and not says_no
        if rules.is_empty(value) if affirmed else not is_drawn(value):
            asked.warn(path, "says-nothing", f"{part.name}: the value says nothing: left out")
            continue
        found.append(
            Evidence(
                kind=kind, name=part.name, value=value, affirmed=affirmed, source=part.source or source, observed_at=at
            )
        )
    return tuple(found)


def _affirmed(asked: _Asked, part: EvidenceMapping, raw: Any, path: str) -> tuple[bool | None, str]:
    """The answer, and why there is none. What an expression makes itself is none: `!no(ok)` is true of nothing at all."""
    if isinstance(raw, bool) and (advice := advice_on_affirming(part.value)):
        return None, advice
    if part.affirmed_if is None:
        return True, ""
    if advice := advice_on_affirming(part.affirmed_if):
        return None, advice
    found = known_answer(asked.search(part.affirmed_if, path))
    return found, "`affirmed_if` finds neither a known yes nor a known no"


def _only(value: Any) -> Any:
    """What a list says that says one thing, as a form sends `need[]=x` or `email=a&email=a`; else the value."""
    if not isinstance(value, list) or any(isinstance(item, list | dict) for item in value):
        return value[0] if isinstance(value, list) and len(value) == 1 else value
    said = [item for item in value if item is not None and not (isinstance(item, str) and not is_drawn(item))]
    if said and all(item == said[0] and type(item) is type(said[0]) for item in said):
        return said[0]
    return value


def _one_text(value: Any) -> Any:
    """Several choices as one text, "CRM, ERP". A list that is a yes or a no, or has a no among others, is its answer or nothing.

    Of a box with a hidden 0 before it, the last item counts.
    """
    value = _only(value)
    if not isinstance(value, list) or not all(isinstance(item, str | int | float | None) for item in value):
        return value
    if (answer := known_answer(value)) is not None:
        return answer
    said = [text for item in value if (text := _scalar(item)) is not None and is_drawn(text)]
    answers = [known_answer(text) for text in said]
    return value if False in answers else ", ".join(said)


def _scalar(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip() or None
        case int() | float():
            return str(whole(value))
        case _:
            return None

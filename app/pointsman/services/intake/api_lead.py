"""A lead as the API's callers write it, checked field by field."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.coercion import coerce_with_note, infer_type
from pointsman.domain.leads.evidence import Evidence
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.leads.senders import API, WEBHOOK, sender_of
from pointsman.domain.leads.values.event_times import is_ahead
from pointsman.domain.leads.values.identifiers import is_no_id
from pointsman.domain.permissions.evidence_names import NotYourName, evidence_source
from pointsman.domain.permissions.sayings import Saying, Topic, saying, topic_of_field
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.roster.reps import Rep
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.leads.evidence_intake import evidence_fault, load_evidence_surroundings
from pointsman.services.leads.fields import PERSONAL_FIELDS, KnownFields
from pointsman.services.leads.lead_input import (
    IDENTITIES,
    NAMES_NO_PERSON,
    PHONE_UNREAD,
    LeadInput,
    phone_of,
    read_websites,
    unread_address,
    unread_phone,
)
from pointsman.services.ports import Actor, Env, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceInput:
    """A finding as a caller writes it; the kind follows from the name."""

    name: str
    value: str
    affirmed: bool
    source: str | None
    observed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLead:
    """What a caller says, as far as it may; `warnings` are about what was left out."""

    lead_input: LeadInput
    warnings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a caller's words are read against: reps whose names they may use, the policy's word on evidence, webhooks' systems."""

    reps: Collection[Rep]
    evidence: EvidenceRules
    webhook_systems: Collection[str]


async def load_surroundings(env: Env, tx: Tx, *, names_a_system: bool) -> Surroundings:
    """As of now; the webhooks' systems only where the caller names one, for the statement that they cost."""
    systems = await tx.intakes.source_systems() if names_a_system else ()
    reps, rules = await load_evidence_surroundings(env, tx)
    return Surroundings(reps=reps, evidence=rules, webhook_systems=systems)


def parse_lead_input(
    *,
    actor: Actor,
    around: Surroundings,
    person: Mapping[str, str | None],
    external_id: str | None,
    source_system: str | None,
    fields: Mapping[str, Any],
    evidence: Sequence[EvidenceInput],
    occurred_at: datetime | None,
    known: KnownFields,
    now: datetime,
) -> ParsedLead:
    """`person` has email, first_name, last_name, phone. Invalid names every fault and its path in the body."""
    faults: list[Fault] = []
    warnings: list[Fault] = []
    told = {f"lead.{name}": (value, f"body.{name}") for name, value in person.items() if value is not None}
    told |= {name: (value, f'body.fields["{name}"]') for name, value in fields.items()}
    values: dict[str, FactValue] = {}
    for name, (raw, path) in told.items():
        if fault := known.fault(name, path) or (_duplicate_fault(name, path, person) if name in fields else None):
            faults.append(fault)
            continue
        if saying(topic_of_field(name), actor.kind) is Saying.IGNORED:
            message = "what an account is to the house, the house says: left out"
            warnings.append(Fault(path=path, code="not-yours-to-say", message=message))
            continue
        try:
            read = coerce_with_note(name, raw, known.type_of(name) or infer_type(raw), names=CODE_NAMES)
        except ValueError as error:
            faults.append(Fault(path=path, code="wrong-type", message=f"{name} {error}"))
            continue
        if read.note is not None:
            warnings.append(Fault(path=path, code="read-in-part", message=f"read as {read.value}: {read.note}"))
        if read.value is not None:
            values[name] = read.value
    values, unread_sites = read_websites(values, known.lists, lambda name: told[name][1])
    warnings += unread_sites
    personal = {name: str(values.pop(name)) for name in PERSONAL_FIELDS if name in values}
    email = personal.get("lead.email")
    if email is not None and (unnamed := unread_address(email, told["lead.email"][1])):
        (warnings if unnamed.code == NAMES_NO_PERSON else faults).append(unnamed)
        email = None if unnamed.code == NAMES_NO_PERSON else email
    if occurred_at is not None and is_ahead(occurred_at, now):
        message = "it cannot have happened yet: taken as now"
        warnings.append(Fault(path="body.occurred_at", code="in-the-future", message=message))
        occurred_at = now
    external_id = _trimmed("external_id", external_id, faults)
    source_system = _trimmed("source_system", source_system, faults)
    sender = _sender(actor, around, source_system, faults)
    findings = [_evidence(item, position, now, actor, around, faults) for position, item in enumerate(evidence)]
    given = LeadInput(
        email=email,
        external_id=external_id,
        source_system=source_system,
        sender=sender,
        first_name=personal.get("lead.first_name"),
        last_name=personal.get("lead.last_name"),
        phone=personal.get("lead.phone"),
        facts=values,
        evidence=tuple(item for item in findings if item),
        occurred_at=occurred_at or now,  # as its evidence: what comes with a new employer is about that one
    )
    if unread := unread_phone(given, told["lead.phone"][1] if "lead.phone" in told else "body.phone"):
        warnings.append(unread)
    if not email and not external_id and not phone_of(given) and not faults:
        faults.append(Fault(path="body.email", code="no-identity", message=IDENTITIES))
        faults += [warning for warning in warnings if warning.code in (PHONE_UNREAD, NAMES_NO_PERSON)]
    if faults:
        raise Invalid("The lead cannot be taken as written. Mend each fault and send it again.", faults=faults)
    return ParsedLead(lead_input=given, warnings=tuple(warnings))


def _trimmed(name: str, text: str | None, faults: list[Fault]) -> str | None:
    """An id without the blanks around it, which no system means; one of blanks alone is a fault."""
    shown = clean_text(text) if text is not None else None
    if shown == "":
        faults.append(
            Fault(path=f"body.{name}", code="blank", message="it shows nothing: write the id, or leave it out")
        )
    elif name == "external_id" and shown is not None and is_no_id(shown):
        message = f"{shown[:40]!r} is no id, strangers would share it: leave it out, or send null"
        faults.append(Fault(path="body.external_id", code="not-an-id", message=message))
    return shown or None


def _sender(actor: Actor, around: Surroundings, system: str | None, faults: list[Fault]) -> str:
    """Under whose name the external id is kept. A system that a webhook speaks for is an admin's to name beside it."""
    if actor.supplier is not None or system not in around.webhook_systems:
        return sender_of(actor.supplier)
    if saying(Topic.EXTERNAL_ID, actor.kind) is Saying.TAKEN:
        return WEBHOOK
    message = (
        f"an intake brings the ids of {system}: leave source_system out, choose another word, or use an admin's key"
    )
    faults.append(Fault(path="body.source_system", code="not-your-source", message=message))
    return API


def _duplicate_fault(name: str, path: str, person: Mapping[str, str | None]) -> Fault | None:
    if person.get(name.removeprefix("lead.")) is None or not name.startswith("lead."):
        return None
    return Fault(path=path, code="duplicate-field", message=f"{name} stands beside `fields` too: keep one")


def _evidence(
    given: EvidenceInput, position: int, now: datetime, actor: Actor, around: Surroundings, faults: list[Fault]
) -> Evidence | None:
    path = f"body.evidence[{position}]"
    fault = evidence_fault(around.evidence, given.name, given.value, affirmed=given.affirmed, path=path)
    kind = around.evidence.kind_of(given.name)
    if fault is not None or kind is None:
        faults += [fault] if fault else []
        return None
    observed_at = given.observed_at or now
    if is_ahead(observed_at, now):
        message = "it cannot have been observed yet"
        faults.append(Fault(path=f"{path}.observed_at", code="in-the-future", message=message))
        return None
    try:
        source = evidence_source(actor, given.source, setter=None, reps=around.reps)
    except NotYourName as error:
        faults.append(Fault(path=f"{path}.source", code="not-your-name", message=str(error)))
        return None
    return Evidence(
        kind=kind,
        name=given.name,
        value=given.value,
        affirmed=given.affirmed,
        source=source,
        observed_at=observed_at,
        expires_at=given.expires_at,
    )

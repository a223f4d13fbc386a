"""One lead, one story: all that happened to it in order of time, as far as the caller may read it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pointsman.domain.errors import NotFound
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.ask import is_allowed
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.permissions.readings import Reading, may_read
from pointsman.services.lead_pages.journey_texts import journey_text
from pointsman.services.ports import Actor, Env
from pointsman.services.ports.leads.journeys import JourneyKind, JourneyRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.rendering import FALLBACK_LANGUAGE, MessageReader

#: More than any lead sees in years; of a longer story the latest are told.
MOST_ENTRIES = 1_000
_MOST_RECORDS = 100

_ORDER = {kind.value: place for place, kind in enumerate(JourneyKind)}
#: What only a reader of reasons learns: others' words, the house's systems, rules and exceptions.
_HOUSE_KINDS = frozenset(
    {
        JourneyKind.EVENT,
        JourneyKind.NEWS,
        JourneyKind.OVERRIDE,
        JourneyKind.DELIVERY,
        JourneyKind.OWNER_CHANGED,
        JourneyKind.UNTOLD,
    }
)
_HOUSE_DETAILS = frozenset({"actor", "person", "account", "fields", "source", "rule", "policy_version", "failed"})
_UNTOLD = frozenset({"summary", "title", "key_name"})  # texts; what stands beside them says the same as data
_REPS = frozenset({"rep", "setter"})
#: Where each kind of entry leads: the link's name, its path, what holds the id, and the operation that it takes.
_LINKS: Mapping[JourneyKind, tuple[tuple[str, str, str, Operation], ...]] = MappingProxyType(
    {
        JourneyKind.EVENT: (("inbox_item", "/v1/inbox/{}", "", Operation.INBOX_READ),),
        JourneyKind.MERGED: (
            ("lead", "/v1/leads/{}", "lead", Operation.LEAD_READ),
            ("into", "/v1/leads/{}", "into", Operation.LEAD_READ),
        ),
        JourneyKind.DECIDED: (
            ("decision", "/v1/decisions/{}", "", Operation.DECISION_READ),
            ("explanation", "/v1/decisions/{}/explanation", "", Operation.DECISION_EXPLAIN),
        ),
        JourneyKind.HELD: (("decision", "/v1/decisions/{}", "decision", Operation.DECISION_READ),),
        JourneyKind.RELEASED: (("decision", "/v1/decisions/{}", "decision", Operation.DECISION_READ),),
        JourneyKind.APPOINTMENT: (("appointment", "/v1/appointments/{}", "appointment", Operation.APPOINTMENT_READ),),
        JourneyKind.UNTOLD: (("appointment", "/v1/appointments/{}", "appointment", Operation.APPOINTMENT_READ),),
        JourneyKind.DELIVERY: (
            ("delivery", "/v1/deliveries/{}", "", Operation.DELIVERY_READ),
            ("appointment", "/v1/appointments/{}", "appointment", Operation.APPOINTMENT_READ),
        ),
        JourneyKind.OVERRIDE: (("override", "/v1/overrides/{}", "", Operation.OVERRIDE),),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyEntry:
    """One thing that happened to the record `lead_id`: `text` for people, `details` in keys and codes, `links` to the API."""

    at: datetime
    kind: JourneyKind
    id: UUID
    lead_id: UUID
    text: Message
    details: Mapping[str, Any]
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A lead and its entries, the oldest first. `is_cut` says that there are older ones.

    `merged_into` is the lead that it is now, where the caller sees that one.
    """

    lead: LeadRow
    merged_into: UUID | None
    entries: tuple[JourneyEntry, ...]
    is_cut: bool


async def load_journey(env: Env, lead_id: UUID, *, actor: Actor, most: int = MOST_ENTRIES) -> Journey:
    """Of one moment. Raises NotFound, also for a lead that the caller does not see, and Forbidden."""
    actor.require(Operation.LEAD_READ)
    names = await roster_names(env)
    async with env.uow.snapshot() as tx:
        records = await tx.journeys.records(lead_id, sees=actor.sees, most=_MOST_RECORDS)
        lead = await tx.leads.get(lead_id) if records else None
        if lead is None:
            raise NotFound("There is no lead with this id.", told=say("refusal.no-lead-of-id"))
        into = lead.merged_into
        if into is not None and not await tx.leads.is_visible(into, sees=actor.sees):
            into = None
        rows = await tx.journeys.rows(records, most=most + 1)
    reader = names.reader(actor, FALLBACK_LANGUAGE)
    told = [row for row in rows if _is_told(row, actor, reader, {*records, into})]
    told.sort(key=lambda row: (row.at, _ORDER[row.kind], row.id))
    entries = tuple(_entry(row, actor, reader, names.zones) for row in told[-most:])
    return Journey(lead=lead, merged_into=into, entries=entries, is_cut=len(told) > most)


def _is_told(row: JourneyRow, actor: Actor, reader: MessageReader, records: Collection[UUID | None]) -> bool:
    """Whether the caller learns of it at all: of findings and of what the gate said to them, a partner has its own side's."""
    if may_read(actor.kind, Reading.REASONS):
        return True
    if row.kind == JourneyKind.MERGED:
        return {row.about["lead"], row.about["into"]} <= {str(one) for one in records}
    if row.kind == JourneyKind.EVIDENCE:
        return reader.reads_source(row.about["source"])
    if row.kind == JourneyKind.GATE:
        setter = row.about["setter"]
        return not reader.hides_others or (setter is not None and reader.reads_rep(setter))
    return row.kind not in _HOUSE_KINDS


def _entry(row: JourneyRow, actor: Actor, reader: MessageReader, zones: Mapping[str, str]) -> JourneyEntry:
    reads_reasons = may_read(actor.kind, Reading.REASONS)
    kind = JourneyKind(row.kind)
    hidden = _UNTOLD if reads_reasons else _UNTOLD | _HOUSE_DETAILS
    details = {
        name: value
        for name, value in row.about.items()
        if value is not None and name not in hidden and (name not in _REPS or reader.reads_rep(value))
    }
    return JourneyEntry(
        at=row.at,
        kind=kind,
        id=row.id,
        lead_id=row.lead_id,
        text=journey_text(row, with_reasons=reads_reasons, zones=zones),
        details=details,
        links=_links(kind, row, actor),
    )


def _links(kind: JourneyKind, row: JourneyRow, actor: Actor) -> dict[str, str]:
    found = {}
    for name, path, holds_id, operation in _LINKS.get(kind, ()):
        to = row.about.get(holds_id) if holds_id else row.id
        if to is not None and is_allowed(actor.kind, actor.scopes, operation):
            found[name] = path.format(to)
    return found

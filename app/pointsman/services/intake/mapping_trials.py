"""What a mapping would make of a body: tried on request, and on the sample of an intake before it is stored."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pointsman.domain.errors import Fault, Invalid, NotFound
from pointsman.domain.text.marked_json import MarkedJson
from pointsman.services.intake.mapping.events import NO_OBJECT, NOT_AN_OBJECT, split_events
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import TAKEN, MappedEvent, map_event
from pointsman.services.intake.mapping.mapping_model import IntakeMapping, outdated_parts, parse_mapping
from pointsman.services.leads.fields import KnownFields, known_fields
from pointsman.services.leads.lead_input import NAMES_NO_COMPANY, NAMES_NO_PERSON, PHONE_UNREAD
from pointsman.services.ports import Env
from pointsman.services.ports.intake.intakes import IntakeRow

_NO_PERSON = "it gives neither an email, nor a phone number, nor an external id: it would end dead"
MAX_TRIED = 100  # events of one trial


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingTrial:
    """What the first MAX_TRIED events of a body would become, a Fault for a refused one; and how many more there are."""

    events: Sequence[MappedEvent | Fault]
    left_out: int


async def try_intake(env: Env, key: str, body: MarkedJson, mapping: Mapping[str, Any] | None) -> MappingTrial:
    """What the intake (or another mapping in its place) would make of a body. Nothing is written."""
    async with env.uow() as tx:
        row = await tx.intakes.by_key(key)
        if row is None:
            raise NotFound(f"There is no intake {key!r}.", code="no-such-intake")
        known = await known_fields(env, tx)
    document, kind, stored, now = row.mapping if mapping is None else mapping, row.kind, row.mapping, env.clock()

    def work() -> MappingTrial:
        return _tried(key, body, parse_mapping(document, kind=kind, known=known, stored=stored), known, now)

    return await to_thread(work)


def check_mapping(
    key: str,
    document: Mapping[str, Any],
    *,
    kind: str,
    sample: Any,
    known: KnownFields,
    now: datetime,
    before: IntakeRow | None,
) -> tuple[IntakeMapping, tuple[Fault, ...]]:
    """The mapping, once it works on the sample; and what of one that is as `before` does not go with the policy any more.

    Raises Invalid with all faults. A mapping may be slow: call it beside the event loop.
    """
    stored = dict(before.mapping) if before is not None else None
    mapping = parse_mapping(document, kind=kind, known=known, stored=stored)
    outdated = tuple(outdated_parts(mapping, known))  # none of a new one: it would have been refused
    if before is not None and (stored, before.kind, before.sample) == (mapping.document(), kind, sample):
        return mapping, outdated
    faults: list[Fault] = []
    for mapped in _tried(key, MarkedJson(sample), mapping, known, now).events:
        if isinstance(mapped, Fault):
            faults.append(replace(mapped, path="sample"))
            continue
        # What a rule took, a number that nothing can call, a site of no company and a made-up address say nothing of the mapping;
        # nor is told twice what is outdated.
        unsaid = TAKEN | {"no-identity", PHONE_UNREAD, NAMES_NO_COMPANY, NAMES_NO_PERSON, "unknown-evidence"}
        wrong = [fault for fault in mapped.warnings if fault.code not in unsaid and fault not in outdated]
        faults += [replace(fault, path=f"mapping.{fault.path}") for fault in wrong]
        finds_address = any(
            fault.code == NAMES_NO_PERSON for fault in mapped.warnings
        )  # senders write test@test.com in samples
        if not mapped.is_usable and not finds_address:
            message = "the sample gives neither an email, nor a phone number, nor an external id"
            path = "lead.email" if "lead.email" in mapping.fields else "lead.phone"
            faults.append(Fault(path=f'mapping.fields["{path}"]', code="no-identity", message=message))
    if faults:
        raise Invalid("The mapping does not work on the sample.", code="mapping-invalid", faults=faults)
    return mapping, outdated


def _tried(key: str, body: MarkedJson, mapping: IntakeMapping, known: KnownFields, now: datetime) -> MappingTrial:
    outdated = tuple(outdated_parts(mapping, known))
    evaluation = Evaluation(0)  # one for the whole trial: it is looked at, not worked off
    events = split_events(body.value, mapping, evaluation)
    mapped: list[MappedEvent | Fault] = []
    for event in events[:MAX_TRIED]:
        if flaws := body.flaws(event):
            mapped.append(flaws[0])
        elif not isinstance(event, dict):
            mapped.append(Fault(path="", code=NO_OBJECT, message=NOT_AN_OBJECT))
        else:
            found = map_event(event, mapping, known, intake=key, at=now, evaluation=evaluation)
            unknown = () if found.is_usable else (Fault(path="fields", code="no-identity", message=_NO_PERSON),)
            mapped.append(replace(found, warnings=(*outdated, *found.warnings, *unknown)))
    return MappingTrial(events=mapped, left_out=max(len(events) - MAX_TRIED, 0))

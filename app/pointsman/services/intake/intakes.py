"""Intakes: who may send leads, how they sign, and how their payload is read."""

import json
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import TypeAdapter

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.domain.text.marked_json import MarkedJson
from pointsman.services.audit import audit
from pointsman.services.intake.mapping.expressions import Evaluation
from pointsman.services.intake.mapping.map_event import (
    NO_OBJECT,
    NOT_AN_OBJECT,
    TAKEN,
    MappedEvent,
    map_event,
    split_events,
)
from pointsman.services.intake.mapping.mapping_model import IntakeMapping, outdated_parts, parse_mapping
from pointsman.services.intake.signatures import Verifier, check_secrets
from pointsman.services.leads.fields import KnownFields, known_fields
from pointsman.services.leads.lead_input import NAMES_NO_COMPANY, NAMES_NO_PERSON, PHONE_UNREAD
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake.intakes import IntakeRow
from pointsman.services.transactions import run_in_transaction

MAX_SECRETS = 5
MAX_SAMPLE = 100_000
MAX_TRIED = 100  # events of one trial

_VERIFIER: TypeAdapter[Verifier] = TypeAdapter(Verifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """An intake made ready: secrets opened, mapping compiled."""

    id: UUID
    key: str
    kind: str
    version: int
    active: bool
    verifier: Verifier
    secrets: tuple[str, ...]
    mapping: IntakeMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingTrial:
    """What the first MAX_TRIED events of a body would become, a Fault for a refused one; and how many more there are."""

    events: Sequence[MappedEvent | Fault]
    left_out: int


@dataclass(slots=True)
class _KeptIntakes:
    """Intakes by key, and mappings with their version by intake id."""

    intakes: dict[str, Intake] = field(default_factory=dict)
    mappings: dict[UUID, tuple[int, IntakeMapping]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeInput:
    """An intake as an admin writes it; `secrets` None keeps the ones it has."""

    title: str
    kind: Literal["lead", "handover"]
    verifier: Verifier
    secrets: Sequence[str] | None
    mapping: Mapping[str, Any]
    sample: Any
    active: bool


async def load_intake(env: Env, key: str, *, fresh: bool = False) -> Intake:
    """The intake, kept until its version is found outdated; NotFound when there is none."""
    kept = env.cache.of(_KeptIntakes).intakes
    intake = kept.get(key)
    if intake is None or fresh:
        async with env.uow.autocommit() as tx:
            row = await tx.intakes.by_key(key)
        if row is None:
            kept.pop(key, None)
            raise NotFound(f"There is no intake {key[:100]!r}.", code="no-such-intake")
        intake = kept[key] = build_intake(env, row)
    return intake


async def load_mapping(env: Env, tx: Tx, intake_id: UUID, version: int) -> IntakeMapping:
    """The mapping of an intake that is known to stand at `version`; its secrets stay sealed."""
    kept = env.cache.of(_KeptIntakes).mappings
    found = kept.get(intake_id)
    if found is None or found[0] != version:
        row = await tx.intakes.by_id(intake_id)
        assert row is not None, "an intake with items is never deleted"
        found = kept[intake_id] = (row.version, _mapping_of(row))
    return found[1]


def build_intake(env: Env, row: IntakeRow) -> Intake:
    """The stored intake with its secrets opened and its default for deduplication filled in."""
    return Intake(
        id=row.id,
        key=row.key,
        kind=row.kind,
        version=row.version,
        active=row.active,
        verifier=_VERIFIER.validate_python(row.verifier),
        secrets=tuple(json.loads(env.secrets.open(row.sealed, context=_context(row.id)))),
        mapping=_mapping_of(row),
    )


def _mapping_of(row: IntakeRow) -> IntakeMapping:
    mapping = IntakeMapping.model_validate(row.mapping)
    if mapping.dedupe is None and row.verifier["scheme"] == "standard_webhooks":
        return mapping.model_copy(update={"dedupe": "header:webhook-id"})
    return mapping


async def create_intake(env: Env, key: str, given: IntakeInput, *, actor: Actor) -> IntakeRow:
    """Check everything, try the mapping on the sample, store. Invalid names all faults; Conflict: the key is taken."""

    async def work(tx: Tx) -> IntakeRow:
        if not given.secrets:
            fault = Fault(path="secrets", code="missing", message="give the secret that the sender signs with")
            raise Invalid("Without a secret, any sender could send leads.", faults=[fault])
        intake_id = env.new_id()
        mapping, _ = await _checked(env, tx, key, given)
        row = IntakeRow(
            id=intake_id,
            key=key,
            title=given.title,
            kind=given.kind,
            verifier=given.verifier.model_dump(mode="json"),
            sealed=_seal(env, intake_id, given.secrets),
            mapping=mapping.document(),
            sample=given.sample,
            active=given.active,
            version=1,
            created_at=env.clock(),
        )
        if not await tx.intakes.add(row):
            raise Conflict(f"There is an intake {key!r} already: replace it, or choose another key.", code="key-taken")
        await _audit_intake(env, tx, row, "intake.created", None, actor)
        return row

    return await run_in_transaction(env, work)


async def replace_intake(
    env: Env, key: str, given: IntakeInput, *, actor: Actor
) -> tuple[IntakeRow, tuple[Fault, ...]]:
    """As `create_intake`, in the place of the stored one; requests under way see the new version at once.

    A mapping that stays as it is was checked before: what of it the policy has dropped since is a warning, so that a secret
    can be rotated at any time.
    """

    async def work(tx: Tx) -> tuple[IntakeRow, tuple[Fault, ...]]:
        before = await tx.intakes.by_key(key, lock=True)
        if before is None:
            raise NotFound(f"There is no intake {key!r}.", code="no-such-intake")
        mapping, warnings = await _checked(env, tx, key, given, before)
        row = replace(
            before,
            title=given.title,
            kind=given.kind,
            verifier=given.verifier.model_dump(mode="json"),
            sealed=before.sealed if given.secrets is None else _seal(env, before.id, given.secrets),
            mapping=mapping.document(),
            sample=given.sample,
            active=given.active,
            version=before.version + 1,
        )
        await tx.intakes.replace(row)
        await _audit_intake(env, tx, row, "intake.replaced", before, actor)
        return row, warnings

    return await run_in_transaction(env, work)


async def deactivate_intake(env: Env, key: str, *, actor: Actor) -> IntakeRow:
    """From now on its sender gets 410; what was accepted is still processed."""

    async def work(tx: Tx) -> IntakeRow:
        before = await tx.intakes.by_key(key, lock=True)
        if before is None:
            raise NotFound(f"There is no intake {key!r}.", code="no-such-intake")
        row = replace(before, active=False, version=before.version + 1)
        await tx.intakes.replace(row)
        await _audit_intake(env, tx, row, "intake.deactivated", before, actor)
        return row

    return await run_in_transaction(env, work)


async def get_intake(env: Env, key: str) -> IntakeRow:
    async with env.uow() as tx:
        row = await tx.intakes.by_key(key)
    if row is None:
        raise NotFound(f"There is no intake {key!r}.", code="no-such-intake")
    return row


async def list_intakes(env: Env) -> Sequence[IntakeRow]:
    async with env.uow() as tx:
        return await tx.intakes.list()


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


async def _checked(
    env: Env, tx: Tx, key: str, given: IntakeInput, before: IntakeRow | None = None
) -> tuple[IntakeMapping, tuple[Fault, ...]]:
    """The mapping, and what of one that stays as it was `before` does not go with the policy any more."""
    if given.secrets is not None:
        if not 1 <= len(given.secrets) <= MAX_SECRETS:
            raise Invalid(f"An intake has 1 to {MAX_SECRETS} secrets.")
        check_secrets(given.verifier, given.secrets)
    if len(json.dumps(given.sample)) > MAX_SAMPLE:
        raise Invalid("The sample is too large: keep one typical event.", code="too-large")
    known = await known_fields(env, tx)
    return await to_thread(_works_on_sample, key, given, known, env.clock(), before)


def _works_on_sample(
    key: str, given: IntakeInput, known: KnownFields, now: datetime, before: IntakeRow | None
) -> tuple[IntakeMapping, tuple[Fault, ...]]:
    stored = dict(before.mapping) if before is not None else None
    mapping = parse_mapping(given.mapping, kind=given.kind, known=known, stored=stored)
    outdated = tuple(outdated_parts(mapping, known))  # none of a new one: it would have been refused
    if before is not None and (stored, before.kind, before.sample) == (mapping.document(), given.kind, given.sample):
        return mapping, outdated
    faults: list[Fault] = []
    for mapped in _tried(key, MarkedJson(given.sample), mapping, known, now).events:
        if isinstance(mapped, Fault):
            faults.append(replace(mapped, path="sample"))
            continue
        # What a rule took, a number that nothing can call, a site of no company and a made-up address say nothing of the mapping;
        # nor is told twice what is outdated.
        unsaid = TAKEN | {PHONE_UNREAD, NAMES_NO_COMPANY, NAMES_NO_PERSON, "unknown-evidence"}
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
            mapped.append(replace(found, warnings=(*outdated, *found.warnings)))
    return MappingTrial(events=mapped, left_out=max(len(events) - MAX_TRIED, 0))


def _seal(env: Env, intake_id: UUID, secrets: Sequence[str]) -> bytes:
    return env.secrets.seal(json.dumps(list(secrets)).encode(), context=_context(intake_id))


def _context(intake_id: UUID) -> str:
    return f"intake:{intake_id}"


async def _audit_intake(env: Env, tx: Tx, row: IntakeRow, action: str, before: IntakeRow | None, actor: Actor) -> None:
    await audit(
        env,
        tx,
        actor,
        action,
        f"intake:{row.key}",
        before=_shown(before) if before else None,
        after=_shown(row) | {"secrets_changed": before is None or before.sealed != row.sealed},
    )


def _shown(row: IntakeRow) -> dict[str, Any]:
    """What the audit may keep: neither secrets nor the sample, which may hold a person."""
    shown = {"kind": row.kind, "verifier": row.verifier, "mapping": row.mapping, "active": row.active}
    return cast("dict[str, Any]", shown | {"version": row.version})

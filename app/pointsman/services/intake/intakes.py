"""Intakes: who may send leads, how they sign, and how their payload is read."""

import json
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, NotFound
from pointsman.services.audit import audit
from pointsman.services.intake.mapping.mapping_model import IntakeMapping
from pointsman.services.intake.mapping_trials import check_mapping
from pointsman.services.intake.signing_secrets import ProvenByConnector, check_secrets
from pointsman.services.leads.fields import known_fields
from pointsman.services.ports import Actor, Env, Tx
from pointsman.services.ports.intake.intakes import IntakeRow
from pointsman.services.ports.intake.signatures import SignatureScheme
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

MAX_SAMPLE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """An intake made ready: secrets opened, mapping compiled."""

    id: UUID
    key: str
    kind: str
    version: int
    active: bool
    scheme: SignatureScheme
    secrets: tuple[str, ...]
    mapping: IntakeMapping
    connection: str | None = None  # whose connector answers its webhooks, in place of scheme and secrets


@dataclass(slots=True)
class _KeptIntakes:
    """Intakes by key, and mappings with their version by intake id."""

    intakes: dict[str, Intake] = field(default_factory=dict)
    mappings: dict[UUID, tuple[int, IntakeMapping]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeInput:
    """An intake as an admin writes it; `secrets` None keeps the ones it has.

    With a `connection` its connector proves the sender: there are no verifier and no secrets.
    """

    title: str
    kind: Literal["lead", "handover"]
    verifier: Mapping[str, Any]
    secrets: Sequence[str] | None
    mapping: Mapping[str, Any]
    sample: Any
    active: bool
    connection: str | None = None


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
        found = kept[intake_id] = (row.version, _mapping_of(row, _scheme_of(env, row.connection, row.verifier)))
    return found[1]


def build_intake(env: Env, row: IntakeRow) -> Intake:
    """The stored intake with its secrets opened and its default for deduplication filled in."""
    scheme = _scheme_of(env, row.connection, row.verifier)
    return Intake(
        id=row.id,
        key=row.key,
        kind=row.kind,
        version=row.version,
        active=row.active,
        scheme=scheme,
        secrets=tuple(json.loads(env.secrets.open(row.sealed, context=_context(row.id)))),
        mapping=_mapping_of(row, scheme),
        connection=row.connection,
    )


def _scheme_of(env: Env, connection: str | None, verifier: Mapping[str, Any]) -> SignatureScheme:
    return env.signatures.read(verifier) if connection is None else ProvenByConnector()


def _mapping_of(row: IntakeRow, scheme: SignatureScheme) -> IntakeMapping:
    mapping = IntakeMapping.model_validate(row.mapping)
    if mapping.dedupe is None and scheme.event_header is not None:
        return mapping.model_copy(update={"dedupe": f"header:{scheme.event_header}"})
    return mapping


async def create_intake(env: Env, key: str, given: IntakeInput, *, actor: Actor) -> IntakeRow:
    """Check everything, try the mapping on the sample, store. Invalid names all faults; Conflict: the key is taken."""

    async def work(tx: Tx) -> IntakeRow:
        if given.connection is None and not given.secrets:
            fault = Fault(path="body.secrets", code="missing", message="give the secret that the sender signs with")
            raise Invalid("Without a secret, any sender could send leads.", faults=[fault])
        intake_id = env.new_id()
        await _check_connection(env, tx, given)
        scheme = _scheme_of(env, given.connection, given.verifier)
        mapping, _ = await _checked(env, tx, key, given, scheme)
        row = IntakeRow(
            id=intake_id,
            key=key,
            title=given.title,
            kind=given.kind,
            verifier=scheme.document,
            connection=given.connection,
            sealed=_seal(env, intake_id, given.secrets or ()),
            mapping=mapping.document(),
            sample=given.sample,
            active=given.active,
            version=1,
            created_at=env.clock(),
        )
        if not await tx.intakes.add(row):
            raise Conflict(f"There is an intake {key!r} already: replace it, or choose another key.", code="key-taken")
        if row.connection is not None:
            await tx.feeds.begin(row.id, at=env.clock())
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
        if given.connection != before.connection:
            message = "who proves an intake's senders stays as it was made: make another intake"
            raise Invalid(message, faults=[Fault(path="body.connection", code="fixed", message=message)])
        await _check_connection(env, tx, given)
        scheme = _scheme_of(env, given.connection, given.verifier)
        mapping, warnings = await _checked(env, tx, key, given, scheme, before)
        row = replace(
            before,
            title=given.title,
            kind=given.kind,
            verifier=scheme.document,
            sealed=before.sealed if given.secrets is None else _seal(env, before.id, given.secrets),
            mapping=mapping.document(),
            sample=given.sample,
            active=given.active,
            version=before.version + 1,
        )
        await tx.intakes.replace(row)
        await tx.alerts.resolve(at=env.clock(), code=AlertCode.INTAKE_MISSED, subject=f"intake:{key}")
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


async def _checked(
    env: Env, tx: Tx, key: str, given: IntakeInput, scheme: SignatureScheme, before: IntakeRow | None = None
) -> tuple[IntakeMapping, tuple[Fault, ...]]:
    """As `check_mapping`, once the secrets and the size of the sample are right."""
    if given.secrets is not None and given.connection is None:
        check_secrets(scheme, given.secrets)
    if len(json.dumps(given.sample)) > MAX_SAMPLE:
        raise Invalid("The sample is too large: keep one typical event.", code="too-large")
    known = await known_fields(env, tx)
    return await to_thread(
        check_mapping,
        key,
        given.mapping,
        kind=given.kind,
        sample=given.sample,
        known=known,
        now=env.clock(),
        before=before,
    )


async def _check_connection(env: Env, tx: Tx, given: IntakeInput) -> None:
    """Invalid unless its senders are proven in one way: by a connection that has webhooks, or by a verifier and secrets."""
    if given.connection is None:
        if not given.verifier:
            message = "say how the sender proves itself: a `verifier` with `secrets`, or a `connection`"
            raise Invalid(message, faults=[Fault(path="body.verifier", code="missing", message=message)])
        return
    row = await tx.connections.get(given.connection)
    message = ""
    if given.verifier or given.secrets:
        message = "the connection proves the sender: leave `verifier` and `secrets` out"
    elif row is None:
        message = f"there is no connection '{given.connection:.60}'"
    elif not env.intake.takes_in(row.connector):
        message = f"{row.connector} has no webhooks: give a `verifier` and `secrets`"
    if message:
        raise Invalid(message, faults=[Fault(path="body.connection", code="connection-unusable", message=message)])


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
    shown = {
        "kind": row.kind,
        "connection": row.connection,
        "verifier": row.verifier,
        "mapping": row.mapping,
        "active": row.active,
    }
    return cast("dict[str, Any]", shown | {"version": row.version})

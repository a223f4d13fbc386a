"""Connections to vendors: saved, checked and switched off."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pointsman.domain.errors import Conflict, Fault, Invalid, PointsmanError, Unavailable
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, intake_name, say
from pointsman.services.audit import audit
from pointsman.services.connections.field_faults import LOOK_AGAIN, field_subject
from pointsman.services.connections.mapped_fields import MappedFieldIn, check_fields, require_fields, typed_fields
from pointsman.services.connections.missing import no_connection
from pointsman.services.connections.record_fields import check_record_fields, require_record_fields
from pointsman.services.connections.sign_in import pending_fault
from pointsman.services.deliveries.connection_faults import audit_fault, put_back_into_use, put_out_of_use
from pointsman.services.deliveries.enqueue import resume_connection
from pointsman.services.deliveries.fields.sides import fact_types
from pointsman.services.deliveries.records.existing_leads import begin_or_stop
from pointsman.services.deliveries.vendor_error_text import failure_message, refusal_text
from pointsman.services.ports import (
    Actor,
    ConnectionRef,
    ConstraintRefused,
    Env,
    Tx,
    VendorError,
    VendorReauthError,
    VendorRejectedError,
)
from pointsman.services.ports.booking.connections import ConnectionRow, OnRelease, RecordValue
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.ports.vendors.crm import CrmField
from pointsman.services.transactions import run_in_transaction


async def save_connection(
    env: Env,
    key: str,
    *,
    connector: str,
    config: Mapping[str, Any],
    active: bool,
    actor: Actor,
    sync_owners: bool = False,
    on_release: OnRelease = OnRelease.CLEAR,
    record: Mapping[RecordValue, str] = MappingProxyType({}),
    fields: Sequence[MappedFieldIn] = (),
    max_reading_age_s: int | None = None,
    existing_leads: bool = True,
) -> tuple[ConnectionRow, bool]:
    """Check a connection with one call to its vendor, then save it; (the row, whether it is new).

    One over which a human signs in is saved `pending`, and checked when somebody has; so is one whose configuration changed.
    One that is switched off is not checked: its vendor may be what is wrong.

    With `sync_owners` it is a CRM that hears from now on who owns a lead and which meetings there are; `on_release` says what
    becomes of the owner there once nobody has the lead, `record` which of its fields has what is told beside the owner, and
    `fields` which facts go where: its fields are asked for, where its connector lists them. With `existing_leads` it is told of
    the leads that reps have already where it is a CRM from now on, or is to be told more. `max_reading_age_s` is how old a
    reading of its calendars may be to show slots and to route by (None: FOR_SLOTS). Raises Invalid (configuration, no such
    connector, no CRM, or the vendor says no), Conflict (of another connector), Unavailable (no answer).
    """
    async with env.uow() as tx:
        there = await tx.connections.get(key)
        types = await fact_types(env, tx) if fields else None
    if there is not None:
        # Before the vendor is asked, who would be lent what the other connector keeps.
        _require_same_connector(there, connector)
    public, sealed, pending = _sealed(env, connector, config, there, active=active)
    if sync_owners and not env.crm.is_crm(connector):
        message = f"{connector} is no CRM: it has no owners to sync. Leave `sync_owners` out."
        raise Invalid(
            message,
            faults=[
                Fault(
                    path="body.sync_owners",
                    code="no-crm",
                    message=message,
                    told=say("refusal.no-crm", connector=connector),
                )
            ],
            told=say("refusal.no-crm", connector=connector),
        )
    check_record_fields(record, sync_owners=sync_owners)
    check_fields(fields, record, types, sync_owners=sync_owners)
    connection_id = there.id if there else env.new_id()
    mapped = typed_fields(fields, None)
    is_asked = active and not pending
    if is_asked:
        ref = ConnectionRef(id=connection_id, connector=connector, config=public, sealed=sealed)
        listed = await _check(env, ref, asks_fields=bool(record or fields))
        require_record_fields(record, listed)
        mapped = typed_fields(fields, listed)
        require_fields(mapped, listed, types)
    row = ConnectionRow(
        id=connection_id,
        key=key,
        connector=connector,
        config=public,
        sealed=sealed,
        active=active,
        pending=pending,
        fault=pending_fault(key) if pending else None,
        created_at=there.created_at if there else env.clock(),
        sync_owners=sync_owners,
        on_release=on_release,
        record=record,
        fields=mapped,
        # What was not asked for is looked at as soon as it can be.
        fields_due_at=None if not mapped else env.clock() + (LOOK_AGAIN if is_asked else timedelta()),
        max_reading_age_s=max_reading_age_s,
    )

    async def work(tx: Tx) -> ConnectionRow:
        now = env.clock()
        before = await tx.connections.get(key, lock=True)
        if before is None:
            await tx.connections.add(row)
        else:
            _require_same_connector(before, connector)
            await tx.connections.change(replace(row, id=before.id))
            if pending:
                await tx.sign_ins.drop_tokens(before.id)
            await tx.calendars.drop_readings(before.id)  # what was read with the old settings says nothing
            await tx.calendars.renew_watches(before.id, at=now)
            await tx.alerts.resolve(at=now, code=AlertCode.CONNECTION_REAUTH, subject=f"connection:{key}")
            for name in before.field_faults:
                await tx.alerts.resolve(at=now, code=AlertCode.CRM_FIELD, subject=field_subject(key, name))
            await tx.paces.forgive(before.id, at=now, worked=False)
            if before.config != public:
                # It may be another account, which has nothing of ours yet: what is missing there was deleted by no human.
                await tx.deliveries.owe_again(before.id, at=now)
                await tx.rep_users.forget(before.id)
                await tx.crm_records.forget(before.id)
                await _disown_events(env, tx, before.id)
            else:
                await tx.calendars.doubt(before.id, at=now)  # other secrets may be those of another account
            await resume_connection(env, tx, before.id)
        await begin_or_stop(
            env, tx, before, row if before is None else replace(row, id=before.id), existing_leads=existing_leads
        )
        await audit(
            env,
            tx,
            actor,
            "connection.changed" if before else "connection.added",
            f"connection:{key}",
            before=_audited(before) | {"error": _stored(before.fault)} if before else None,
            after=_audited(row),
        )
        return row if before is None else replace(row, id=before.id, created_at=before.created_at)

    try:
        return await run_in_transaction(env, work), there is None
    except ConstraintRefused as refused:
        raise Conflict(
            f"Another request has just made {key}. Try again.",
            code="stale-version",
            told=say("refusal.connection-just-made", key=key),
        ) from refused


def _sealed(
    env: Env, connector: str, config: Mapping[str, Any], there: ConnectionRow | None, *, active: bool
) -> tuple[Mapping[str, Any], bytes, bool]:
    """The settings, their secrets, and whether somebody has to sign in.

    Of one whose connector is gone or broken, they stay as they are where it is switched off.
    """
    try:
        public, sealed = env.calendars.seal(connector, config)
    except PointsmanError as error:
        if active or there is None or error.code not in {"unknown-connector", "connector-broken"}:
            raise
        return there.config, there.sealed, there.pending
    changes = there is None or there.pending or there.config != public
    return public, sealed, changes and env.sign_ins.needed(connector, config)


async def _disown_events(env: Env, tx: Tx, connection_id: UUID) -> None:
    """What only an id was told of would be read from another account, where the id may be another person's."""
    code = CodedMessage("settings-changed", say("arrival.settings-changed"))
    for item, intake in await tx.events.disown(connection_id, error=code):
        told = say("alerts.inbox-dead", intake=intake_name(intake), error=code.message, item=str(item))
        await tx.alerts.put(
            id=env.new_id(), at=env.clock(), code=AlertCode.INBOX_DEAD, subject=f"inbox:{item}", message=told
        )


async def check_connection(env: Env, key: str, *, actor: Actor) -> ConnectionRow:
    """Ask the vendor whether the connection works, and write down when it does not any more (or does again)."""
    async with env.uow() as tx:
        row = await _connection(tx, key)
    if row.pending:
        return row  # there is nothing to ask the vendor with
    fault: Message | None = None
    try:
        await env.calendars.check(row.ref())
    except VendorReauthError as error:
        fault = failure_message(error)
    except (VendorError, TimeoutError) as error:
        told = failure_message(error)
        raise Unavailable(
            f"{key} does not answer: {refusal_text(error)}", code="vendor-unavailable", told=told
        ) from error

    async def work(tx: Tx) -> None:
        if fault is None:
            await put_back_into_use(env, tx, row, actor=actor)
        elif await put_out_of_use(env, tx, row, fault):
            await audit_fault(env, tx, row, fault, actor=actor)

    await run_in_transaction(env, work)
    return replace(row, fault=fault)


async def get_connection(env: Env, key: str) -> ConnectionRow:
    """Raises NotFound."""
    async with env.uow() as tx:
        return await _connection(tx, key)


async def list_connections(env: Env, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[ConnectionRow]:
    """Newest first."""
    async with env.uow() as tx:
        return await tx.connections.page(after=after, limit=limit)


def _require_same_connector(before: ConnectionRow, connector: str) -> None:
    if before.connector != connector:
        raise Conflict(
            f"{before.key} is a connection of {before.connector}; make another one for {connector}.",
            code="other-connector",
            told=say("refusal.other-connector", key=before.key, there=before.connector, wanted=connector),
        )


async def _check(env: Env, ref: ConnectionRef, *, asks_fields: bool) -> Sequence[CrmField] | None:
    """The fields that the vendor has of people; None where they are not asked for, or its connector lists none."""
    try:
        await env.calendars.check(ref)
        return await env.crm.person_fields(ref) if asks_fields else None
    except VendorReauthError as error:
        message = f"The vendor refuses these credentials: {refusal_text(error)}"
        told = say("refusal.credentials", why=failure_message(error))
        raise _refused("credentials-refused", message, told) from error
    except VendorRejectedError as error:
        message = f"The vendor rejects this configuration: {refusal_text(error)}"
        raise _refused("rejected", message, say("refusal.configuration", why=failure_message(error))) from error
    except (VendorError, TimeoutError) as error:
        raise Unavailable(
            f"The vendor does not answer, so nothing was saved: {refusal_text(error)}",
            code="vendor-unavailable",
            told=say("refusal.vendor-silent", why=failure_message(error)),
        ) from error


def _audited(row: ConnectionRow) -> dict[str, Any]:
    return {
        "connector": row.connector,
        "active": row.active,
        "pending": row.pending,
        "sync_owners": row.sync_owners,
        "on_release": row.on_release.value,
        "record": {value.value: name for value, name in row.record.items()},
        "fields": [one.as_json() for one in row.fields],
        "max_reading_age_s": row.max_reading_age_s,
    }


def _stored(fault: Message | None) -> dict[str, Any] | None:
    return fault.as_json() if fault is not None else None


def _refused(code: str, message: str, told: Message) -> Invalid:
    return Invalid(
        message, code=code, told=told, faults=[Fault(path="body.config", code=code, message=message, told=told)]
    )


async def _connection(tx: Tx, key: str) -> ConnectionRow:
    row = await tx.connections.get(key)
    if row is None:
        raise no_connection(key)
    return row

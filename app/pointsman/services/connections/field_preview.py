"""What a CRM's people have for fields, and what the mapping would do with a real record: nothing is written."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pointsman.domain.errors import Invalid, NotFound, Unavailable
from pointsman.domain.field_mapping.choosing import Act, Why, choose
from pointsman.domain.field_mapping.mapped import MappedField
from pointsman.domain.leads.facts import FactValue
from pointsman.domain.messages.message import say
from pointsman.domain.permissions.operations import Operation
from pointsman.services.connections.mapped_fields import MappedFieldIn, check_fields, require_fields, typed_fields
from pointsman.services.connections.missing import no_connection
from pointsman.services.deliveries.fields.sides import fact_of, fact_types, our_side, their_side, type_of
from pointsman.services.deliveries.records.lead_record import person_key
from pointsman.services.deliveries.vendor_error_text import failure_message, refusal_text
from pointsman.services.ports import Actor, Env, VendorError, VendorReauthError, VendorRejectedError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.crm_records import CrmRecordRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.vendors.crm import CrmField, CrmPerson

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedField:
    """One mapped field of a real record: both values, each also as the other side would have it, and what would be done."""

    row: MappedField
    ours: FactValue | None
    ours_there: object
    theirs: object
    theirs_here: FactValue | None
    act: Act
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPreview:
    """The record that was looked at; None: the CRM has none of the lead."""

    lead_id: UUID
    record_id: str | None
    url: str | None
    fields: Sequence[PreviewedField]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    connection: ConnectionRow
    lead: LeadRow
    row: CrmRecordRow | None
    record_id: str | None


async def list_crm_fields(env: Env, key: str) -> tuple[ConnectionRow, Sequence[CrmField]]:
    """The fields of people, as the vendor answers now, with the connection.

    Raises NotFound, Invalid (`no-field-list`: no CRM, or its connector lists none; `credentials-refused`; `not-signed-in`),
    Unavailable.
    """
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
    if connection is None:
        raise no_connection(key)
    _require_crm(env, connection)
    listed = await _asked(key, env.crm.person_fields(connection.ref()))
    if listed is None:
        raise _no_list(key)
    return connection, listed


async def preview_fields(
    env: Env,
    key: str,
    *,
    lead_id: UUID | None,
    record_id: str | None,
    fields: Sequence[MappedFieldIn] | None,
    actor: Actor,
) -> FieldPreview:
    """What would be done now with the lead's record, or with the lead of this record. Nothing is written.

    `fields` are tried in the place of those that are saved, by who may save them. Raises as `list_crm_fields`, NotFound for a
    lead that the caller does not see, Forbidden, and Invalid for faulty `fields`.
    """
    actor.require(Operation.LEAD_READ)
    if fields is not None:
        actor.require(Operation.CONNECTION)
    known = await _known(env, key, lead_id, record_id, actor)
    connection = known.connection
    async with env.uow() as tx:
        types = await fact_types(env, tx)
    rows, seen = connection.fields, known.row.seen if known.row is not None else {}
    if fields is not None:
        check_fields(fields, connection.record, types, sync_owners=True)
        listed = await _asked(key, env.crm.person_fields(connection.ref()))
        rows, seen = (
            typed_fields(fields, listed),
            {name: one for name, one in seen.items() if _is_saved(connection, fields, name)},
        )
        require_fields(rows, listed, types)
    lead = known.lead
    person = CrmPerson(key=person_key(lead.id), id=known.record_id, email=lead.email, phone=lead.phone_key, name="")
    there = await _asked(key, env.crm.read_person(connection.ref(), person))
    changed_at = known.row.told_at if known.row is not None else None
    found = []
    for row in rows:
        raw = there.fields.get(row.field) if there is not None else None
        ours, said = our_side(row, lead)
        theirs, value = their_side(row, raw, type_of(row.fact, types), at=changed_at or env.clock())
        choice = choose(row, ours, theirs, seen.get(row.field) if there is not None else None)
        is_left_out = fields is None and row.field in connection.field_faults
        found.append(
            PreviewedField(
                row=row,
                ours=fact_of(lead, row.fact),
                ours_there=said,
                theirs=raw,
                theirs_here=value,
                act=Act.NOTHING if is_left_out else choice.act,
                why=Why.LEFT_OUT if is_left_out else choice.why,
            )
        )
    shown = (there.id, there.url) if there is not None else (None, None)
    return FieldPreview(lead_id=lead.id, record_id=shown[0], url=shown[1], fields=found)


async def _known(env: Env, key: str, lead_id: UUID | None, record_id: str | None, actor: Actor) -> _Known:
    async with env.uow() as tx:
        connection = await tx.connections.get(key)
        if connection is None:
            raise no_connection(key)
        _require_crm(env, connection)
        row = None
        if record_id is not None:
            row = await tx.crm_records.get(connection.id, record_id)
            lead_id = row.lead_id if row is not None else await tx.crm_records.lead_of(connection.id, record_id)
        elif lead_id is not None:
            row = await tx.crm_records.of_lead(connection.id, lead_id)
            record_id = row.record_id if row is not None else None
        lead = await tx.leads.get(lead_id) if lead_id is not None else None
        if lead is None or not await tx.leads.is_visible(lead.id, sees=actor.sees):
            raise NotFound("There is no such lead.", told=say("refusal.no-such-lead"))
        return _Known(connection=connection, lead=lead, row=row, record_id=record_id)


def _is_saved(connection: ConnectionRow, given: Sequence[MappedFieldIn], name: str) -> bool:
    """Whether what was seen of this field was seen for the same fact."""
    facts = {one.field: one.fact for one in given}
    return any(one.field == name and facts.get(name) == one.fact for one in connection.fields)


def _require_crm(env: Env, connection: ConnectionRow) -> None:
    key = connection.key
    if not env.crm.is_crm(connection.connector):
        raise _no_list(key)
    if connection.pending:
        raise Invalid(
            f"There is no list before a first sign-in: POST /v1/connections/{key}/sign-in gives the address to do so.",
            code="not-signed-in",
            told=say("refusal.no-list-before-sign-in", key=key),
        )


def _no_list(key: str) -> Invalid:
    return Invalid(f"{key} lists no fields.", code="no-field-list", told=say("refusal.no-field-list", key=key))


async def _asked(key: str, call: Awaitable[T]) -> T:
    try:
        return await call
    except VendorReauthError as error:
        said = f"The vendor refuses the credentials of {key}: {refusal_text(error)}"
        raise Invalid(
            said, code="credentials-refused", told=say("refusal.credentials", why=failure_message(error))
        ) from error
    except VendorRejectedError as error:
        said = f"{key} does not tell its fields: {refusal_text(error)}"
        raise Invalid(said, code="no-field-list", told=failure_message(error)) from error
    except (VendorError, TimeoutError) as error:
        told = failure_message(error)
        raise Unavailable(
            f"{key} does not answer: {refusal_text(error)}", code="vendor-unavailable", told=told
        ) from error

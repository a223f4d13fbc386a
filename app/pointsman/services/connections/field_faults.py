"""Saved mappings of fields are looked at daily: what was renamed or taken away there is an alert by day, and left out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pointsman.domain.errors import Fault
from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.services.audit import audit
from pointsman.services.connections.mapped_fields import vendor_faults
from pointsman.services.deliveries.fields.sides import fact_types
from pointsman.services.ports import WORKER, Env, Tx, VendorError
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

LOOK_AGAIN = timedelta(days=1)
#: While the vendor does not answer; that it does not is an alert of its own.
_AFTER_FAILURE = timedelta(minutes=10)
_AT_ONCE = 20


def field_subject(connection: str, field: str) -> str:
    """What an alert about a mapped field is about."""
    return f"connection:{connection}/field:{field}"


async def check_mapped_fields(env: Env) -> int:
    """Look at the mappings that are due; how many were looked at."""
    async with env.uow() as tx:
        due = await tx.connections.with_fields_due(at=env.clock(), limit=_AT_ONCE)
    for row in due:
        await _look_at(env, row)
    return len(due)


async def _look_at(env: Env, row: ConnectionRow) -> None:
    try:
        listed = await env.crm.person_fields(row.ref())
    except (VendorError, TimeoutError):
        async with env.uow() as tx:
            later = env.clock() + _AFTER_FAILURE
            await tx.connections.note_fields(
                row.id, row.field_faults, seen_fields=row.fields, fields=row.fields, due_at=later
            )
        return

    async def work(tx: Tx) -> None:
        types = await fact_types(env, tx)
        found = vendor_faults(row.fields, listed, types) if listed is not None else {}
        faults = {name: fault for name, fault in found.items() if fault is not None}
        told = {name: fault.told for name, fault in faults.items() if isinstance(fault.told, Message)}
        due_at = env.clock() + LOOK_AGAIN
        # One that was saved before the vendor could be asked has its type from now on.
        by_name = {one.name: one.type for one in listed or ()}
        fields = [
            one if one.field in told else replace(one, type=by_name.get(one.field, one.type)) for one in row.fields
        ]
        if await tx.connections.note_fields(row.id, told, seen_fields=row.fields, fields=fields, due_at=due_at):
            await _tell(env, tx, row, told, faults)

    await run_in_transaction(env, work)


async def _tell(env: Env, tx: Tx, row: ConnectionRow, told: Mapping[str, Message], faults: Mapping[str, Fault]) -> None:
    now = env.clock()
    for name, why in told.items():
        message = say("alerts.crm-field", connection=connection_name(row.key), name=name[:60], error=why)
        await tx.alerts.put(
            id=env.new_id(), at=now, code=AlertCode.CRM_FIELD, subject=field_subject(row.key, name), message=message
        )
    for name in row.field_faults.keys() - told.keys():
        await tx.alerts.resolve(at=now, code=AlertCode.CRM_FIELD, subject=field_subject(row.key, name))
    if told.keys() != row.field_faults.keys():
        await audit(
            env,
            tx,
            WORKER,
            "connection.fields-checked",
            f"connection:{row.key}",
            before={"left_out": sorted(row.field_faults)},
            after={"left_out": {name: faults[name].code for name in sorted(told)}},
        )

"""Owing what a rule has the CRM do beside the owner, in the transaction of the decision that gives the lead away by it.

What is to be done is kept with the delivery, as the policy of the decision says it: a later policy changes nothing of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pointsman.domain.policy.crm.actions import CrmAbility, CrmActions
from pointsman.services.deliveries.jobs import defer_deliveries
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow, in_order_of_connecting
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted

_ABILITIES: Mapping[DeliveryKind, CrmAbility] = {
    DeliveryKind.FIELDS: CrmAbility.RECORDS,
    DeliveryKind.TASK: CrmAbility.TASKS,
    DeliveryKind.MEMBERSHIP: CrmAbility.LISTS,
}


async def owe_rule_actions(
    env: Env, tx: Tx, given: CrmActions | None, *, decision_id: UUID, at: datetime, lead_id: UUID, rep_id: UUID
) -> None:
    """Owe each action of the rule once, for the rep who gets the lead; nothing where no CRM can do it."""
    if given is None:
        return
    crms = in_order_of_connecting(await tx.connections.owner_keeping_crms())
    rows = [
        _row(env, connection.id, kind, key, action, lead_id=lead_id, rep_id=rep_id)
        for kind, key, action in _actions(given, decision_id, at)
        if (connection := _connection(env, given, crms, _ABILITIES[kind])) is not None
    ]
    await tx.deliveries.add_each(rows)
    await defer_deliveries(tx, rows)


def _actions(
    given: CrmActions, decision_id: UUID, at: datetime
) -> Iterator[tuple[DeliveryKind, str, Mapping[str, Any]]]:
    """Kind, name at the vendor and content of each."""
    by = {"decision": str(decision_id)}
    if given.set_:
        yield DeliveryKind.FIELDS, f"pm-set-{decision_id}", {**by, "set": dict(given.set_)}
    for i, task in enumerate(given.tasks, 1):
        due = {"due": (at + task.due_in).isoformat()}
        content = {"subject": task.subject, "text": task.text or "", **due}
        yield DeliveryKind.TASK, f"pm-task-{decision_id}-{i}", {**by, **content}
    for i, name in enumerate(given.lists, 1):
        yield DeliveryKind.MEMBERSHIP, f"pm-list-{decision_id}-{i}", {**by, "list": name}


def _connection(
    env: Env, given: CrmActions, crms: Sequence[ConnectionRow], ability: CrmAbility
) -> ConnectionRow | None:
    """The CRM that the rule names, else the one that was connected first of those that can do it."""
    if given.connection is not None:
        return next((one for one in crms if one.key == given.connection), None)
    return next((one for one in crms if ability in env.crm.abilities(one.connector)), None)


def _row(
    env: Env,
    connection_id: UUID,
    kind: DeliveryKind,
    key: str,
    action: Mapping[str, Any],
    *,
    lead_id: UUID,
    rep_id: UUID,
) -> DeliveryRow:
    now = env.clock()
    return DeliveryRow(
        id=env.new_id(),
        lead_id=lead_id,
        appointment_id=None,
        rep_id=rep_id,
        connection_id=connection_id,
        calendar="",
        kind=kind,
        wanted=Wanted.PUT,
        key=key,
        sequence=0,
        status="pending",
        attempts=0,
        owed_at=now,
        next_attempt_at=now,
        error_code=None,
        last_error=None,
        vendor_id=None,
        vendor_version=None,
        created_at=now,
        done_at=None,
        action=action,
    )

"""The connection that mail about an appointment goes over: that of the message before, while it is switched on."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from pointsman.domain.policy.invitations import InvitationRules
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryRow


async def mail_connection(tx: Tx, rules: InvitationRules, sent: Sequence[DeliveryRow]) -> UUID | None:
    """Where the last message about the appointment went, so that its sender stays the same.

    Once an admin switched that off, the one that the rules name; None where none was ever named.
    """
    if not sent:
        return way_of_mail(await named_connection(tx, rules), None)
    last = max(sent, key=lambda item: (item.created_at, item.sequence)).connection_id
    return await other_connection(tx, rules, last) or last


async def named_connection(tx: Tx, rules: InvitationRules) -> ConnectionRow | None:
    """The one that the rules name, where there is such."""
    return await tx.connections.get(rules.connection) if rules.connection is not None else None


def way_of_mail(named: ConnectionRow | None, last: UUID | None, *, is_on: bool = True) -> UUID | None:
    """The connection that the next message goes over: after one over `last`, which is on or off, by rules that name this one."""
    if named is None or (last is not None and (is_on or not named.active)):
        return last
    return named.id


async def other_connection(tx: Tx, rules: InvitationRules, used: UUID) -> UUID | None:
    """The connection that takes the place of a switched off one; None: it works, or the rules name no other that does."""
    if rules.connection is None or (await tx.deliveries.connection(used)).active:
        return None
    found = way_of_mail(await named_connection(tx, rules), used, is_on=False)
    return found if found != used else None


async def move_mail(env: Env, tx: Tx, delivery: DeliveryRow, to: UUID, past: Sequence[DeliveryRow]) -> None:
    """Owe the same message over another connection; the claimed delivery ends with nothing to say.

    One that may have arrived stays the same message, which may arrive twice.
    """
    unsure = delivery.unsure - 1  # without this claim, which makes no call
    moved = replace(
        _next_of(env, delivery, past),
        connection_id=to,
        attempts=unsure,
        unsure=unsure,
        mailed_from=delivery.mailed_from if unsure else None,
        mailed_as=delivery.message_key if unsure else None,
        said=delivery.said if unsure else None,
    )
    await tx.deliveries.add(moved)
    await defer_delivery(tx, moved)


async def begin_anew(env: Env, tx: Tx, delivery: DeliveryRow, past: Sequence[DeliveryRow]) -> None:
    """Owe the same to another mailbox, as a message of its own; the claimed delivery, which may have arrived, ends."""
    fresh = replace(
        _next_of(env, delivery, past),
        attempts=0,
        unsure=0,
        mailed_to=None,
        mailed_key=None,
        mailed_from=None,
        mailed_as=None,
        said=None,
    )
    await tx.deliveries.add(fresh)
    await defer_delivery(tx, fresh)


def _next_of(env: Env, delivery: DeliveryRow, past: Sequence[DeliveryRow]) -> DeliveryRow:
    now, last = env.clock(), max(item.sequence for item in past if item.key == delivery.key)
    return replace(
        delivery,
        id=env.new_id(),
        sequence=last + 1,
        status="pending",
        owed_at=now,
        next_attempt_at=now,
        error_code=None,
        last_error=None,
    )

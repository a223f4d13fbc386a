"""Make a dead letter of a delivery."""

from collections.abc import Mapping

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.audit import audit
from pointsman.services.deliveries.results.late_calls import follow
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.ports import WORKER, Env, Tx
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

_EFFECTS: Mapping[tuple[str, str], Message] = {
    (DeliveryKind.APPOINTMENT, Wanted.PUT): say("alerts.effect-appointment-put"),
    (DeliveryKind.APPOINTMENT, Wanted.DROP): say("alerts.effect-appointment-drop"),
    (DeliveryKind.PERSON, Wanted.PUT): say("alerts.effect-person-put"),
    (DeliveryKind.ACTIVITY, Wanted.PUT): say("alerts.effect-activity-put"),
    (DeliveryKind.TASK, Wanted.PUT): say("alerts.effect-task-put"),
    (DeliveryKind.MEMBERSHIP, Wanted.PUT): say("alerts.effect-membership-put"),
    (DeliveryKind.FIELDS, Wanted.PUT): say("alerts.effect-fields-put"),
    (DeliveryKind.NOTICE, Wanted.PUT): say("alerts.effect-notice-put"),
}
_MAIL: Mapping[str, Message] = {
    BuyerMessage.CONFIRMATION: say("alerts.effect-mail-confirmation"),
    BuyerMessage.CHANGE: say("alerts.effect-mail-change"),
    BuyerMessage.CANCELLATION: say("alerts.effect-mail-cancellation"),
    BuyerMessage.REMINDER: say("alerts.effect-mail-reminder"),
}


async def give_up(env: Env, job: LeasedDelivery, error: CodedMessage, *, unsure: bool = False) -> None:
    """Make the delivery a dead letter, with an alert; `unsure`: its last attempt may have been carried out."""

    async def work(tx: Tx) -> None:
        now, delivery = env.clock(), job.delivery
        kept = await tx.deliveries.settle(
            delivery.id, lease=job.lease, status="dead", at=now, error=error, unsure=unsure
        )
        await follow(tx, job, kept=kept, now=now)
        if not kept:
            return
        await tx.alerts.put(
            id=env.new_id(),
            at=now,
            code=AlertCode.DELIVERY_DEAD,
            subject=f"delivery:{delivery.id}",
            message=say(
                "alerts.delivery-dead",
                effect=await _effect(tx, delivery),
                connection=connection_name(job.connection.key),
                error=error.message,
                delivery=str(delivery.id),
            ),
        )
        told = {"code": error.code, "error": error.message.as_json()}
        await audit(env, tx, WORKER, "delivery.dead", f"delivery:{delivery.id}", after=told)

    await run_in_transaction(env, work)


async def _effect(tx: Tx, delivery: DeliveryRow) -> Message:
    """What was not done; of mail which message, where an attempt was made."""
    listed = await tx.deliveries.listed(delivery.id) if delivery.kind == DeliveryKind.NOTICE else None
    said = listed.said if listed is not None else None
    return _MAIL[said] if said is not None else _EFFECTS[delivery.kind, delivery.wanted]

"""Write down how a call to a vendor ended. What a worker writes after its lease ran out does not count."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from pointsman.domain.backoff import DELIVERY_RETRY_FOR, retry_delay
from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.domain.policy.invitations import BuyerMessage
from pointsman.services.audit import audit
from pointsman.services.deliveries.jobs import defer_delivery, defer_slot_taken
from pointsman.services.deliveries.outdated_readings import outdate_readings
from pointsman.services.deliveries.told import is_farewell
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Env, Tx, VendorReceipt
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryKind, DeliveryRow, Wanted
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

LATE_CALL_WINDOW = timedelta(minutes=15)  # a call that was given up on may be carried out so late
SLOT_TAKEN_WAIT = timedelta(hours=1)
_EFFECTS: Mapping[tuple[str, str], Message] = {
    (DeliveryKind.APPOINTMENT, Wanted.PUT): say("alerts.effect-appointment-put"),
    (DeliveryKind.APPOINTMENT, Wanted.DROP): say("alerts.effect-appointment-drop"),
    (DeliveryKind.PERSON, Wanted.PUT): say("alerts.effect-person-put"),
    (DeliveryKind.ACTIVITY, Wanted.PUT): say("alerts.effect-activity-put"),
    (DeliveryKind.NOTICE, Wanted.PUT): say("alerts.effect-notice-put"),
}
_MAIL: Mapping[str, Message] = {
    BuyerMessage.CONFIRMATION: say("alerts.effect-mail-confirmation"),
    BuyerMessage.CHANGE: say("alerts.effect-mail-change"),
    BuyerMessage.CANCELLATION: say("alerts.effect-mail-cancellation"),
    BuyerMessage.REMINDER: say("alerts.effect-mail-reminder"),
}
_OF_USE_UNTIL_THEN = frozenset({DeliveryKind.APPOINTMENT, DeliveryKind.NOTICE})
_ONCE_MORE: Mapping[str, CodedMessage] = {
    Wanted.DROP: CodedMessage(DeliveryError.REMOVED_ONCE_MORE, say("vendor.removed-once-more")),
    Wanted.PUT: CodedMessage(DeliveryError.SENT_ONCE_MORE, say("vendor.sent-once-more")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedDelivery:
    """A delivery under this worker's lease, said with `sequence`. From `used_until` on its event, or mail, is of no use.

    `told` is the state that a notice tells.
    """

    delivery: DeliveryRow
    connection: ConnectionRow
    lease: UUID
    used_until: datetime
    sequence: int
    told: str | None = None

    def is_too_old(self, now: datetime) -> bool:
        """Whether it is given up: by its age, and never by how often it was tried."""
        past_use = self.delivery.kind not in _OF_USE_UNTIL_THEN or self.used_until <= now
        return past_use and now - self.delivery.owed_at >= DELIVERY_RETRY_FOR


async def settle_delivery(env: Env, job: LeasedDelivery, status: str, receipt: VendorReceipt | None = None) -> None:
    """Record that the delivery is done or superseded, and start what waits behind it."""
    there = receipt.sequence if receipt is not None else None
    is_behind = there is not None and there > job.sequence and job.delivery.error_code != DeliveryError.BEHIND
    if there is not None and is_behind and await _count_on(env, job, there + 1):
        return

    async def work(tx: Tx) -> None:
        now, delivery = env.clock(), job.delivery
        if status == "done" and await _may_be_undone_late(tx, delivery, now=now):
            await put_off(tx, job, _ONCE_MORE[delivery.wanted], now, LATE_CALL_WINDOW)
            return
        kept = await tx.deliveries.settle(
            delivery.id,
            lease=job.lease,
            status=status,
            at=now,
            vendor_id=receipt.vendor_id if receipt else None,
            vendor_version=receipt.version if receipt else None,
            told=job.told if status == "done" else None,
        )
        if kept and status == "done":
            await outdate_readings(env, tx, delivery)
            await _audit_mail(env, tx, delivery)
        await _follow(tx, job, kept=kept, now=now)

    await run_in_transaction(env, work)


async def _audit_mail(env: Env, tx: Tx, delivery: DeliveryRow) -> None:
    """Keep in the appointment's audit that the buyer was told, and what."""
    sent = await tx.deliveries.listed(delivery.id) if delivery.kind == DeliveryKind.NOTICE else None
    if sent is not None:
        about = {"delivery": str(sent.id), "maybe_twice": sent.maybe_twice, "to_old_address": is_farewell(sent.key)}
        await audit(
            env,
            tx,
            WORKER,
            "appointment.mailed",
            f"appointment:{sent.appointment_id}",
            after={"said": sent.said} | about,
        )


async def _count_on(env: Env, job: LeasedDelivery, sequence: int) -> bool:
    """Say it again above what stands at the vendor, which took it for late; False where something newer is owed by now.

    Under the locks of every act on the appointment, whose next change has to count from there too.
    """
    delivery = job.delivery

    async def work(tx: Tx) -> bool:
        now = env.clock()
        _, row = await lock_appointment(tx, delivery.appointment_id, WORKER)
        if (await tx.deliveries.of_thing(*delivery.thing))[-1].id != delivery.id:
            return False
        behind = CodedMessage(DeliveryError.BEHIND, say("vendor.behind"))
        if not await put_off(tx, job, behind, now, timedelta(), counted=False, sequence=sequence):
            return True
        if delivery.kind == DeliveryKind.APPOINTMENT and row.sequence < sequence:
            await tx.appointments.save(replace(row, sequence=sequence))
        await audit(env, tx, WORKER, "delivery.counted-on", f"delivery:{delivery.id}", after={"sequence": sequence})
        return True

    return await run_in_transaction(env, work)


async def retry_later(
    env: Env, job: LeasedDelivery, error: Message, retry_after: timedelta | None, *, unsure: bool
) -> None:
    """Put the delivery off, longer each time, until it is too old; `unsure`: it may have been carried out."""
    delivery, now = job.delivery, env.clock()
    if job.is_too_old(now):
        gave_up = say("vendor.gave-up", count=delivery.attempts, error=error)
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, gave_up), unsure=unsure)
        return
    wait, told = retry_delay(delivery.attempts, delivery.id, retry_after), CodedMessage(DeliveryError.UNANSWERED, error)
    await run_in_transaction(env, lambda tx: put_off(tx, job, told, now, wait, unsure=unsure))


async def ask_for_another_rep(env: Env, job: LeasedDelivery, error: Message) -> None:
    """The calendar says that the time is gone: another rep is looked for, and until it is over it is tried again now and then."""
    if job.used_until <= env.clock():
        await settle_delivery(env, job, "superseded")
        return

    async def work(tx: Tx) -> None:
        taken = CodedMessage(DeliveryError.SLOT_TAKEN, error)
        if await put_off(tx, job, taken, env.clock(), SLOT_TAKEN_WAIT, counted=False):
            await defer_slot_taken(tx, job.delivery)

    await run_in_transaction(env, work)


async def give_up(env: Env, job: LeasedDelivery, error: CodedMessage, *, unsure: bool = False) -> None:
    """Make the delivery a dead letter, with an alert; `unsure`: its last attempt may have been carried out."""

    async def work(tx: Tx) -> None:
        now, delivery = env.clock(), job.delivery
        kept = await tx.deliveries.settle(
            delivery.id, lease=job.lease, status="dead", at=now, error=error, unsure=unsure
        )
        await _follow(tx, job, kept=kept, now=now)
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


async def put_off(
    tx: Tx,
    job: LeasedDelivery,
    error: CodedMessage,
    now: datetime,
    wait: timedelta,
    *,
    counted: bool = True,
    sequence: int | None = None,
    unsure: bool = False,
) -> bool:
    """Try it again after the wait, which is no attempt where it is not `counted`; False where the lease was lost."""
    until = now + wait
    kept = await tx.deliveries.postpone(
        job.delivery.id,
        lease=job.lease,
        until=until,
        error=error,
        counted=counted,
        sequence=sequence,
        unsure=unsure,
        said=job.delivery.said,
        mailed_from=job.delivery.mailed_from,
    )
    if kept:
        await defer_delivery(tx, job.delivery, at=until)
    await _follow(tx, job, kept=kept, now=now)
    return kept


async def _may_be_undone_late(tx: Tx, delivery: DeliveryRow, *, now: datetime) -> bool:
    """Whether a call that this one overtook was never answered, so that it may still be carried out.

    A late event is told from the one that was put by its sequence; a late removal has none, and takes out what stands. An
    owner who is told again stays the owner. Mail that comes late is told from the newer by its sequence.
    """
    if delivery.kind == DeliveryKind.NOTICE or delivery.error_code in (
        DeliveryError.REMOVED_ONCE_MORE,
        DeliveryError.SENT_ONCE_MORE,
    ):
        return False
    undoes = Wanted.DROP if (delivery.kind, delivery.wanted) == (DeliveryKind.APPOINTMENT, Wanted.PUT) else Wanted.PUT
    owed = await tx.deliveries.of_thing(*delivery.thing)
    return owed[-1].id == delivery.id and any(
        _was_unanswered(other) and other.done_at and other.done_at > now - LATE_CALL_WINDOW
        for other in owed[:-1]
        if other.wanted == undoes and (delivery.kind, other.rep_id) != (DeliveryKind.PERSON, delivery.rep_id)
    )


def _was_unanswered(delivery: DeliveryRow) -> bool:
    """Whether an attempt may be under way still: the last one of what is done was answered, and those before it were not."""
    return delivery.attempts > (delivery.status == "done")


async def _follow(tx: Tx, job: LeasedDelivery, *, kept: bool, now: datetime) -> None:
    """Start what waited for this call. Of a lost lease, what was done since is done again, since the call may have undone it."""
    last = (await tx.deliveries.of_thing(*job.delivery.thing))[-1]
    if last.id == job.delivery.id:
        return
    if kept:
        if last.status == "pending":
            await defer_delivery(tx, last)
    elif last.kind == DeliveryKind.NOTICE or last.wanted == job.delivery.wanted == Wanted.DROP:
        pass  # gone is gone, and mail is not sent twice on purpose
    elif await tx.deliveries.reopen(last.id, status="done", at=now):
        await defer_delivery(tx, last)

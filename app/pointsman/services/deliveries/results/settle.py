"""Record that a delivery is done, or that something newer overtook it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import say
from pointsman.services.audit import audit
from pointsman.services.deliveries.outdated_readings import outdate_readings
from pointsman.services.deliveries.results.late_calls import LATE_CALL_WINDOW, follow, may_be_undone_late
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.deliveries.results.put_off import put_off
from pointsman.services.deliveries.told import is_farewell
from pointsman.services.find_appointment import lock_appointment
from pointsman.services.ports import WORKER, Env, Tx, VendorEvent, VendorReceipt
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryKind, DeliveryRow, Wanted
from pointsman.services.ports.vendors.crm import CrmReceipt
from pointsman.services.transactions import run_in_transaction

_ONCE_MORE: Mapping[str, CodedMessage] = {
    Wanted.DROP: CodedMessage(DeliveryError.REMOVED_ONCE_MORE, say("vendor.removed-once-more")),
    Wanted.PUT: CodedMessage(DeliveryError.SENT_ONCE_MORE, say("vendor.sent-once-more")),
}


async def settle_delivery(env: Env, job: LeasedDelivery, status: str, receipt: VendorReceipt | None = None) -> None:
    """Record that the delivery is done or superseded, and start what waits behind it."""
    there = receipt.sequence if receipt is not None else None
    is_behind = there is not None and there > job.sequence and job.delivery.error_code != DeliveryError.BEHIND
    if there is not None and is_behind and await _count_on(env, job, there + 1):
        return

    async def work(tx: Tx) -> None:
        now, delivery = env.clock(), job.delivery
        if isinstance(receipt, CrmReceipt) and receipt.owner_id is not None and delivery.kind == DeliveryKind.PERSON:
            await tx.crm_owners.note_told(
                delivery.id, lease=job.lease, record_id=receipt.vendor_id, owner=receipt.owner_id, at=now
            )
        if status == "done" and await may_be_undone_late(tx, delivery, now=now):
            await put_off(tx, job, _ONCE_MORE[delivery.wanted], now, LATE_CALL_WINDOW)
            return
        kept = await tx.deliveries.settle(
            delivery.id,
            lease=job.lease,
            status=status,
            at=now,
            vendor_id=receipt.vendor_id if receipt else None,
            vendor_version=receipt.version if receipt else None,
            told=job.told if status == "done" and not _told_nobody(receipt) else None,
        )
        if kept and status == "done":
            await outdate_readings(env, tx, delivery)
            await _audit_mail(env, tx, delivery)
        await follow(tx, job, kept=kept, now=now)

    await run_in_transaction(env, work)


def _told_nobody(receipt: VendorReceipt | None) -> bool:
    """Whether the event was put without the buyer, who was to be invited by it."""
    return isinstance(receipt, VendorEvent) and receipt.invites_nobody is not None


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

    Under the locks of every act on the appointment or the lead, whose next change has to count from there too.
    """
    delivery = job.delivery

    async def work(tx: Tx) -> bool:
        now = env.clock()
        row = await _lock(tx, delivery)
        if (await tx.deliveries.of_thing(*delivery.thing))[-1].id != delivery.id:
            return False
        behind = CodedMessage(DeliveryError.BEHIND, say("vendor.behind"))
        if not await put_off(tx, job, behind, now, timedelta(), counted=False, sequence=sequence):
            return True
        if row is not None and delivery.kind == DeliveryKind.APPOINTMENT and row.sequence < sequence:
            await tx.appointments.save(replace(row, sequence=sequence))
        await audit(env, tx, WORKER, "delivery.counted-on", f"delivery:{delivery.id}", after={"sequence": sequence})
        return True

    return await run_in_transaction(env, work)


async def _lock(tx: Tx, delivery: DeliveryRow) -> AppointmentRow | None:
    """Lock the lead, and the appointment where the delivery is about one."""
    if delivery.appointment_id is None:
        await tx.leads.get(delivery.lead_id, lock=True)
        return None
    _, row = await lock_appointment(tx, delivery.appointment_id, WORKER)
    return row

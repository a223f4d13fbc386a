"""Deliveries: what is owed to calendars, CRMs and buyers, until each is done or a visible dead letter.

One live thing per key, also after retries, lost answers and replays:
- A vendor is told what is to stand under a key, or that nothing is (`put`, `drop`); to say it again is harmless.
- What is said is what stands in the database when the delivery is claimed. A later delivery about a thing overtakes those
  before it, which end without a call.
- A run takes a lease. What a worker does after its lease has run out is not written, and what it may have left at
  the vendor is put right: the last delivery that had been done is done again.
- A vendor that has a newer state than any we know of has outlived a copy to which our database was put back: we count on
  from there.
- An attempt is counted before it starts. One that was overtaken and never answered may be carried out late: what
  overtook it is said once more.
- Mail cannot be put right: it is sent once, unless nobody knows whether an attempt was carried out. Then it is sent again
  with the same key, and says so (`maybe_twice`). What the buyer knows by now is not sent, and a mailbox gets so much a day.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from pointsman.domain.messages.coded import CodedMessage
from pointsman.domain.messages.message import say
from pointsman.services.deliveries.enqueue import SWEEP_BATCH_SIZE
from pointsman.services.deliveries.fields.outward import FieldsReceipt, note_fields
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.kinds import RENDER
from pointsman.services.deliveries.kinds.meeting_link import note_link
from pointsman.services.deliveries.kinds.rendering import Call, Claimed
from pointsman.services.deliveries.kinds.uninvited import note_guests_refused
from pointsman.services.deliveries.results.give_up import give_up
from pointsman.services.deliveries.results.leased import LeasedDelivery
from pointsman.services.deliveries.results.settle import settle_delivery
from pointsman.services.deliveries.results.try_again import ask_for_another_rep, retry_later
from pointsman.services.deliveries.results.waiting import (
    put_off_until,
    wait_for_connection,
    wait_for_turn,
    wait_for_user,
    wait_until_in_use,
)
from pointsman.services.deliveries.told import told_state
from pointsman.services.deliveries.vendor_error_text import OwnRefusalError, PutOffError, failure_message
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import (
    Env,
    Tx,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorReceipt,
    VendorRejectedError,
    VendorRetryableError,
    VendorSlotTakenError,
    VendorUnansweredError,
    VendorWaitError,
)
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryError, DeliveryKind, DeliveryRow
from pointsman.services.ports.vendors.crm import UnknownCrmOwnerError
from pointsman.services.transactions import keep_trying, run_in_transaction

SWEEP_GRACE = timedelta(seconds=30)  # a delivery's own job comes first
#: What a buyer may be told by, the vendor's own mail about an event among it.
_TELLS = frozenset({DeliveryKind.NOTICE, DeliveryKind.APPOINTMENT})
LEASE = timedelta(seconds=90)  # longer than a connector may take over one call
#: A process that stood still after its claim calls no more: another may have made the call by now, and a newer one.
BEGINS_WITHIN = LEASE / 3


@dataclass(frozen=True, slots=True)
class _Claim:
    job: LeasedDelivery
    call: Call | None
    at: datetime
    refused: OwnRefusalError | None = None
    put_off: PutOffError | None = None


async def run_delivery(env: Env, delivery_id: UUID) -> None:
    """Try a delivery once. Nothing happens when it is done, not due, overtaken, or another call about its thing is under way."""
    claim = await _claim(env, delivery_id)
    if claim is None:
        return
    job = claim.job
    if claim.refused is not None:
        await give_up(env, job, CodedMessage(DeliveryError.GAVE_UP, failure_message(claim.refused)))
    elif claim.put_off is not None:
        await put_off_until(env, job, CodedMessage(claim.put_off.code, claim.put_off.told), claim.put_off.until)
    elif claim.call is None:
        await settle_delivery(env, job, "superseded")
    elif job.connection.fault or not job.connection.active:
        await wait_until_in_use(env, job, _out_of_use(job.connection))
    elif env.clock() - claim.at > BEGINS_WITHIN:
        await wait_for_turn(env, job, say("vendor.no-answer"), timedelta())
    else:
        await _call(env, job, claim.call)


async def _call(env: Env, job: LeasedDelivery, call: Call) -> None:
    """What the vendor answered is not told again: it is written down also where the database is away when it comes."""
    await keep_trying(await _ending(env, job, call), within=LEASE - BEGINS_WITHIN)


async def _ending(env: Env, job: LeasedDelivery, call: Call) -> Callable[[], Awaitable[None]]:
    """Make the call; what writes down how it ended, where it was not written down before."""
    try:
        receipt = await call()
    except (VendorError, TimeoutError) as fault:
        return _failed(env, job, fault)
    return partial(_settle_done, env, job, receipt)


def _failed(env: Env, job: LeasedDelivery, fault: VendorError | TimeoutError) -> Callable[[], Awaitable[None]]:
    told = failure_message(fault)
    match fault:
        case VendorReauthError():
            return partial(wait_for_connection, env, job, CodedMessage(DeliveryError.REAUTH, told))
        case VendorRejectedError():
            return _rejected(env, job, fault)
        case VendorWaitError():
            return partial(wait_for_turn, env, job, told, fault.retry_after or timedelta())
        case VendorRetryableError():
            unsure = isinstance(fault, VendorUnansweredError)
            return partial(retry_later, env, job, told, fault.retry_after, unsure=unsure)
        case _:
            return partial(retry_later, env, job, told, None, unsure=True)


def _rejected(env: Env, job: LeasedDelivery, fault: VendorRejectedError) -> Callable[[], Awaitable[None]]:
    told = failure_message(fault)
    match fault:
        case VendorSlotTakenError():
            return partial(ask_for_another_rep, env, job, told)
        case UnknownCrmOwnerError():
            return partial(wait_for_user, env, job, told)
        case _:
            return partial(give_up, env, job, CodedMessage(DeliveryError.REJECTED, told))


async def _settle_done(env: Env, job: LeasedDelivery, receipt: VendorReceipt | None) -> None:
    if isinstance(receipt, VendorEvent):
        await note_link(env, job.delivery, receipt)
        await note_guests_refused(env, job, receipt)
    if isinstance(receipt, FieldsReceipt) and (receipt.sequence is None or receipt.sequence <= job.sequence):
        await note_fields(env, receipt)
    await settle_delivery(env, job, "done", receipt)


async def _claim(env: Env, delivery_id: UUID) -> _Claim | None:
    """Take the lease, and look up what there is to say. A delivery that was overtaken has nothing."""
    lease = env.new_id()

    async def work(tx: Tx) -> _Claim | None:
        at = env.clock()
        delivery = await tx.deliveries.claim(delivery_id, lease=lease, span=LEASE, at=at)
        if delivery is None:
            return None
        booked = await _appointment(tx, delivery)
        lead = await tx.leads.get(booked.lead_id if booked else delivery.lead_id)
        assert lead is not None
        connection = await tx.deliveries.connection(delivery.connection_id)
        owed = await tx.deliveries.of_thing(*delivery.thing)
        is_event = booked is not None and delivery.kind == DeliveryKind.APPOINTMENT
        job = LeasedDelivery(
            delivery=delivery,
            connection=connection,
            lease=lease,
            used_until=booked.ends_at if booked else None,
            sequence=max(booked.sequence, delivery.sequence) if booked and is_event else delivery.sequence,
            told=told_state(booked) if booked and delivery.kind in _TELLS else None,
        )
        if owed[-1].id != delivery.id:
            return _Claim(job, None, at)
        claimed = Claimed(
            env=env,
            tx=tx,
            delivery=delivery,
            connection=connection.ref(),
            booked=booked,
            lead=lead,
            config=await load_routing_config(env, tx),
            owed=owed,
            lease=lease,
            is_switched_on=connection.active,
            is_in_use=connection.active and connection.fault is None,
            on_release=connection.on_release,
            record=connection.record,
            fields=connection.mapped,
        )
        try:
            return _Claim(job, await RENDER[delivery.kind](claimed), at)
        except OwnRefusalError as refused:
            return _Claim(job, None, at, refused)
        except PutOffError as put_off:
            return _Claim(job, None, at, put_off=put_off)

    return await run_in_transaction(env, work)


async def _appointment(tx: Tx, delivery: DeliveryRow) -> AppointmentRow | None:
    """The appointment that it is about; None of a lead's record."""
    if delivery.appointment_id is None:
        return None
    # What an act owes the buyer follows from what mail may have told them: it waits until this is written down.
    row = await tx.appointments.get(delivery.appointment_id, lock=delivery.kind == DeliveryKind.NOTICE)
    assert row is not None
    return row


def _out_of_use(connection: ConnectionRow) -> CodedMessage:
    if connection.fault is not None:
        return CodedMessage(DeliveryError.REAUTH, connection.fault)
    return CodedMessage(DeliveryError.SWITCHED_OFF, say("vendor.switched-off"))


async def sweep_deliveries(env: Env) -> int:
    """Defer a job again for every overdue delivery that no worker has claimed. Returns how many."""
    async with env.uow() as tx:
        now = env.clock()
        overdue = await tx.deliveries.claim_overdue(before=now - SWEEP_GRACE, at=now, limit=SWEEP_BATCH_SIZE)
        for delivery in overdue:
            await defer_delivery(tx, delivery)
    return len(overdue)

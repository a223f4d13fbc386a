"""Deliveries: effects owed to calendars and CRMs, until each is done or a visible dead letter.

One live event per appointment and calendar, whatever is retried, lost or replayed:
- The event's key is the appointment's, the same for every op, so that a vendor can see a repetition.
- A run takes a lease. What a worker does after its lease has run out is not written, and what it may have left at
  the vendor is put right: the last op that had been done is done again.
- An attempt is counted before it starts. Any attempt but the first asks `find(key)` before it creates anything.
- Ops on one event are run in the order in which they are owed. Whoever takes part has an event of their own; who leaves and
  comes back gets theirs anew, under the same key, whatever is left of the old one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pointsman.domain.backoff import retry_delay
from pointsman.domain.booking.lifecycle import AppointmentStatus
from pointsman.domain.errors import Conflict, NotFound
from pointsman.services.audit import audit
from pointsman.services.deliveries.calendar_event import build_event, other_participant_lines
from pointsman.services.deliveries.crm import (
    LATE_CALL_WINDOW,
    SENT_AGAIN,
    CrmUpdate,
    build_crm_update,
    may_be_overwritten,
    owner_ops,
    send_crm_update,
)
from pointsman.services.deliveries.enqueue import SWEEP_BATCH_SIZE, start_next_delivery
from pointsman.services.deliveries.enqueue_crm import SET_OWNER_OP
from pointsman.services.deliveries.ics_invitation import build_invitation
from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.deliveries.vendor_error_text import safe_error_text
from pointsman.services.policies.cache import load_routing_config
from pointsman.services.ports import (
    WORKER,
    Actor,
    CalendarEvent,
    Env,
    Tx,
    VendorError,
    VendorEvent,
    VendorReauthError,
    VendorRejectedError,
    VendorRetryableError,
)
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman.services.ports.booking.deliveries import DeliveryRow
from pointsman.services.ports.leads.leads import LeadRow
from pointsman.services.ports.operations.alerts import AlertCode
from pointsman.services.transactions import run_in_transaction

MAX_ATTEMPTS = 12
LEASE = timedelta(seconds=90)  # longer than a connector may take over one call
REAUTH_WAIT = timedelta(minutes=30)
SWEEP_GRACE = timedelta(seconds=30)  # a delivery's own job comes first
REMOVED_ONCE_MORE = "removed; looked at once more, since an unanswered booking may still arrive"
_CALLED_OFF = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A claimed delivery with all that its call needs."""

    delivery: DeliveryRow
    appointment: AppointmentRow
    lead: LeadRow
    connection: ConnectionRow
    lease: UUID
    event_ops: Sequence[DeliveryRow]  # all on the same event, in the order in which they are owed
    other_participants: tuple[str, ...]
    invitation: bytes | None  # for the prospect: in the event of who leads, lest there be several
    crm_update: CrmUpdate | None  # what a CRM is told; None for a calendar

    @property
    def is_obsolete(self) -> bool:
        """Whether the event is to go, so that nothing is to be created or moved any more."""
        if self.crm_update is not None:
            return self.crm_update.is_obsolete
        if self.delivery.op == "cancel":
            return False
        return self.appointment.status in _CALLED_OFF or any(
            other.op == "cancel" and other.sequence > self.delivery.sequence for other in self.event_ops
        )

    @property
    def is_event_recreated(self) -> bool:
        """Whether the rep had this event before, and lost it."""
        return any(other.op == "cancel" and other.sequence < self.delivery.sequence for other in self.event_ops)

    def event(self) -> CalendarEvent:
        return build_event(
            self.appointment,
            self.lead,
            self.delivery,
            other_participants=self.other_participants,
            invitation=self.invitation,
        )


async def run_delivery(env: Env, delivery_id: UUID) -> None:
    """Try a delivery once. Nothing happens when it is done, not due, held by another worker, or behind another op."""
    job = await _claim(env, delivery_id)
    if job is None:
        return
    if job.is_obsolete:
        # Perhaps an earlier attempt did reach the vendor: the `cancel` that is owed after it removes the event.
        await _settle(env, job, "superseded")
        return
    if job.connection.fault or not job.connection.active:
        await _wait_for_connection(env, job, job.connection.fault or "the connection is switched off")
        return
    try:
        receipt = await _call(env, job)
    except VendorReauthError as fault:
        await _wait_for_connection(env, job, safe_error_text(fault))
    except VendorRejectedError as fault:
        await _dead_letter(env, job, safe_error_text(fault))
    except VendorRetryableError as fault:
        await _retry(env, job, safe_error_text(fault), fault.retry_after)
    except (VendorError, TimeoutError) as fault:
        await _retry(env, job, safe_error_text(fault), None)
    else:
        await _settle(env, job, "done", receipt)


async def sweep_deliveries(env: Env) -> int:
    """Defer a job again for every delivery that is overdue and that nobody works on; the count of them."""
    async with env.uow() as tx:
        now = env.clock()
        overdue = await tx.deliveries.claim_overdue(before=now - SWEEP_GRACE, at=now, limit=SWEEP_BATCH_SIZE)
        for delivery in overdue:
            await defer_delivery(tx, delivery)
    return len(overdue)


async def replay_delivery(env: Env, delivery_id: UUID, *, actor: Actor) -> DeliveryRow:
    """Try a dead delivery again, now. Raises NotFound, and Conflict for one that is not dead."""

    async def work(tx: Tx) -> DeliveryRow:
        now = env.clock()
        if not await tx.deliveries.reopen(delivery_id, status="dead", at=now):
            there = await tx.deliveries.get(delivery_id)
            if there is None:
                raise NotFound("There is no delivery with this id.")
            raise Conflict(f"This delivery is {there.status}; only a dead one can be replayed.", code="not-dead")
        delivery = await tx.deliveries.get(delivery_id)
        assert delivery is not None
        await defer_delivery(tx, delivery)
        await tx.alerts.resolve(at=now, code=AlertCode.DELIVERY_DEAD, subject=f"delivery:{delivery_id}")
        await audit(env, tx, actor, "delivery.replayed", f"delivery:{delivery_id}")
        return delivery

    return await run_in_transaction(env, work)


async def _claim(env: Env, delivery_id: UUID) -> _Job | None:
    lease = env.new_id()

    async def work(tx: Tx) -> _Job | None:
        delivery = await tx.deliveries.claim(delivery_id, lease=lease, span=LEASE, at=env.clock())
        if delivery is None:
            return None
        appointment = await tx.appointments.get(delivery.appointment_id)
        lead = await tx.leads.get(appointment.lead_id) if appointment else None
        assert appointment is not None
        assert lead is not None
        connection = await tx.deliveries.connection(delivery.connection_id)
        return _Job(
            delivery=delivery,
            appointment=appointment,
            lead=lead,
            connection=connection,
            lease=lease,
            event_ops=await _ops(tx, delivery),
            other_participants=await _beside(env, tx, appointment, delivery) if appointment.companions else (),
            invitation=await _invitation(env, tx, appointment, delivery),
            crm_update=await build_crm_update(env, tx, delivery, appointment, lead),
        )

    return await run_in_transaction(env, work)


async def _beside(env: Env, tx: Tx, row: AppointmentRow, delivery: DeliveryRow) -> tuple[str, ...]:
    names = {rep.id: rep.name for rep in (await load_routing_config(env, tx)).roster.reps.values()}
    return other_participant_lines(row, delivery.rep_id, names)


async def _invitation(env: Env, tx: Tx, row: AppointmentRow, delivery: DeliveryRow) -> bytes | None:
    if delivery.op not in {"book", "move"} or delivery.rep_id != row.rep_id:
        return None
    try:
        return await build_invitation(env, tx, row)
    except Conflict:  # nobody who could be invited: the calendar is told all the same
        return None


async def _ops(tx: Tx, delivery: DeliveryRow) -> Sequence[DeliveryRow]:
    """All that was ever owed to the event (or about the owner) that this delivery is about, as of now."""
    if delivery.op == SET_OWNER_OP:
        return await owner_ops(tx, delivery)
    where = (delivery.connection_id, delivery.calendar, delivery.key)
    past = await tx.deliveries.of_appointment(delivery.appointment_id)
    found = [other for other in past if (other.connection_id, other.calendar, other.key) == where]
    return sorted(found, key=lambda other: other.sequence)


async def _call(env: Env, job: _Job) -> VendorEvent | None:
    """The vendor call; no transaction is open."""
    delivery, ref = job.delivery, job.connection.ref()
    if job.crm_update is not None:
        await send_crm_update(env, ref, job.crm_update)
        return None
    match delivery.op:
        case "cancel":
            await env.calendars.cancel(ref, delivery.calendar, delivery.key)
            return None
        case "move":
            return await env.calendars.move(ref, job.event())
        case _ if job.is_event_recreated:
            # Makes what is gone, and puts right what may have been left, or may have been made too late.
            return await env.calendars.move(ref, job.event())
        case _:
            if delivery.attempts > 1:
                found = await env.calendars.find_event(ref, delivery.calendar, delivery.key)
                if found is not None:
                    return found
            return await env.calendars.book(ref, job.event())


async def _settle(env: Env, job: _Job, status: str, receipt: VendorEvent | None = None) -> None:
    async def work(tx: Tx) -> None:
        once_more = await _repeat_reason(env, tx, job) if status == "done" else None
        if once_more is not None:
            until = env.clock() + LATE_CALL_WINDOW
            if await tx.deliveries.postpone(job.delivery.id, lease=job.lease, until=until, error=once_more):
                await defer_delivery(tx, job.delivery, at=until)
            return
        kept = await tx.deliveries.settle(
            job.delivery.id,
            lease=job.lease,
            status=status,
            at=env.clock(),
            vendor_id=receipt.vendor_id if receipt else None,
            vendor_version=receipt.version if receipt else None,
        )
        if not kept:
            await _redo_last_op(env, tx, job)
        else:
            await start_next_delivery(tx, job.delivery)

    await run_in_transaction(env, work)


async def _repeat_reason(env: Env, tx: Tx, job: _Job) -> str | None:
    """Why what was carried out has to be done once more in a while, or None."""
    if job.crm_update is not None:
        return SENT_AGAIN if await may_be_overwritten(tx, job.delivery, now=env.clock()) else None
    return REMOVED_ONCE_MORE if await _may_arrive_late(tx, job) else None


async def _may_arrive_late(tx: Tx, job: _Job) -> bool:
    """Whether this first `cancel` that was carried out follows a `book` that was sent and never answered."""
    if job.delivery.op != "cancel" or job.delivery.last_error == REMOVED_ONCE_MORE:
        return False
    ops = await _ops(tx, job.delivery)
    if ops[-1].id != job.delivery.id:  # what comes after it puts the event right
        return False
    return any(other.op == "book" and other.status == "superseded" and other.attempts > 1 for other in ops)


async def _redo_last_op(env: Env, tx: Tx, job: _Job) -> None:
    """The lease was lost during the call: what was done since then is done again, since the call may have undone it."""
    last = (await _ops(tx, job.delivery))[-1]
    if last.id == job.delivery.id or last.op == job.delivery.op == "cancel":
        return
    if await tx.deliveries.reopen(last.id, status="done", at=env.clock()):
        await defer_delivery(tx, last)


async def _retry(env: Env, job: _Job, error: str, retry_after: timedelta | None) -> None:
    if job.delivery.attempts >= MAX_ATTEMPTS:
        await _dead_letter(env, job, f"given up after {job.delivery.attempts} attempts: {error}")
        return
    await _postpone(env, job, error, retry_delay(job.delivery.attempts, job.delivery.id, retry_after))


async def _postpone(env: Env, job: _Job, error: str, wait: timedelta) -> None:
    async def work(tx: Tx) -> None:
        until = env.clock() + wait
        if await tx.deliveries.postpone(job.delivery.id, lease=job.lease, until=until, error=error):
            await defer_delivery(tx, job.delivery, at=until)
        else:
            await _redo_last_op(env, tx, job)

    await run_in_transaction(env, work)


async def _wait_for_connection(env: Env, job: _Job, error: str) -> None:
    """Take the connection out of use and tell a human; the delivery waits, and this does not count as an attempt."""

    async def work(tx: Tx) -> None:
        now = env.clock()
        if job.connection.active and await tx.connections.set_fault(job.connection.id, error):
            await tx.alerts.put(
                id=env.new_id(),
                at=now,
                code=AlertCode.CONNECTION_REAUTH,
                subject=f"connection:{job.connection.key}",
                message=f"{error}. Sign in again: PUT /v1/connections/{job.connection.key}.",
            )
        until = now + REAUTH_WAIT
        lease, delivery = job.lease, job.delivery
        if await tx.deliveries.postpone(delivery.id, lease=lease, until=until, error=error, counted=False):
            await defer_delivery(tx, delivery, at=until)
        else:
            await _redo_last_op(env, tx, job)

    await run_in_transaction(env, work)


async def _dead_letter(env: Env, job: _Job, error: str) -> None:
    async def work(tx: Tx) -> None:
        now = env.clock()
        if not await tx.deliveries.settle(job.delivery.id, lease=job.lease, status="dead", at=now, error=error):
            await _redo_last_op(env, tx, job)
            return
        await start_next_delivery(tx, job.delivery)
        await tx.alerts.put(
            id=env.new_id(),
            at=now,
            code=AlertCode.DELIVERY_DEAD,
            subject=f"delivery:{job.delivery.id}",
            message=f"{job.delivery.op} at {job.connection.key} failed for good: {error}. "
            f"Mend the cause, then POST /v1/deliveries/{job.delivery.id}/replay.",
        )
        await audit(env, tx, WORKER, "delivery.dead", f"delivery:{job.delivery.id}", reason=error)

    await run_in_transaction(env, work)


async def get_delivery(env: Env, delivery_id: UUID) -> DeliveryRow:
    """Raises NotFound."""
    async with env.uow() as tx:
        row = await tx.deliveries.get(delivery_id)
    if row is None:
        raise NotFound("There is no delivery with this id.")
    return row

"""One effect owed: its row, and the job that carries it out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pointsman.services.deliveries.jobs import defer_delivery
from pointsman.services.ports import Env, Tx
from pointsman.services.ports.booking.appointments import AppointmentRow
from pointsman.services.ports.booking.buyer_mail import Mailbox
from pointsman.services.ports.booking.deliveries import DeliveryKind, DeliveryRow, Wanted


def next_sequence(past: Sequence[DeliveryRow]) -> int:
    """The sequence of what is owed next about a thing; `past` is all that was owed about it, in order."""
    return past[-1].sequence + 1 if past else 0


async def owe(
    env: Env,
    tx: Tx,
    row: AppointmentRow,
    connection_id: UUID,
    kind: DeliveryKind,
    key: str,
    sequence: int,
    wanted: Wanted = Wanted.PUT,
    *,
    rep_id: UUID | None = None,
    calendar: str = "",
    due: datetime | None = None,
    to: Mailbox | None = None,
) -> None:
    """Write it down, to be carried out at `due`; None: now. `to` is the mailbox of mail that goes to that one alone."""
    delivery = new_delivery(
        env,
        row.id,
        rep_id or row.rep_id,
        connection_id,
        kind,
        key,
        sequence,
        wanted,
        lead_id=row.lead_id,
        calendar=calendar,
        due=due,
        to=to,
    )
    await tx.deliveries.add(delivery)
    await defer_delivery(tx, delivery, at=due)


def new_delivery(
    env: Env,
    appointment_id: UUID,
    rep_id: UUID,
    connection_id: UUID,
    kind: DeliveryKind,
    key: str,
    sequence: int,
    wanted: Wanted = Wanted.PUT,
    *,
    lead_id: UUID,
    calendar: str = "",
    due: datetime | None = None,
    to: Mailbox | None = None,
) -> DeliveryRow:
    """The row of what is owed from now on; nothing is written."""
    now = env.clock()
    return DeliveryRow(
        id=env.new_id(),
        lead_id=lead_id,
        appointment_id=appointment_id,
        rep_id=rep_id,
        connection_id=connection_id,
        calendar=calendar,
        kind=kind,
        wanted=wanted,
        key=key,
        sequence=sequence,
        status="pending",
        attempts=0,
        owed_at=due or now,
        next_attempt_at=due or now,
        error_code=None,
        last_error=None,
        vendor_id=None,
        vendor_version=None,
        created_at=now,
        done_at=None,
        mailed_to=to.address if to else None,
        mailed_key=to.key if to else None,
    )

"""Slots and appointments as callers read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from pointsman.domain.slots import Slot
from pointsman.services.ports.meeting import AppointmentRow
from pointsman.services.slots import SlotsAnswer


class SlotDoc(BaseModel):
    """A time that can be booked."""

    start: datetime
    end: datetime
    rep: str = Field(examples=["anna"])

    @staticmethod
    def of(slot: Slot) -> "SlotDoc":
        return SlotDoc(start=slot.start, end=slot.end, rep=slot.rep)


class SlotsDoc(BaseModel):
    """The next bookable times of the lead's closer."""

    rep: str = Field(examples=["anna"])
    rep_name: str
    time_zone: str = Field(description="The rep's; times are in UTC.", examples=["Europe/Berlin"])
    slots: list[SlotDoc]
    why_empty: str | None = Field(description="Set exactly when there is no slot.")

    @staticmethod
    def of(answer: SlotsAnswer) -> "SlotsDoc":
        return SlotsDoc(
            rep=answer.rep,
            rep_name=answer.rep_name,
            time_zone=answer.time_zone,
            slots=[SlotDoc.of(slot) for slot in answer.slots],
            why_empty=answer.why_empty,
        )


class AppointmentDoc(BaseModel):
    """An appointment, with the evidence that opened the gate for it."""

    id: UUID
    lead_id: UUID
    rep: str = Field(examples=["anna"])
    setter: str | None = Field(description="The rep who handed the lead over.", examples=["lena"])
    work: str = Field(examples=["closing"])
    status: str = Field(description="confirmed or cancelled", examples=["confirmed"])
    start: datetime
    end: datetime
    title: str
    gate: dict[str, Any] = Field(description="What the closer reads before the call.")
    booked_by: str
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None

    @staticmethod
    def of(row: AppointmentRow) -> "AppointmentDoc":
        return AppointmentDoc(
            id=row.id,
            lead_id=row.lead_id,
            rep=row.rep_key,
            setter=row.setter_key,
            work=row.work,
            status=row.status,
            start=row.starts_at,
            end=row.ends_at,
            title=row.title,
            gate=dict(row.gate_snapshot),
            booked_by=row.booked_by,
            created_at=row.created_at,
            cancelled_at=row.cancelled_at,
            cancelled_by=row.cancelled_by,
            cancel_reason=row.cancel_reason,
        )

"""Slots as callers read them: in UTC, on the prospect's clock, and in words of the prospect's language."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from pointsman.domain.booking.slots import Slot
from pointsman.services.booking.slots import SlotList, UnavailableRep
from pointsman.services.wording.locale_formats import format_day, format_interval
from pointsman.services.wording.rendering import MessageReader, render_sentence


class SlotDoc(BaseModel):
    """A time that can be booked, also as the prospect reads it."""

    start: datetime
    end: datetime
    rep: str | None = Field(
        description="The rep who would be booked now. Null to a partner's key where it is no rep of its own.",
        examples=["anna"],
    )
    local_start: datetime = Field(description="On the clocks of `zone`, with the offset of that moment.")
    local_end: datetime
    text: str = Field(examples=["Mittwoch, 25. November 2026, 10:00\u201310:30 Uhr (MEZ)"])

    @staticmethod
    def localized(slot: Slot, reader: MessageReader, *, zone: str, language: str) -> "SlotDoc":
        clock = ZoneInfo(zone)
        return SlotDoc(
            start=slot.start,
            end=slot.end,
            rep=reader.shown_rep(slot.rep),
            local_start=slot.start.astimezone(clock),
            local_end=slot.end.astimezone(clock),
            text=format_interval(slot.start, slot.end, zone=zone, language=language),
        )


def localized_slots(
    offered: SlotList, reader: MessageReader, *, language: str, zone: str | None = None
) -> list[SlotDoc]:
    """The slots on the clocks of `zone`; by default the lead's, else the rep's."""
    shown = zone or offered.lead_zone or offered.time_zone
    return [SlotDoc.localized(slot, reader, zone=shown, language=language) for slot in offered.slots]


class UnavailableRepDoc(BaseModel):
    """A rep who cannot be booked, or a pool that has no companion to send, with the reason."""

    rep: str = Field(examples=["ben"])
    code: str = Field(
        description="One of the codes of eligibility, or `no-hours`, `holiday`, `nothing-free`, `full`, `no-companion`.",
        examples=["time-off"],
    )
    sentence: str

    @staticmethod
    def of(left: UnavailableRep, reader: MessageReader) -> "UnavailableRepDoc":
        return UnavailableRepDoc(rep=left.rep, code=left.code, sentence=render_sentence(left.sentence, reader))


class NextFreeDoc(BaseModel):
    """The next time that any rep can be booked, as far ahead as the calendars are known."""

    start: datetime
    local_start: datetime
    text: str = Field(description="The day.", examples=["Montag, 7. Dezember 2026"])


class SlotsDoc(BaseModel):
    """The next bookable times of a lead."""

    rep: str | None = Field(
        description="The rep who has the lead. Null to a partner's key where it is no rep of its own.",
        examples=["anna"],
    )
    rep_name: str | None
    time_zone: str = Field(description="The rep's.", examples=["Europe/Berlin"])
    zone: str = Field(description="The zone of `local_start` and `text`.", examples=["Europe/Berlin"])
    zone_of: Literal["asked", "lead", "rep"] = Field(
        description="Whose it is: the one that was asked for, the lead's (its own, else its country's only one), or, "
        "where nothing says where the lead is, the rep's."
    )
    language: str = Field(examples=["de"])
    offer: str = Field(description="The pool's: strict, flexible or balanced.", examples=["strict"])
    decided_at_booking: bool = Field(description="True: another rep than the named one may be booked.")
    read_at: datetime | None = Field(
        description="When the oldest of the calendars behind this was read; null where none could be. Booking reads anew."
    )
    needs_email: bool = Field(
        description="True: the lead has no email address, so that slot holds, booking links and appointments are 409 "
        "`no-email` until `POST /v1/leads` sends one."
    )
    slots: list[SlotDoc]
    why_empty: str | None = Field(description="Set exactly when there is no slot.")
    dropped: list[UnavailableRepDoc] = Field(
        description="When there is no slot: the possible reps, and why each cannot be booked."
    )
    next_free: NextFreeDoc | None = Field(description="When there is no slot: the next one beyond what was asked for.")

    @staticmethod
    def of(answer: SlotList, reader: MessageReader, *, zone: str | None, language: str) -> "SlotsDoc":
        shown = zone or answer.lead_zone or answer.time_zone
        return SlotsDoc(
            rep=reader.shown_rep(answer.rep),
            rep_name=answer.rep_name if reader.reads_rep(answer.rep) else None,
            time_zone=answer.time_zone,
            zone=shown,
            zone_of="asked" if zone else "lead" if answer.lead_zone else "rep",
            language=language,
            offer=answer.offer.value,
            decided_at_booking=answer.decided_at_booking,
            read_at=answer.read_at,
            needs_email=answer.needs_email,
            slots=localized_slots(answer, reader, language=language, zone=shown),
            why_empty=render_sentence(answer.why_empty, reader) if answer.why_empty else None,
            dropped=[UnavailableRepDoc.of(item, reader) for item in answer.dropped],
            next_free=_next(answer.next_free, shown, language) if answer.next_free else None,
        )


def _next(at: datetime, zone: str, language: str) -> NextFreeDoc:
    local = at.astimezone(ZoneInfo(zone))
    return NextFreeDoc(start=at, local_start=local, text=format_day(at, zone=zone, language=language))

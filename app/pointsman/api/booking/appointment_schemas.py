"""Appointments as callers read them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from pointsman.domain.booking.lifecycle import Transition, allowed_actions
from pointsman.domain.messages.message import message_from_json
from pointsman.services.appointments.conflict_words import conflict_text
from pointsman.services.deliveries.calendar_event import meeting_title
from pointsman.services.ports.booking.appointments import AppointmentEvent, AppointmentRow, Companion
from pointsman.services.wording.rendering import MessageReader, render
from pointsman.services.wording.stored import reason_text


class CompanionDoc(BaseModel):
    """A rep who takes part beside the one who leads the appointment, and why this one was chosen."""

    rep: str = Field(examples=["tara"])
    work: str = Field(examples=["solution_design"])
    pool: str
    reason: str

    @staticmethod
    def of(row: Companion, reader: MessageReader) -> "CompanionDoc":
        return CompanionDoc(
            rep=row.rep_key, work=row.work, pool=row.pool, reason=render(message_from_json(row.reason), reader)
        )


class AppointmentDoc(BaseModel):
    """An appointment, with the evidence that opened the gate for it."""

    id: UUID
    lead_id: UUID
    rep: str | None = Field(description="Null to a partner's key where it is no rep of its own.", examples=["anna"])
    companions: list[CompanionDoc] = Field(description="A partner's key reads none.")
    setter: str | None = Field(
        description="The rep who handed the lead over. Null to a partner's key where it is no rep of its own.",
        examples=["lena"],
    )
    work: str = Field(examples=["closing"])
    pool: str | None = Field(description="The pool that gave the lead to the rep; null where a human did.")
    category: str | None = Field(description="By which some caps count.")
    status: str = Field(
        description="requested, confirmed, attended, no_show, cancelled or rejected", examples=["confirmed"]
    )
    confirm_by: datetime | None = Field(description="A requested one is called off then, unless it is confirmed.")
    accepted_at: datetime | None = Field(description="When the closer said that it was rightly made.")
    reject_code: str | None = Field(examples=["wrong_buyer"])
    outcome: str | None = Field(description="won, lost or later; of one that was attended", examples=["won"])
    outcome_at: datetime | None
    conflict: str | None = Field(
        description="What a calendar says otherwise, until a human settles it. A partner's key reads what its own reps' "
        "say; the history tells that there is another."
    )
    allowed_actions: list[str] = Field(
        description="What its state allows now; which of it a key may do is asked when it is done.",
        examples=[["cancel", "reschedule"]],
    )
    start: datetime
    end: datetime
    title: str
    gate: dict[str, Any] = Field(
        description="What the closer reads before the call. A partner's key reads what its own side found out."
    )
    booked_by: str | None = Field(description="The owner of the key; a partner's key does not read it.")
    sequence: int = Field(description="Grows with every change that the invitation shows (RFC 5545).")
    join_url: str | None = Field(
        description="Where it takes place: the pool's `booking.conference` as it was then, or what the calendar's vendor made. "
        "Null also while that is being made."
    )
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancel_reason: str | None = Field(description="A partner's key does not read it.")

    @staticmethod
    def of(row: AppointmentRow, now: datetime, reader: MessageReader, *, partner: bool) -> "AppointmentDoc":
        return AppointmentDoc(**_values(row, now, reader, partner=partner))


class AppointmentEventDoc(BaseModel):
    """One line of an appointment's life. A partner's key reads what was done and when, and nothing of the house."""

    at: datetime
    act: str = Field(examples=["book"])
    by: str = Field(description="prospect, setter, closer, operator, calendar or system", examples=["setter"])
    actor: str | None = Field(description="The owner of the key.")
    reason: str | None
    before: dict[str, Any] = Field(description="What was changed, as it was.")
    after: dict[str, Any] = Field(description="What was changed, as it is since.")

    @staticmethod
    def of(row: AppointmentEvent, reader: MessageReader, *, partner: bool) -> "AppointmentEventDoc":
        before, after = row.detail.get("before", {}), row.detail.get("after", {})
        return AppointmentEventDoc(
            at=row.at,
            act=row.act,
            by=row.by,
            actor=None if partner else row.actor,
            reason=reason_text(None if partner else row.reason, reader),
            before=_shown_changes(before) if partner else _told_changes(before, reader),
            after=_shown_changes(after) if partner else _told_changes(after, reader),
        )


class AppointmentHistoryDoc(AppointmentDoc):
    """An appointment with its whole life, oldest first."""

    history: list[AppointmentEventDoc]

    @staticmethod
    def with_history(
        row: AppointmentRow,
        events: Sequence[AppointmentEvent],
        now: datetime,
        reader: MessageReader,
        *,
        partner: bool,
    ) -> "AppointmentHistoryDoc":
        lines = [AppointmentEventDoc.of(event, reader, partner=partner) for event in events]
        return AppointmentHistoryDoc(**_values(row, now, reader, partner=partner), history=lines)


class TransitionDoc(BaseModel):
    """One row of the table of the life of an appointment; see docs/booking.md."""

    act: str = Field(examples=["cancel"])
    case: str = Field(description="The actor, code or outcome of this row; empty when the act has one row.")
    status: str | None = Field(description="What it becomes; null: it stays as it was.")
    credit: str = Field(description="What happens to the rep's turn.", examples=["given back"])
    gate: str = Field(description="What happens to the lead's pass.", examples=["kept"])
    lead: str = Field(description="Where the lead goes.", examples=["with its closer"])
    calendar_op: str = Field(description="What calendars and the CRM are told.", examples=["cancel"])

    @staticmethod
    def of(row: Transition) -> "TransitionDoc":
        return TransitionDoc(
            act=row.action,
            case=str(row.case),
            status=row.status,
            credit=row.credit,
            gate=row.gate,
            lead=row.follow_up,
            calendar_op=row.calendar_op,
        )


#: What a partner reads of a change: times and status, no names, no words between colleagues.
_SHOWN_CHANGES = frozenset({"status", "start", "end", "confirm_by", "accepted_at", "reject_code", "outcome", "until"})


def _shown_changes(changed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changed.items() if name in _SHOWN_CHANGES}


def _own_findings(gate: Mapping[str, Any], reader: MessageReader) -> dict[str, Any]:
    """What opened the gate, as far as the reader's own side found it out; without the key of another setter."""
    items = [item for item in gate.get("evidence", ()) if reader.reads_source(str(item.get("source")))]
    shown = {**gate, "evidence": items}
    return shown | {"setter": reader.shown_rep(gate["setter"])} if "setter" in gate else shown


def _told_changes(changed: Mapping[str, Any], reader: MessageReader) -> dict[str, Any]:
    told = {"conflict": conflict_text(changed["conflict"], reader)} if "conflict" in changed else {}
    return {**changed, **told}


def _values(row: AppointmentRow, now: datetime, reader: MessageReader, *, partner: bool) -> dict[str, Any]:
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "rep": reader.shown_rep(row.rep_key),
        "companions": [] if partner else [CompanionDoc.of(item, reader) for item in row.companions],
        "setter": reader.shown_rep(row.setter_key),
        "work": row.work,
        "pool": row.pool,
        "category": row.category,
        "status": row.status,
        "confirm_by": row.confirm_by,
        "accepted_at": row.accepted_at,
        "reject_code": row.reject_code,
        "outcome": row.outcome,
        "outcome_at": row.outcome_at,
        "conflict": conflict_text(row.conflict, reader),
        "allowed_actions": [str(act) for act in allowed_actions(row.state, now)],
        "start": row.starts_at,
        "end": row.ends_at,
        "title": meeting_title(row.company, reader).text,
        "gate": _own_findings(row.gate_snapshot, reader) if partner else dict(row.gate_snapshot),
        "booked_by": None if partner else row.booked_by,
        "sequence": row.sequence,
        "join_url": row.join_url,
        "created_at": row.created_at,
        "cancelled_at": row.cancelled_at,
        "cancelled_by": row.cancelled_by,
        "cancel_reason": reason_text(None if partner else row.cancel_reason, reader),
    }

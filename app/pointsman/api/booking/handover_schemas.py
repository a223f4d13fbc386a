"""A hand-over as it is sent, and the answer: the evidence, the gate, the decision, the slots."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from pointsman.api.booking.appointment_schemas import AppointmentDoc
from pointsman.api.booking.slot_schemas import SlotDoc, localized_slots
from pointsman.api.http.partner_redaction import (
    FAILED_FOR_PARTNERS,
    REFUSED_FOR_PARTNERS,
    UNMET_FOR_PARTNERS,
    partner_summary,
)
from pointsman.api.http.timestamps import Timestamp
from pointsman.api.http.warnings import FieldWarningDoc
from pointsman.domain.booking.availability import Interval
from pointsman.domain.conditions.evaluator import LeafResult
from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.gate.evaluation import UnmetRequirement
from pointsman.domain.leads.evidence import Evidence, EvidenceKind
from pointsman.domain.leads.values.event_times import is_ahead
from pointsman.domain.messages.message import Message, say
from pointsman.domain.permissions.evidence_names import NotYourName, evidence_source
from pointsman.domain.policy.evidence_sources import EvidenceRules
from pointsman.domain.roster.reps import Rep
from pointsman.services.handover.book_on_handover import AutoBook
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.leads.evidence_intake import evidence_fault
from pointsman.services.ports import Actor
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

_Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]

EXAMPLE: dict[str, Any] = {
    "setter": "lena",
    "evidence": [
        {"name": "need", "value": "Replaces three spreadsheets before the audit in March"},
        {"name": "authority", "value": "Head of Finance, signs up to 50k"},
        {"name": "urgency", "value": "Decision before year end"},
        {"name": "offer_known", "value": "Has seen the product tour and the price list"},
    ],
}


class HandoverEvidenceIn(BaseModel):
    """One thing that was found out about the buyer."""

    model_config = ConfigDict(extra="forbid")

    name: _Word = Field(
        description="One of the policy's `evidence.names`; without those, need, authority, fit: qualified; intent, urgency: "
        "motivated; offer_known: educated.",
        examples=["need"],
    )
    value: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = Field(
        description="What was found out. What shows or says nothing (`-`, `n/a`, `tbd`, `keine`) is refused."
    )
    affirmed: StrictBool = Field(default=True, description="False records that the buyer said no.")
    source: _Word | None = Field(
        default=None,
        description="The person or system that found out; default: the setter, or the rep or partner of the key.",
    )
    observed_at: Timestamp | None = Field(default=None, description="Default: now.")
    expires_at: Timestamp | None = Field(default=None, description="Default: by the gate's own expiry.")

    def evidence(self, kind: EvidenceKind, source: str, now: datetime) -> Evidence:
        return Evidence(
            kind=kind,
            name=self.name,
            value=self.value,
            affirmed=self.affirmed,
            source=source,
            observed_at=self.observed_at or now,
            expires_at=self.expires_at,
        )


class WindowIn(BaseModel):
    """Between when and when to book."""

    model_config = ConfigDict(extra="forbid")

    start: Timestamp
    end: Timestamp

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end <= self.start:
            raise ValueError("give an end after the start")
        return self


class BookSlotIn(BaseModel):
    """A slot that was read out."""

    model_config = ConfigDict(extra="forbid")

    start: Timestamp
    end: Timestamp | None = Field(default=None, description="Default: the pool's usual length after the start.")


class HandoverIn(BaseModel):
    """A hand-over."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    evidence: Annotated[list[HandoverEvidenceIn], Field(min_length=1, max_length=50)]
    setter: _Word | None = Field(default=None, description="The rep who hands over; default: the lead's holder.")
    auto_book: StrictBool = Field(default=False, description="Also book the earliest slot, inside `window` if given.")
    window: WindowIn | None = None
    book: BookSlotIn | None = Field(
        default=None,
        description="Book this slot, too: either all of it happens or nothing. 409 says why: `gate-not-passed` with what is "
        "missing, `slot-taken` or `slot-not-offered` with the next free slots, `no-rep-for-slot`.",
    )
    dry_run: StrictBool = Field(
        default=False, description="Answer what would happen, with the slots, and write nothing."
    )

    @model_validator(mode="after")
    def _one_way_to_book(self) -> Self:
        if self.book is not None and (self.auto_book or self.window is not None):
            raise ValueError("give either `book`, or `auto_book` with its `window`")
        return self

    def findings(self, actor: Actor, reps: Collection[Rep], rules: EvidenceRules, now: datetime) -> list[Evidence]:
        """The evidence under the names that its caller may use. Invalid with the path of each other name, and what is none."""
        found, faults = list[Evidence](), list[Fault]()
        for position, item in enumerate(self.evidence):
            path, kind = f"body.evidence[{position}]", rules.kind_of(item.name)
            fault = evidence_fault(rules, item.name, item.value, affirmed=item.affirmed, path=path)
            if fault is not None or kind is None:
                faults += [fault] if fault else []
                continue
            if item.observed_at is not None and is_ahead(item.observed_at, now):
                message = "it cannot have been observed yet"
                faults.append(Fault(path=f"{path}.observed_at", code="in-the-future", message=message))
                continue
            try:
                source = evidence_source(actor, item.source, setter=self.setter, reps=reps)
            except NotYourName as error:
                faults.append(Fault(path=f"{path}.source", code="not-your-name", message=str(error)))
            else:
                found.append(item.evidence(kind, source, now))
        if faults:
            raise Invalid("The evidence cannot be taken as written. Mend each fault and send it again.", faults=faults)
        return found

    def auto_booking(self) -> AutoBook:
        return AutoBook(
            start=self.book.start if self.book else None,
            end=self.book.end if self.book else None,
            earliest=self.auto_book,
            window=Interval(self.window.start, self.window.end) if self.window else None,
        )


class UnmetRequirementDoc(BaseModel):
    """What keeps the gate shut."""

    what: str = Field(examples=["motivated"])
    why: str = Field(examples=["nobody has recorded intent or urgency"])
    how: str = Field(examples=["send evidence of kind motivated: intent or urgency"])

    @staticmethod
    def of(item: UnmetRequirement, reader: MessageReader, *, instead: Message | None = None) -> "UnmetRequirementDoc":
        """`instead` stands for why, which may name others and what they said."""
        why, how = render(instead or item.why, reader), render(item.how, reader)
        return UnmetRequirementDoc(what=item.what, why=why, how=how)


def _failed(leaf: LeafResult, reader: MessageReader, *, partner: bool) -> str:
    """What an account is to the house, its condition on it would tell a partner."""
    if partner and leaf.field.startswith("account."):
        return render_sentence(FAILED_FOR_PARTNERS, reader)
    return render(leaf.words, reader)


def _told(routed: RoutingResult, *, partner: bool) -> Message:
    decision = routed.decision
    if partner:
        return partner_summary(decision.outcome.value, rep=decision.rep, work=decision.work)
    return decision.summary


class HandoverDecisionDoc(BaseModel):
    """The decision that followed."""

    id: UUID | None = Field(description="Null for a dry run.")
    outcome: str = Field(description="assigned, held or nurture")
    summary: str
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None

    @staticmethod
    def of(routed: RoutingResult, reader: MessageReader, *, partner: bool, dry_run: bool) -> "HandoverDecisionDoc":
        decision = routed.decision
        return HandoverDecisionDoc(
            id=None if dry_run else routed.decision_id,
            outcome=decision.outcome.value,
            summary=(render_sentence if partner else render)(_told(routed, partner=partner), reader),
            rule=None if partner else decision.rule,
            pool=decision.pool,
            rep=reader.shown_rep(decision.rep),
            hold_reason=decision.hold_reason.value if decision.hold_reason else None,
        )


class HandoverOut(BaseModel):
    """What the gate said, and what became of the lead."""

    passed: bool
    what_happens: str = Field(description="One sentence for the person on the phone.")
    dry_run: bool = Field(description="True: nothing of this was written.")
    gate_check_id: UUID | None = Field(description="Null for a dry run.")
    expires_at: datetime | None = Field(description="Until when the pass lasts.")
    missing: list[UnmetRequirementDoc] = Field(description="Evidence that is still missing.")
    refused: list[UnmetRequirementDoc] = Field(description="Evidence that says no.")
    failed: list[str] = Field(description="Conditions of the gate that this lead does not meet.")
    stage: str = Field(description="Where the lead stands now.", examples=["closing"])
    nurture_until: datetime | None
    setter: str | None
    decision: HandoverDecisionDoc | None = Field(description="Null when the lead stayed where it was.")
    closer: str | None = Field(
        description="The rep who has the lead for closing. Null to a partner's key where it is no rep of its own.",
        examples=["anna"],
    )
    slots: list[SlotDoc] = Field(description="The closer's next, also on the prospect's clock and in words.")
    why_no_slots: str | None
    warnings: list[FieldWarningDoc] = Field(description="Evidence that is kept and does not count.")
    appointment: AppointmentDoc | None = Field(description="Null for a dry run: `what_happens` says when it would be.")

    @staticmethod
    def of(
        handed: HandoverResult, now: datetime, reader: MessageReader, *, partner: bool, dry_run: bool
    ) -> "HandoverOut":
        gate, what, routed, booked = handed.gate, handed.what_happens, handed.routing, handed.appointment
        if routed and what == routed.decision.summary:
            what = _told(routed, partner=partner)
        why_empty = handed.slot_list.why_empty if handed.slot_list else None
        return HandoverOut(
            passed=gate.passed,
            what_happens=render_sentence(say("handing-over.as-things-stand", what=what) if dry_run else what, reader),
            dry_run=dry_run,
            gate_check_id=None if dry_run else handed.check_id,
            expires_at=gate.expires_at,
            missing=[
                UnmetRequirementDoc.of(item, reader, instead=UNMET_FOR_PARTNERS if partner else None)
                for item in gate.missing
            ],
            refused=[
                UnmetRequirementDoc.of(item, reader, instead=REFUSED_FOR_PARTNERS if partner else None)
                for item in gate.refused
            ],
            failed=[_failed(leaf, reader, partner=partner) for leaf in gate.failed_conditions],
            stage=handed.stage,
            nurture_until=handed.nurture_until,
            setter=reader.shown_rep(handed.setter),
            decision=HandoverDecisionDoc.of(routed, reader, partner=partner, dry_run=dry_run) if routed else None,
            closer=reader.shown_rep(handed.closer),
            slots=localized_slots(handed.slot_list, reader, language=reader.language) if handed.slot_list else [],
            warnings=[FieldWarningDoc.of(fault) for fault in handed.warnings],
            why_no_slots=render_sentence(why_empty, reader) if why_empty else None,
            appointment=AppointmentDoc.of(booked, now, reader, partner=partner) if booked and not dry_run else None,
        )

"""A decision in an answer about its lead: where it went, and why."""

from uuid import UUID

from pydantic import BaseModel, Field

from pointsman.api.http.partner_redaction import partner_sentence
from pointsman.services.routing.routing_request import RoutingResult
from pointsman.services.wording.rendering import MessageReader, render


class CandidateDoc(BaseModel):
    """A rep who was looked at: `code` says why not, null for the eligible."""

    rep: str
    pool: str
    eligible: bool
    code: str | None
    sentence: str


class DecisionDoc(BaseModel):
    """Where the lead went, and why. `GET /v1/decisions/{id}` has the whole trace."""

    id: UUID
    outcome: str = Field(description="assigned, held or nurture", examples=["assigned"])
    work: str | None = Field(examples=["qualification"])
    rep: str | None = Field(examples=["lena"])
    rule: str | None
    pool: str | None
    hold_reason: str | None
    hold_sentence: str | None
    summary: str
    policy_version: int
    candidates: list[CandidateDoc]

    @staticmethod
    def of(routed: RoutingResult, reader: MessageReader, *, partner: bool = False) -> "DecisionDoc":
        """`partner` leaves out our rules, who else was looked at, and why it was not them."""
        decision = routed.decision
        waits_for = None if partner else decision.hold_sentence
        summary = (
            partner_sentence(decision.outcome.value, reader, rep=decision.rep, work=decision.work)
            if partner
            else render(decision.summary, reader)
        )
        return DecisionDoc(
            id=routed.decision_id,
            outcome=decision.outcome.value,
            work=decision.work,
            rep=reader.shown_rep(decision.rep),
            rule=None if partner else decision.rule,
            pool=decision.pool,
            hold_reason=decision.hold_reason,
            hold_sentence=render(waits_for, reader) if waits_for else None,
            summary=summary,
            policy_version=decision.policy_version,
            candidates=[]
            if partner
            else [
                CandidateDoc(
                    rep=c.rep, pool=c.pool, eligible=c.eligible, code=c.code, sentence=render(c.sentence, reader)
                )
                for c in decision.candidates
            ],
        )

"""A decision as JSON: the answer in words, and everything that led there."""

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from pydantic import BaseModel, Field

from pointsman.api.http.partner_redaction import partner_sentence
from pointsman.domain.conditions.evaluator import LeafResult
from pointsman.domain.distribution.candidate import Candidate
from pointsman.domain.distribution.ledger import Ledger
from pointsman.domain.messages.message import message_from_json
from pointsman.domain.routing.decision import Decision, canonical_json
from pointsman.services.ports.routing.decisions import DecisionRow
from pointsman.services.wording.rendering import MessageReader, render


class LeafDoc(BaseModel):
    """What one test of a rule's condition said; `outcome` null is unknown."""

    path: str
    field: str
    operator: str
    outcome: bool | None
    words: str = Field(examples=["company.employees 45 is below 50"])

    @staticmethod
    def of(leaf: LeafResult, reader: MessageReader) -> "LeafDoc":
        words = render(leaf.words, reader)
        return LeafDoc(path=leaf.path, field=leaf.field, operator=leaf.operator, outcome=leaf.outcome, words=words)


class StepDoc(BaseModel):
    """One step of the trace."""

    rule: str | None
    result: str = Field(examples=["matched"])
    sentence: str
    leaves: list[LeafDoc]


class CandidateTraceDoc(BaseModel):
    """One rep who was looked at, and why they were dropped."""

    rep: str
    pool: str
    eligible: bool
    code: str | None = Field(examples=["time-off"])
    sentence: str

    @staticmethod
    def of(found: Candidate, reader: MessageReader) -> "CandidateTraceDoc":
        sentence = render(found.sentence, reader)
        return CandidateTraceDoc(
            rep=found.rep, pool=found.pool, eligible=found.eligible, code=found.code, sentence=sentence
        )


class BalanceDoc(BaseModel):
    """A balance, exact and rounded."""

    exact: str = Field(examples=["-2/3"])
    decimal: float = Field(examples=[-0.667])

    @staticmethod
    def of(balance: Fraction) -> "BalanceDoc":
        return BalanceDoc(exact=str(balance), decimal=round(float(balance), 3))


class TraceDoc(BaseModel):
    """A decision with its whole reason."""

    outcome: str = Field(examples=["assigned"])
    work: str | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None
    summary: str
    steps: list[StepDoc]
    candidates: list[CandidateTraceDoc]
    ledger_before: dict[str, BalanceDoc] | None
    ledger_after: dict[str, BalanceDoc] | None
    entitlements: dict[str, str] = Field(description="What each eligible member gained before 1 was taken.")
    tie_break: str | None
    policy_version: int
    roster_version: int
    seed: str
    now: datetime

    @staticmethod
    def of(decision: Decision, reader: MessageReader, *, partner: bool = False) -> "TraceDoc":
        """`partner` leaves out our rules, who else was looked at, and how they stand."""
        return TraceDoc(
            outcome=decision.outcome.value,
            work=decision.work,
            rule=None if partner else decision.rule,
            pool=decision.pool,
            rep=reader.shown_rep(decision.rep),
            hold_reason=decision.hold_reason,
            summary=_summary(decision, reader, partner=partner),
            steps=[]
            if partner
            else [
                StepDoc(
                    rule=step.rule,
                    result=step.result.value,
                    sentence=render(step.sentence, reader),
                    leaves=[LeafDoc.of(leaf, reader) for leaf in step.leaves],
                )
                for step in decision.steps
            ],
            candidates=[] if partner else [CandidateTraceDoc.of(c, reader) for c in decision.candidates],
            ledger_before=None if partner else _balances(decision.ledger_before),
            ledger_after=None if partner else _balances(decision.ledger_after),
            entitlements={} if partner else {rep: str(share) for rep, share in decision.entitlements.items()},
            tie_break=None if partner else decision.tie_break,
            policy_version=decision.policy_version,
            roster_version=decision.roster_version,
            seed=decision.seed,
            now=decision.now,
        )


class DecisionHead(BaseModel):
    """A decision in a list; the whole trace is at `GET /v1/decisions/{id}`."""

    id: UUID
    lead_id: UUID
    at: datetime
    outcome: str = Field(examples=["assigned"])
    work: str | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: str | None
    summary: str
    policy_version: int

    @staticmethod
    def head_of(row: DecisionRow, reader: MessageReader, *, partner: bool) -> "DecisionHead":
        summary = (
            partner_sentence(row.outcome, reader, rep=row.rep, work=row.work)
            if partner
            else render(message_from_json(row.summary), reader)
        )
        return DecisionHead(
            id=row.id,
            lead_id=row.lead_id,
            at=row.at,
            outcome=row.outcome,
            work=row.work,
            rule=None if partner else row.rule,
            pool=row.pool,
            rep=reader.shown_rep(row.rep),
            hold_reason=row.hold_reason,
            summary=summary,
            policy_version=row.policy_version,
        )


class WholeDecisionDoc(DecisionHead):
    """A stored decision with its whole trace."""

    trace: TraceDoc

    @staticmethod
    def of(row: DecisionRow, reader: MessageReader, *, partner: bool) -> "WholeDecisionDoc":
        trace = TraceDoc.of(Decision.from_json(canonical_json(row.record)), reader, partner=partner)
        return WholeDecisionDoc(**DecisionHead.head_of(row, reader, partner=partner).model_dump(), trace=trace)


def _summary(decision: Decision, reader: MessageReader, *, partner: bool) -> str:
    if partner:
        return partner_sentence(decision.outcome.value, reader, rep=decision.rep, work=decision.work)
    return render(decision.summary, reader)


def _balances(ledger: Ledger | None) -> dict[str, BalanceDoc] | None:
    return None if ledger is None else {rep: BalanceDoc.of(ledger.balance(rep)) for rep in sorted(ledger.balances)}

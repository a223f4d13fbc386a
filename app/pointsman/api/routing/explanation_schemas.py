"""An explanation as JSON: in words to be read out, and as data to be shown."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from pointsman.api.routing.decision_schemas import BalanceDoc, LeafDoc, TraceDoc
from pointsman.domain.counterfactuals.near_misses import NearMiss
from pointsman.domain.counterfactuals.remedies import Remedy
from pointsman.domain.counterfactuals.search import FactChange
from pointsman.domain.explain.explanation import WHY_REP_CODES, Explanation, WhyNot
from pointsman.services.explain.explain import ExplainedDecision
from pointsman.services.wording.rendering import MessageReader, render, render_all, render_sentence


class WhyRepDoc(BaseModel):
    """Why the chosen rep."""

    code: str = Field(examples=["turn"], description=f"One of: {', '.join(WHY_REP_CODES)}.")
    sentence: str


class WhyNotDoc(BaseModel):
    """Another member of a pool that was tried: dropped, or eligible and not next."""

    rep: str
    pool: str
    eligible: bool
    code: str = Field(examples=["time-off"], description="Why dropped; `not-next` for the eligible.")
    sentence: str
    balance_before: BalanceDoc | None
    entitlement: str | None = Field(examples=["1/3"], description="What this lead gave them of a turn.")
    turns: int | None = Field(
        description="In how many leads their turn comes while nobody comes or goes; 1 is the very next."
    )

    @staticmethod
    def of(other: WhyNot, reader: MessageReader) -> "WhyNotDoc":
        return WhyNotDoc(
            rep=other.rep,
            pool=other.pool,
            eligible=other.eligible,
            code=other.code,
            sentence=render(other.sentence, reader),
            balance_before=None if other.balance_before is None else BalanceDoc.of(other.balance_before),
            entitlement=None if other.entitlement is None else str(other.entitlement),
            turns=other.turns,
        )


class FactChangeDoc(BaseModel):
    """One fact that would have to be otherwise."""

    field: str = Field(examples=["lead.score"])
    words: str = Field(examples=["were at least 70"])
    value: Any = Field(description="A value that would do; null where none is told.")
    unset: bool = Field(description="The fact would have to be unknown.")

    @staticmethod
    def of(change: FactChange, reader: MessageReader) -> "FactChangeDoc":
        value = change.value
        told = value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        return FactChangeDoc(field=change.field, words=render(change.words, reader), value=told, unset=change.unset)


class MatchChangesDoc(BaseModel):
    """The fewest changes found that make a rule match."""

    sentence: str = Field(examples=["lead.country were one of DE, AT, CH and lead.score were at least 70"])
    changes: list[FactChangeDoc]
    proven: bool = Field(description="Tried with values, and none of the changes is too much.")


class NearMissDoc(BaseModel):
    """A rule that did not match, and by how little."""

    rule: str
    position: int = Field(description="Its place in the policy, from 0.")
    tests: int = Field(description="So many tests keep it from matching, at least.")
    failing: list[LeafDoc]
    would_match_if: MatchChangesDoc | None

    @staticmethod
    def of(miss: NearMiss, reader: MessageReader) -> "NearMissDoc":
        guess = miss.would_match_if
        return NearMissDoc(
            rule=miss.rule,
            position=miss.position,
            tests=miss.tests,
            failing=[LeafDoc.of(leaf, reader) for leaf in miss.failing],
            would_match_if=None
            if guess is None
            else MatchChangesDoc(
                sentence=render(guess.sentence, reader),
                changes=[FactChangeDoc.of(change, reader) for change in guess.changes],
                proven=guess.proven,
            ),
        )


class RemedyDoc(BaseModel):
    """One thing that would change where the lead goes."""

    code: str = Field(examples=["time-off"])
    sentence: str
    rep: str | None
    pool: str | None
    work: str | None
    at: datetime | None
    needs: list[str] = Field(description="The evidence that a gate asks for.")

    @staticmethod
    def of(remedy: Remedy, reader: MessageReader) -> "RemedyDoc":
        return RemedyDoc(
            code=remedy.code,
            sentence=render(remedy.sentence, reader),
            rep=remedy.rep,
            pool=remedy.pool,
            work=remedy.work,
            at=remedy.at,
            needs=list(remedy.needs),
        )


class ExplanationDoc(BaseModel):
    """Why this rep, why not each other one, which rules nearly matched, and what would change it."""

    summary: str
    story: list[str]
    why_rep: WhyRepDoc | None
    why_not: list[WhyNotDoc]
    why_not_more: int
    near_misses: list[NearMissDoc] = Field(description="The nearest first.")
    near_misses_more: int = Field(description="So many more rules did not match.")
    would_change: list[RemedyDoc]
    crm: list[str] = Field(description="What is done at the CRM beside the owner, by the rule that gave the lead away.")

    @staticmethod
    def of(told: Explanation, reader: MessageReader) -> "ExplanationDoc":
        return ExplanationDoc(
            summary=render_sentence(told.summary, reader),
            story=render_all(told.story, reader),
            why_rep=WhyRepDoc(code=told.why_rep.code, sentence=render(told.why_rep.sentence, reader))
            if told.why_rep
            else None,
            why_not=[WhyNotDoc.of(other, reader) for other in told.why_not],
            why_not_more=told.why_not_more,
            near_misses=[NearMissDoc.of(miss, reader) for miss in told.near_misses.nearest],
            near_misses_more=told.near_misses.more,
            would_change=[RemedyDoc.of(remedy, reader) for remedy in told.would_change],
            crm=[render_sentence(one, reader) for one in told.crm],
        )


class ExplainedDecisionDoc(TraceDoc):
    """A decision with its whole trace and its explanation."""

    explanation: ExplanationDoc
    nurture: str | None = Field(
        default=None, description="Of a lead that is in nurture now: whether news bring it back, and why or why not."
    )
    calendars_read_at: datetime | None = Field(
        default=None,
        description="When the oldest of the closers' calendars behind it was read; null: none was, or the decision is stored.",
    )

    @staticmethod
    def of_explained(found: ExplainedDecision, reader: MessageReader) -> "ExplainedDecisionDoc":
        trace = TraceDoc.of(found.decision, reader)
        return ExplainedDecisionDoc(
            **dict(trace),
            explanation=ExplanationDoc.of(found.explanation, reader),
            nurture=render_sentence(found.nurture, reader) if found.nurture else None,
            calendars_read_at=found.calendars_read_at,
        )

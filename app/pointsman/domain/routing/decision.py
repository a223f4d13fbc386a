"""Decisions: the immutable answer for one lead at one time, with its whole reason, as values and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pointsman.domain.conditions.evaluator import LeafResult
from pointsman.domain.distribution.candidate import Candidate
from pointsman.domain.distribution.ledger import Ledger, Turn
from pointsman.domain.messages.message import Message, message_from_json
from pointsman.domain.roster.roles import Work


class DecisionOutcome(StrEnum):
    """What became of the lead."""

    ASSIGNED = "assigned"
    HELD = "held"
    NURTURE = "nurture"


class HoldReason(StrEnum):
    """Why a lead waits."""

    NO_RULE = "no-rule"
    NOBODY_ELIGIBLE = "nobody-eligible"
    GATE_CLOSED = "gate-closed"
    POOL_EMPTY = "pool-empty"


class StepResult(StrEnum):
    """What one step of the trace found."""

    MATCHED = "matched"
    NO_MATCH = "no-match"
    UNKNOWN = "unknown"
    GATE_CLOSED = "gate-closed"
    NOBODY_ELIGIBLE = "nobody-eligible"
    POOL_EMPTY = "pool-empty"
    OWNER = "owner"
    OWNER_NOT_ELIGIBLE = "owner-not-eligible"
    SKIPPED = "skipped"  # next in turn, passed over this once as asked
    SKIP_KEPT = "skip-kept"  # to be skipped, but no other rep can have the lead
    TOO_FAR_AHEAD = "too-far-ahead"  # is preferred no less, but has had too many turns already
    TOO_FAR_BEHIND = "too-far-behind"  # has had too few turns, and so comes before those preferred
    ASSIGNED = "assigned"
    NURTURE = "nurture"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """One step of the trace; `leaves` explain a rule's condition, when it matched or nearly did."""

    rule: str | None
    result: StepResult
    sentence: Message
    leaves: tuple[LeafResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer: the rep and the work for this lead, or why it waits; and all that led there."""

    outcome: DecisionOutcome
    work: Work | None
    rule: str | None
    pool: str | None
    rep: str | None
    hold_reason: HoldReason | None
    hold_sentence: Message | None
    summary: Message
    steps: tuple[TraceStep, ...]
    candidates: tuple[Candidate, ...]
    turn: Turn | None  # to be taken back exactly when the assignment earns a credit
    ledger_before: Ledger | None
    ledger_after: Ledger | None
    tie_break: str | None
    policy_version: int
    roster_version: int
    seed: str
    now: datetime
    category: str | None = None  # what caps by category count this as
    skipped: tuple[str, ...] = ()  # reps whose turn was passed over as asked: the skip is used up
    ledger: str | None = None  # the name of the ledger that books the turn: the pool's own, or one it shares

    @property
    def entitlements(self) -> Mapping[str, Fraction]:
        """What each eligible member gained by this turn, before 1 was taken from the chosen one."""
        return {rep: self.turn.entitlement(rep) for rep in self.turn.weights} if self.turn else {}

    def to_json(self) -> str:
        """Canonical JSON: equal decisions give equal bytes. Each of the candidates' reasons stands in it once."""
        reasons = _Reasons()
        data = {
            "outcome": self.outcome.value,
            "work": self.work.value if self.work else None,
            "rule": self.rule,
            "pool": self.pool,
            "rep": self.rep,
            "hold_reason": self.hold_reason.value if self.hold_reason else None,
            "hold_sentence": self.hold_sentence.as_json() if self.hold_sentence else None,
            "summary": self.summary.as_json(),
            "steps": [_step_as_json(step) for step in self.steps],
            "candidates": [_candidate_as_json(candidate, reasons) for candidate in self.candidates],
            "reasons": reasons.listed,
            "turn": self.turn.as_json() if self.turn else None,
            "ledger_before": self.ledger_before.as_json() if self.ledger_before else None,
            "ledger_after": self.ledger_after.as_json() if self.ledger_after else None,
            "tie_break": self.tie_break,
            "policy_version": self.policy_version,
            "roster_version": self.roster_version,
            "seed": self.seed,
            "now": self.now.isoformat(),
            "category": self.category,
            "skipped": list(self.skipped),
            "ledger": self.ledger,
        }
        return canonical_json(data)

    @staticmethod
    def from_json(text: str) -> "Decision":
        """The decision that `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        reasons = [message_from_json(reason) for reason in data["reasons"]]
        return Decision(
            outcome=DecisionOutcome(data["outcome"]),
            work=Work(data["work"]) if data["work"] else None,
            rule=data["rule"],
            pool=data["pool"],
            rep=data["rep"],
            hold_reason=HoldReason(data["hold_reason"]) if data["hold_reason"] else None,
            hold_sentence=message_from_json(data["hold_sentence"]) if data["hold_sentence"] else None,
            summary=message_from_json(data["summary"]),
            steps=tuple(_step(step) for step in data["steps"]),
            candidates=tuple(_candidate(candidate, reasons) for candidate in data["candidates"]),
            turn=Turn.from_json(data["turn"]) if data["turn"] else None,
            ledger_before=Ledger.from_json(data["ledger_before"]) if data["ledger_before"] else None,
            ledger_after=Ledger.from_json(data["ledger_after"]) if data["ledger_after"] else None,
            tie_break=data["tie_break"],
            policy_version=data["policy_version"],
            roster_version=data["roster_version"],
            seed=data["seed"],
            now=datetime.fromisoformat(data["now"]),
            category=data["category"],
            skipped=tuple(data["skipped"]),
            ledger=data["ledger"],
        )


def canonical_json(data: object) -> str:
    """JSON with sorted keys and no spaces: the same data always gives the same bytes."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def shallow_asdict(value: Any) -> dict[str, Any]:
    """A flat dataclass as a dict; `dataclasses.asdict` would copy deeply, at ten times the price."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _step_as_json(step: TraceStep) -> dict[str, Any]:
    leaves = [{**shallow_asdict(leaf), "words": leaf.words.as_json()} for leaf in step.leaves]
    return {**shallow_asdict(step), "sentence": step.sentence.as_json(), "leaves": leaves}


def _step(data: Mapping[str, Any]) -> TraceStep:
    return TraceStep(
        rule=data["rule"],
        result=StepResult(data["result"]),
        sentence=message_from_json(data["sentence"]),
        leaves=tuple(LeafResult(**{**leaf, "words": message_from_json(leaf["words"])}) for leaf in data["leaves"]),
    )


class _Reasons:
    """Messages as JSON, each once, in the order in which they are first asked for."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self._places: dict[int, int] = {}  # by the identity of a message, as candidates share it

    def place(self, message: Message) -> int:
        """The place of the message in the list."""
        found = self._places.get(id(message))
        if found is None:
            found = self._places[id(message)] = len(self.listed)
            self.listed.append(message.as_json())
        return found


def _candidate_as_json(candidate: Candidate, reasons: _Reasons) -> dict[str, Any]:
    data = {
        "rep": candidate.rep,
        "pool": candidate.pool,
        "eligible": candidate.eligible,
        "code": candidate.code,
        "why": None if candidate.why is None else reasons.place(candidate.why),
    }
    return {**data, "by_override": True} if candidate.by_override else data


def _candidate(data: Mapping[str, Any], reasons: Sequence[Message]) -> Candidate:
    return Candidate(**{**data, "why": None if data["why"] is None else reasons[data["why"]]})

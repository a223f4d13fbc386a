"""Leads given by a human's word: what was said is kept, so that the decision can be taken again from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pointsman.domain.messages.message import Arg, connection_name, rep_name, say
from pointsman.domain.roster.reps import Rep
from pointsman.domain.roster.roles import Work, work_name
from pointsman.domain.routing.decision import Decision, DecisionOutcome, StepResult, TraceStep, canonical_json

MANUAL_KEY = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualAssignment:
    """A manual assignment: rep, work, reason, override, and the versions in force."""

    rep: str
    work: Work
    reason: str
    approver: str | None
    seed: str
    now: datetime
    policy_version: int
    roster_version: int
    connection: str | None = None  # of the CRM in which a human said so

    def to_json(self) -> str:
        """What is stored as the decision's inputs."""
        said: dict[str, object] = {
            "rep": self.rep,
            "work": self.work.value,
            "reason": self.reason,
            "approver": self.approver,
            "seed": self.seed,
            "now": self.now.isoformat(),
            "policy_version": self.policy_version,
            "roster_version": self.roster_version,
        }
        if self.connection is not None:
            said["connection"] = self.connection
        return canonical_json({MANUAL_KEY: said})

    @staticmethod
    def from_json(inputs: Mapping[str, Any]) -> "ManualAssignment":
        said = inputs[MANUAL_KEY]
        return ManualAssignment(**{**said, "work": Work(said["work"]), "now": datetime.fromisoformat(said["now"])})

    def to_decision(self, rep: Rep) -> Decision:
        """The decision, which takes no turn. `rep` is the one that `self.rep` names."""
        told: dict[str, Arg] = {"rep": rep_name(rep.key), "work": work_name(self.work), "reason": self.reason}
        summary = say("routing.by-hand", **told)
        if self.connection is not None:
            whom = {"rep": told["rep"], "work": told["work"], "connection": connection_name(self.connection)}
            summary = say("routing.in-crm", **whom)
            if self.approver:
                summary = say("routing.in-crm-under-override", **whom, approver=self.approver)
        elif self.approver:
            summary = say("routing.by-hand-under-override", **told, approver=self.approver)
        return Decision(
            outcome=DecisionOutcome.ASSIGNED,
            work=self.work,
            rule=None,
            pool=None,
            rep=self.rep,
            hold_reason=None,
            hold_sentence=None,
            summary=summary,
            steps=(TraceStep(rule=None, result=StepResult.ASSIGNED, sentence=summary),),
            candidates=(),
            turn=None,
            ledger_before=None,
            ledger_after=None,
            tie_break=None,
            policy_version=self.policy_version,
            roster_version=self.roster_version,
            seed=self.seed,
            now=self.now,
        )

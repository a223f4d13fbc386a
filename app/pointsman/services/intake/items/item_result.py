"""What is kept of how an item ended: ids, codes and messages, and nothing that a person wrote."""

from collections.abc import Mapping, Sequence
from typing import Any

from pointsman.domain.errors import Fault
from pointsman.domain.messages.message import Message, as_written, say
from pointsman.services.handover.handover_result import HandoverResult
from pointsman.services.intake.submit_lead import SubmitResult

#: Warnings of fields, without what was sent.
_WARNINGS: Mapping[str, Message] = {
    "read-in-part": say("arrival.read-in-part"),
    "wrong-type": say("arrival.wrong-type"),
    "not-an-email": say("arrival.not-an-email"),
    "not-an-id": say("arrival.not-an-id"),
    "in-the-future": say("arrival.in-the-future"),
    "phone-unread": say("arrival.phone-unread"),
    "names-no-company": say("arrival.names-no-company"),
    "names-no-person": say("arrival.names-no-person"),
    "expression-failed": say("arrival.expression-failed"),
    "no-such-rep": say("arrival.no-such-rep"),
}


def handover_result(handed: HandoverResult) -> dict[str, Any]:
    """Of a hand-over: ids, codes and messages; what the person said stays in the lead."""
    return {
        "gate_passed": handed.gate.passed,
        "gate_check_id": str(handed.check_id),
        "missing": [{"what": item.what, "why": item.why.as_json()} for item in handed.gate.missing],
        "refused": [{"what": item.what, "why": item.why.as_json()} for item in handed.gate.refused],
        "failed": [leaf.words.as_json() for leaf in handed.gate.failed_conditions],
        "what_happens": handed.what_happens.as_json(),
        "stage": handed.stage,
        "closer": handed.closer,
        "decision_id": str(handed.routing.decision_id) if handed.routing else None,
        "outcome": handed.routing.decision.outcome.value if handed.routing else None,
        "hold_reason": handed.routing.decision.hold_reason if handed.routing else None,
        "appointment_id": str(handed.appointment.id) if handed.appointment else None,
    }


def submit_result(submitted: SubmitResult) -> dict[str, Any]:
    """Of a lead: ids, codes and messages; what the person said stays in the lead."""
    result: dict[str, Any] = {"created": submitted.created, "routed": submitted.routed is not None}
    if submitted.note is not None:
        result["note"] = submitted.note.as_json()
    if submitted.routed is not None:
        decision = submitted.routed.decision
        result |= {
            "decision_id": str(submitted.routed.decision_id),
            "outcome": decision.outcome.value,
            "work": decision.work,
            "rule": decision.rule,
            "pool": decision.pool,
            "rep": decision.rep,
            "hold_reason": decision.hold_reason,
        }
    return result


def warnings_kept(warnings: Sequence[Fault]) -> dict[str, Any]:
    """What was left out or read by a rule; nothing where nothing was."""
    return {"warnings": list(map(_warning, warnings))} if warnings else {}


def _warning(fault: Fault) -> dict[str, Any]:
    """Messages about fields may quote what a person wrote: words of the code stand for them, but not for those about evidence."""
    told = {"path": fault.path, "code": fault.code}
    known = _WARNINGS.get(fault.code)
    message = as_written(fault.message) if fault.path.startswith("evidence[") else known
    return told if message is None else told | {"message": message.as_json()}

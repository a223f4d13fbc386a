"""The words of a policy's own vocabulary: works, kinds of evidence, ways in, and texts that its author wrote."""

from collections.abc import Mapping

from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.messages.message import Message, Named, NameKind, say, supplier_name
from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy_words.conditions import condition_message
from pointsman.domain.policy_words.sections import Statements
from pointsman.domain.policy_words.values import quoted
from pointsman.domain.roster.roles import Work

WORKS: Mapping[Work, Message] = {
    Work.NURTURE: say("readout.work-nurture"),
    Work.PROSPECTING: say("readout.work-prospecting"),
    Work.QUALIFICATION: say("readout.work-qualification"),
    Work.CLOSING: say("readout.work-closing"),
    Work.SOLUTION_DESIGN: say("readout.work-solution-design"),
    Work.CUSTOMER_SERVICE: say("readout.work-customer-service"),
    Work.ADMINISTRATION: say("readout.work-administration"),
}
KINDS: Mapping[EvidenceKind, Message] = {
    EvidenceKind.QUALIFIED: say("readout.kind-qualified"),
    EvidenceKind.MOTIVATED: say("readout.kind-motivated"),
    EvidenceKind.EDUCATED: say("readout.kind-educated"),
}


def asked(condition: Condition) -> Message:
    """A condition of the document in words."""
    return condition_message(condition.model_dump(mode="json", by_alias=True, exclude_none=True))


def origin_message(origin: str) -> Message:
    """A way in by which evidence comes."""
    kind, _, name = origin.partition(":")
    match kind:
        case "webhooks":
            return say("readout.from-webhooks")
        case "reps":
            return say("readout.from-reps")
        case "partners":
            return say("readout.from-partners")
        case "scope":
            return say("readout.from-scope", scope=name)
        case "intake":
            return say("readout.from-intake", intake=Named(NameKind.INTAKE, name))
        case _:
            return say("readout.from-partner", partner=supplier_name(name))


def tell_description(told: Statements, description: str | None) -> None:
    """The author's note, if there is one."""
    if description is not None:
        told.tell("description", say("readout.description", text=quoted(description)))

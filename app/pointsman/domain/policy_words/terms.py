"""The words of a policy's own vocabulary: what its settings can be, ways in, and texts that its author wrote."""

from collections.abc import Mapping

from pointsman.domain.leads.evidence import EvidenceKind
from pointsman.domain.leads.facts import FieldType
from pointsman.domain.messages.message import Message, Named, NameKind, say, supplier_name
from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.document import OwnerChanges
from pointsman.domain.policy.invitations import Inviter
from pointsman.domain.policy.pools import Confirmation, OfferMode
from pointsman.domain.policy_words.conditions import condition_message
from pointsman.domain.policy_words.sections import Statements
from pointsman.domain.policy_words.values import quoted
from pointsman.domain.roster.roles import Work, work_name

#: Works as bare nouns; `work_name` is how they follow "for".
WORKS: Mapping[Work, Message] = {work: say("readout.work", work=work_name(work)) for work in Work}
KINDS: Mapping[EvidenceKind, Message] = {
    EvidenceKind.QUALIFIED: say("readout.kind-qualified"),
    EvidenceKind.MOTIVATED: say("readout.kind-motivated"),
    EvidenceKind.EDUCATED: say("readout.kind-educated"),
}
OFFERS: Mapping[OfferMode, Message] = {
    OfferMode.STRICT: say("readout.offer-strict"),
    OfferMode.FLEXIBLE: say("readout.offer-flexible"),
    OfferMode.BALANCED: say("readout.offer-balanced"),
}
CONFIRMATIONS: Mapping[Confirmation, Message] = {
    Confirmation.AUTOMATIC: say("readout.confirmation-automatic"),
    Confirmation.REP: say("readout.confirmation-rep"),
}
INVITERS: Mapping[Inviter, Message] = {
    Inviter.MAIL: say("readout.invited-by-mail"),
    Inviter.CALENDAR: say("readout.invited-by-calendar"),
    Inviter.NOBODY: say("readout.invited-by-nobody"),
}
FIELD_TYPES: Mapping[FieldType, Message] = {
    FieldType.TEXT: say("readout.type-text"),
    FieldType.NUMBER: say("readout.type-number"),
    FieldType.BOOLEAN: say("readout.type-boolean"),
    FieldType.INSTANT: say("readout.type-instant"),
    FieldType.LIST: say("readout.type-list"),
}
OWNERS: Mapping[str, Message] = {
    "contact": say("readout.owner-contact"),
    "account": say("readout.owner-account"),
    "parent": say("readout.owner-parent"),
    "colleague": say("readout.owner-colleague"),
}
OWNER_CHANGES: Mapping[OwnerChanges, Message] = {
    OwnerChanges.ACCEPT: say("readout.owner-changes-accept"),
    OwnerChanges.REFUSE: say("readout.owner-changes-refuse"),
    OwnerChanges.REVERT: say("readout.owner-changes-revert"),
}
TIES: Mapping[str, Message] = {
    "most_leads": say("readout.tie-most-leads"),
    "latest": say("readout.tie-latest"),
    "best_tier": say("readout.tie-best-tier"),
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

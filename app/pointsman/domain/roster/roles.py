"""Work, and the roles that may do it."""

from dataclasses import dataclass
from enum import StrEnum

from pointsman.domain.messages.message import Message, say


class Work(StrEnum):
    """What is to be done with a lead."""

    NURTURE = "nurture"  # marketing, no human
    PROSPECTING = "prospecting"  # cold
    QUALIFICATION = "qualification"  # inbound response, appointment setting
    CLOSING = "closing"  # selling to a qualified buyer
    SOLUTION_DESIGN = "solution_design"
    CUSTOMER_SERVICE = "customer_service"  # renewals, repeat business
    ADMINISTRATION = "administration"


#: The works that a lead must pass a gate for, before any rep may get it.
GATED_WORKS = frozenset({Work.CLOSING})
#: The works of a setter: what comes before the gate.
SETTING_WORKS = frozenset({Work.PROSPECTING, Work.QUALIFICATION})


_WORK_NAMES = {
    Work.NURTURE: say("work.nurture"),
    Work.PROSPECTING: say("work.prospecting"),
    Work.QUALIFICATION: say("work.qualification"),
    Work.CLOSING: say("work.closing"),
    Work.SOLUTION_DESIGN: say("work.solution-design"),
    Work.CUSTOMER_SERVICE: say("work.customer-service"),
    Work.ADMINISTRATION: say("work.administration"),
}


def work_name(work: Work) -> Message:
    """The work as it follows "for" in a sentence."""
    return _WORK_NAMES[work]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named job and the set of works it may do."""

    name: str
    works: frozenset[Work]

    def allows(self, work: Work) -> bool:
        return work in self.works

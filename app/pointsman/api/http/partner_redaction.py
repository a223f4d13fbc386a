"""What a partner's key reads in place of our reasons: where its lead is, not who else was looked at or why not."""

from pointsman.domain.messages.message import Message, rep_name, say
from pointsman.domain.roster.roles import Work, work_name

#: The answer to every lead that a partner brings in, be the person known or not.
PARTNER_SUBMISSION = say("redacted.received")
#: In place of what evidence of others, or a condition of the house, says.
UNMET_FOR_PARTNERS = say("redacted.unmet")
REFUSED_FOR_PARTNERS = say("redacted.refused")
FAILED_FOR_PARTNERS = say("redacted.failed")


def partner_summary(outcome: str, *, rep: str | None, work: str | None) -> Message:
    """A decision in one sentence that names only the rep who has the lead."""
    if outcome == "assigned" and rep is not None and work is not None:
        return say("redacted.assigned", rep=rep_name(rep), work=work_name(Work(work)))
    return say("redacted.nurture") if outcome == "nurture" else say("redacted.waits")

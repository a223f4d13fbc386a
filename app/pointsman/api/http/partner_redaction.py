"""What a partner's key reads in place of our reasons: where its lead is, not who else was looked at or why not."""

#: The answer to every lead that a partner brings in, be the person known or not.
PARTNER_SUBMISSION = (
    "Received. A lead that one of your reps has now is in this answer, and later in GET /v1/leads; of any other, you hear "
    "nothing."
)
#: In place of what evidence of others, or a condition of the house, says.
UNMET_FOR_PARTNERS = "no evidence that counts"
REFUSED_FOR_PARTNERS = "the buyer said no"
FAILED_FOR_PARTNERS = "A condition of the house is not met."


def partner_summary(outcome: str, *, rep: str | None, work: str | None) -> str:
    """A decision in one sentence that names only the rep who has the lead."""
    match outcome:
        case "assigned":
            return f"{rep} has this lead for {work}."
        case "nurture":
            return "This lead goes to nurture."
        case _:
            return "This lead waits until a rep can take it."

"""What a partner's key reads in place of our reasons: where its lead is, not who else was looked at or why not."""


def partner_summary(outcome: str, *, rep: str | None, work: str | None) -> str:
    """A decision in one sentence that names only the rep who has the lead."""
    match outcome:
        case "assigned":
            return f"{rep} has this lead for {work}."
        case "nurture":
            return "This lead goes to nurture."
        case _:
            return "This lead waits until a rep can take it."

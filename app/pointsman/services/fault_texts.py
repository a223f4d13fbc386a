"""A vendor's words made fit to be stored: short, without control characters, which PostgreSQL would refuse."""

_LONGEST = 300


def safe_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    return "".join(c if c.isprintable() else " " for c in said)[:_LONGEST]

"""\"Did you mean ...?\" for names that nobody knows."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known word, or the few known ones, or nothing."""
    choices = sorted(set(known))
    close = get_close_matches(word[:100], choices[:5_000], n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    if 0 < len(choices) <= 12:
        return "known are " + ", ".join(choices)
    return ""

"""\"Did you mean ...?\" for unknown names."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

#: Comparing two names letter by letter is dear, and a document may hold many of both: of names with more letters
#: together than this, only the few are looked at that begin or end most like the word.
MAX_LETTERS = 2_000
_NEIGHBOURS = 4  # on either side, in the order of the dictionary
_LONGEST = 40
_FEW = 24  # as many as the keys of a pool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Names in the place of an unknown one: those that are like it, or else all there are."""

    names: tuple[str, ...]
    are_alike: bool


def suggest(word: str, known: Iterable[str], *, least_alike: float = 0.6) -> Suggestion | None:
    """The word in other capitals, the closest one, several that go on where it ends, or the few there are; None: nothing to say.

    `least_alike`, from 0 to 1: names of the world are many, and one of them is a little like any word.
    """
    choices = sorted(set(known))
    by_start = {choice[:_LONGEST]: choice for choice in reversed(likely_choices(word, choices))}
    if same := [choice for choice in choices if choice.casefold() == word.casefold()]:
        return Suggestion(tuple(same[:_FEW]), are_alike=True)
    longer = [choice for choice in choices if choice.startswith(f"{word}_")] if word else []
    if longer:
        return Suggestion(tuple(longer[:_FEW]), are_alike=True)
    close = get_close_matches(word[:_LONGEST], by_start, n=1, cutoff=least_alike)
    if close:
        return Suggestion((by_start[close[0]],), are_alike=True)
    if 0 < len(choices) <= _FEW:
        return Suggestion(tuple(choices), are_alike=False)
    return None


def did_you_mean(word: str, known: Iterable[str], *, least_alike: float = 0.6) -> str:
    """`suggest` as an English sentence, for details of refused calls; or nothing."""
    return in_english(suggest(word, known, least_alike=least_alike))


def in_english(found: Suggestion | None) -> str:
    """What `suggest` found, as `did_you_mean` says it."""
    if found is None:
        return ""
    if found.are_alike:
        return "did you mean " + " or ".join(f"'{name}'" for name in found.names) + "?"
    return "known are " + ", ".join(found.names)


def likely_choices(word: str, choices: list[str]) -> list[str]:
    """The choices worth comparing; of many, those that begin most like `word`, and those that end most like it."""
    if sum(map(len, choices)) <= MAX_LETTERS:
        return choices
    turned = sorted(choice[::-1] for choice in choices)
    return _around(word, choices) + [choice[::-1] for choice in _around(word[::-1], turned)]


def _around(word: str, ordered: list[str]) -> list[str]:
    at = bisect_left(ordered, word)
    return ordered[max(at - _NEIGHBOURS, 0) : at + _NEIGHBOURS]

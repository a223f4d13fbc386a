"""Does a text mention a word or a phrase? Whole words, whatever their case, in any script."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from pointsman.domain.text.composition import compose

_RUNS = re.compile(r"\w+")
#: Scripts written without spaces (Thai, Lao, Burmese, Khmer, kana, Han): a word of theirs may stand within others.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def fold_text(text: str) -> str:
    """`text` without case, composed, its white space single blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    composed = compose(compose(text).casefold())
    return " ".join(composed.split())


@lru_cache(maxsize=256)
def compile_phrases(phrases: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a text mentions at least one of `phrases`; phrases of white space alone are never mentioned."""
    by_run: dict[str, list[str]] = {}
    anywhere: list[str] = []  # nothing to look up by: no letters, or letters that blanks do not set off
    for phrase in dict.fromkeys(map(fold_text, phrases)):
        run = _RUNS.search(phrase)
        if run is None or _UNSPACED.search(phrase):
            anywhere.append(phrase)
        else:
            by_run.setdefault(run.group(), []).append(phrase)

    def ask(text: str) -> bool:
        plain, runs = _read(text)
        return any(_stands_in(phrase, plain) for phrase in anywhere) or any(
            _stands_in(phrase, plain) for phrase in _of(by_run, runs)
        )

    return ask


def _of(by_run: dict[str, list[str]], runs: frozenset[str]) -> Iterable[str]:
    for run in by_run.keys() & runs:
        yield from by_run[run]


@lru_cache(maxsize=8)  # many rules ask about one message
def _read(text: str) -> tuple[str, frozenset[str]]:
    plain = fold_text(text)
    return plain, frozenset(_RUNS.findall(plain))


def _stands_in(phrase: str, plain: str) -> bool:
    at = plain.find(phrase) if phrase else -1
    while at >= 0:
        end = at + len(phrase)
        if _free(plain[at - 1 : at], phrase[0]) and _free(plain[end : end + 1], phrase[-1]):
            return True
        at = plain.find(phrase, at + 1)
    return False


def _free(outside: str, edge: str) -> bool:
    """Whether a word may end between its `edge` and what stands `outside` ("" at the text's own end)."""
    return not outside or not _of_a_word(outside) or bool(_UNSPACED.match(edge))


def _of_a_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")

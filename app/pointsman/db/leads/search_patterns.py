"""Words anywhere in a text, as the parameters `:word_1`, `:word_2`, … of a statement; what is not asked is null."""

from collections.abc import Sequence

from pointsman.domain.text.search_words import MOST_WORDS


def pattern_values(words: Sequence[str]) -> dict[str, str | None]:
    """Each word as a pattern of LIKE, which finds it as it is written."""
    patterns = [*map(_somewhere, words), *(None for _ in range(MOST_WORDS - len(words)))]
    return {f"word_{place}": pattern for place, pattern in enumerate(patterns, 1)}


def _somewhere(word: str) -> str:
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

"""Words that are looked for in a text, as parameters of a statement; what is not asked is null.

`:word_1`, `:word_2`, … are the words, and `:host_1`, … their other spellings in host names. The statement makes patterns of
them, by the functions of `migrations/versions/search_text.sql`, by which its index was made.
"""

from collections.abc import Sequence

from pointsman.domain.text.search_words import MOST_WORDS, other_host_spelling


def word_values(words: Sequence[str]) -> dict[str, str | None]:
    """The parameters of at most MOST_WORDS words."""
    asked: list[str | None] = [*words, *(None for _ in range(MOST_WORDS - len(words)))]
    hosts = [word and other_host_spelling(word) for word in asked]
    return {f"word_{place}": word for place, word in enumerate(asked, 1)} | {
        f"host_{place}": host for place, host in enumerate(hosts, 1)
    }

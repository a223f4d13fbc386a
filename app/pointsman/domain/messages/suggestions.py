"""What may be meant by an unknown name, as a part of a message."""

from collections.abc import Iterable

from pointsman.domain.messages.message import Message, say
from pointsman.domain.text.suggestions import Suggestion, suggest


def suggestion(word: str, known: Iterable[str]) -> Message | None:
    """ "did you mean 'sdr'?", or "known are sdr, closers"; None where there is nothing to say."""
    return as_suggestion(suggest(word, known))


def as_suggestion(found: Suggestion | None) -> Message | None:
    """What `suggest` found."""
    if found is None:
        return None
    if found.are_alike:
        return say("suggestion.did-you-mean", names=tuple(say("suggestion.name", name=name) for name in found.names))
    return say("suggestion.known-are", names=found.names)

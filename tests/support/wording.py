"""Messages as people read them, so that tests say sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from pointsman.domain.messages.message import Message, Named, NameKind, message_from_json
from pointsman.services.wording.rendering import MessageReader, render, render_sentence


class CapitalisedKeys(Mapping[Named, str]):
    """The names of the test floors: the rep `lena` is called Lena; everything else by its key."""

    def __getitem__(self, named: Named) -> str:
        return named.key.capitalize() if named.kind is NameKind.REP else named.key

    def __iter__(self) -> Iterator[Named]:
        return iter(())

    def __len__(self) -> int:
        return 0


ENGLISH = MessageReader(language="en", names=CapitalisedKeys())
GERMAN = MessageReader(language="de", names=CapitalisedKeys())


def english(message: Message | None) -> str:
    """In English, with reps by the names that the floors give them, and each time in its own zone; nothing for none."""
    return _plain(render(message, ENGLISH)) if message else ""


def english_sentence(message: Message | None) -> str:
    """As `english`, with a capital and a full stop; nothing for no message."""
    return _plain(render_sentence(message, ENGLISH)) if message else ""


def english_of(stored: Mapping[str, Any]) -> str:
    """A message as a table keeps it, in English."""
    return english(message_from_json(stored))


def german(message: Message) -> str:
    """As `english`, in German."""
    return _plain(render(message, GERMAN))


def _plain(text: str) -> str:
    """With plain spaces for those that do not break."""
    return text.replace("\u202f", " ").replace("\xa0", " ")

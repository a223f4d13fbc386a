"""Messages in the details of refused calls, which are English: they are for engineers, and go with a code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pointsman.domain.errors import PointsmanError
from pointsman.domain.messages.message import Message, rep_name
from pointsman.services.wording.arguments import write_argument
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

_Error = TypeVar("_Error", bound=PointsmanError)


class _Called(Protocol):
    @property
    def name(self) -> str: ...


def english_words(message: Message, reps: Mapping[str, _Called]) -> str:
    """The message as a part of a sentence, with reps by name."""
    return render(message, _reader(reps))


def english_sentence(message: Message, reps: Mapping[str, _Called]) -> str:
    """The message as a sentence, with reps by name."""
    return render_sentence(message, _reader(reps))


def english_error(kind: type[_Error], told: Message, reps: Mapping[str, _Called], **more: Any) -> _Error:
    """An error that names reps: its text is `told` with all names, and `told` is kept for a caller who may not read them all."""
    return kind(english_sentence(told, reps), told=told, **more)


def english_time(at: datetime, zone: str) -> str:
    """ "Mon 30 Nov 2026, 10:00 (CET)"."""
    return write_argument(at, "", "en", zone)


def _reader(reps: Mapping[str, _Called]) -> MessageReader:
    return MessageReader(names={rep_name(key): rep.name for key, rep in reps.items()})

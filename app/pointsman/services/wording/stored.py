"""What is stored as JSON with messages in it, as a reader sees it."""

from collections.abc import Mapping
from typing import Any

from pointsman.domain.messages.message import message_from_json
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

_MESSAGE = {"key", "args"}


def reason_text(stored: Mapping[str, Any] | None, reader: MessageReader) -> str | None:
    """Why something was done, as the tables keep it, in words."""
    return render(message_from_json(stored), reader) if stored is not None else None


def render_stored(data: Any, reader: MessageReader) -> Any:
    """The same JSON with a sentence in the place of each message. Only for what we wrote ourselves, key by key."""
    match data:
        case Mapping() if data.keys() == _MESSAGE:
            return render_sentence(message_from_json(data), reader)
        case Mapping():
            return {name: render_stored(value, reader) for name, value in data.items()}
        case list():
            return [render_stored(item, reader) for item in data]
        case _:
            return data


def render_error(stored: Mapping[str, Any] | None, reader: MessageReader) -> str | None:
    """What went wrong, without a capital or a full stop of ours: often it is what a vendor wrote. None where nothing did."""
    return render(message_from_json(stored), reader) if stored is not None else None

"""What a use case refused, in the terminal's language where it is a message; what has none stays English, in a frame."""

from collections.abc import Iterable, Mapping
from typing import NoReturn

from pointsman.cli.output import as_one_line, refuse
from pointsman.cli.terminal.locality import machine_zone, terminal_language
from pointsman.domain.errors import Fault, PointsmanError
from pointsman.domain.messages.form_faults import fault_words
from pointsman.domain.messages.message import Message, Named
from pointsman.services.wording.rendering import MessageReader, render, render_sentence


def fault_lines(faults: Iterable[Fault], names: Mapping[Named, str] | None = None) -> list[str]:
    """A line for each: where, and what."""
    reader = _reader(names)
    return [
        as_one_line(f"{fault.path}: {said}" if fault.path else said)
        for fault in faults
        for said in [render(fault_words(fault), reader)]
    ]


def refusal_words(error: PointsmanError, names: Mapping[Named, str] | None = None) -> str:
    """What it says, as a sentence."""
    return render_sentence(error.told, _reader(names)) if isinstance(error.told, Message) else str(error)


def refuse_error(error: PointsmanError, names: Mapping[Named, str] | None = None) -> NoReturn:
    """End the command with an error of a use case and its faults."""
    refuse(refusal_words(error, names), *fault_lines(error.faults, names))


def refuse_told(message: Message, *details: str) -> NoReturn:
    """End the command with a sentence that says what was refused."""
    refuse(render_sentence(message, _reader(None)), *details)


def _reader(names: Mapping[Named, str] | None) -> MessageReader:
    return MessageReader(language=terminal_language(), zone=machine_zone(), names=names or {})

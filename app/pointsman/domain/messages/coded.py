"""What went wrong, where code asks for the kind of it and people read it."""

from dataclasses import dataclass

from pointsman.domain.messages.message import Message


@dataclass(frozen=True, slots=True)
class CodedMessage:
    """A stable code to filter and decide by, and the message to read: nothing takes the one from the other."""

    code: str
    message: Message

"""What can go wrong with a server of our own."""

from pointsman.domain.messages.message import Message


class LocalServerError(Exception):
    """A local server could not be started. The message says why and what to do; it is meant for a terminal."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.key)
        self.message = message

    def __str__(self) -> str:
        """In English, for what has no terminal of a language: logs, and a trace."""
        from pointsman.services.wording.english import english_sentence  # noqa: PLC0415  # the catalogues, for an error alone

        return english_sentence(self.message, {})

"""What a caller hears when a text could not be read."""

from enum import StrEnum


class Reason(StrEnum):
    """Why. Only `malformed` is surely the text's own fault; `crashed` is a text that ended its process, or our error."""

    MALFORMED = "malformed"
    TOO_DEEP = "too-deep"
    TOO_LARGE = "too-large"
    TOOK_TOO_LONG = "took-too-long"
    CRASHED = "crashed"


class Unreadable(Exception):
    """The text cannot be read. The message is a sentence for its sender and quotes at most a few words of the text.

    `line` and `column` count from 1 and are given where the reader knows them.
    """

    def __init__(self, reason: Reason, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.line = line
        self.column = column


class ReadersBusy(Exception):
    """Nothing was read: every process is taken, or the system starts none or gives it no time. The same call may succeed in a
    second.
    """

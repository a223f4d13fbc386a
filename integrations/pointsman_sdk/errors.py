"""What went wrong at the vendor, named for what the host does next.

    ConnectorError
    ├── Retryable
    │   └── AmbiguousOutcome
    ├── ReauthRequired
    └── Rejected
        └── SlotTaken

Messages are read by the person who must act and are stored: put in them what happened and what
to do, never a credential, a vendor's answer or personal data.
"""

from datetime import timedelta


class ConnectorError(Exception):
    """The root of everything a connector may raise; anything else that escapes is a bug of the connector."""


class Retryable(ConnectorError):
    """Not now: the host tries again later, no sooner than `retry_after` when the vendor said so."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AmbiguousOutcome(Retryable):
    """Sent, but no usable answer: the host looks the key up before it sends again."""


class ReauthRequired(ConnectorError):
    """The credentials were refused: the host stops using the connection and tells a human."""


class Rejected(ConnectorError):
    """Never, as asked: the host does not retry and puts the work in front of a human."""


class SlotTaken(Rejected):
    """The time is gone: the host offers the next slot or the next rep."""

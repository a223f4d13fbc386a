"""What went wrong at the vendor, named for what the host does next.

    ConnectorError
    ├── Retryable
    │   ├── AmbiguousOutcome
    │   └── GuestsRefused
    ├── ReauthRequired
    └── Rejected
        ├── SlotTaken
        └── PlaceGone

Messages are read by the person who must act and are stored: put in them what happened and what
to do, never a credential, a vendor's answer or personal data.
"""

from datetime import timedelta
from enum import StrEnum


class Scope(StrEnum):
    """What is to wait: the one call, every call for one subject (a mailbox, a user), or every call over the connection."""

    CALL = "call"
    SUBJECT = "subject"
    CONNECTION = "connection"


class ConnectorError(Exception):
    """The root of everything a connector may raise; anything else that escapes is a bug of the connector."""


class Retryable(ConnectorError):
    """Not now: the host tries again later, no sooner than `retry_after` when the vendor said so.

    With the scope CALL a `retry_after` says that the vendor answered, and counts this kind of call by itself.
    `scope` CONNECTION says that the vendor throttles or cannot be reached, so that no other call is worth making either;
    SUBJECT says so of the calls for one `subject`, which `Subjects.subject_of` names for them.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        scope: Scope = Scope.CALL,
        subject: str | None = None,
    ) -> None:
        super().__init__(message)
        if (scope is Scope.SUBJECT) is not bool(subject):
            raise ValueError("the scope SUBJECT has a subject, and no other has one")
        self.retry_after, self.scope, self.subject = retry_after, scope, subject


class AmbiguousOutcome(Retryable):
    """Sent, but no usable answer: the vendor may have acted. The host puts the same state again."""


class GuestsRefused(Retryable):
    """The vendor writes to no more guests for now, and did nothing: the host puts the same state as its own to invite.

    Its limits of invitations may last for days, and the event stands meanwhile.
    """


class ReauthRequired(ConnectorError):
    """The credentials were refused: after a second time the host stops using the connection and tells a human.

    With a `subject` they were refused for that one: others go on.
    """

    def __init__(self, message: str, *, subject: str | None = None) -> None:
        super().__init__(message)
        self.subject = subject


class Rejected(ConnectorError):
    """Never, as asked: the host does not retry and puts the work in front of a human."""


class SlotTaken(Rejected):
    """The time is gone: the host gives it to the next rep, or offers the next slot."""


class PlaceGone(Rejected):
    """The calendar, list or channel is not there any more, or may not be used: a human names another."""

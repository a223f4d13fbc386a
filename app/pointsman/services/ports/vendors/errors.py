"""How a call to a vendor fails, by what to do next."""

from datetime import datetime, timedelta

from pointsman.domain.messages.message import Message


class VendorError(Exception):
    """A vendor call failed; the subclass says what to do next. `told` is what to tell, where it was found out on our side."""

    def __init__(self, message: str, *, told: Message | None = None) -> None:
        super().__init__(message)
        self.told = told


class VendorRetryableError(VendorError):
    """Nothing happened, as far as is known: try again, not before `retry_after`."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None, told: Message | None = None) -> None:
        super().__init__(message, told=told)
        self.retry_after = retry_after


class VendorWaitError(VendorRetryableError):
    """No call was made: the connection has to wait until `until`, so this is no attempt. `retry_after` counts from now.

    It is throttled, unreachable, being probed, or has as many calls in flight as the vendor stands.
    """

    def __init__(self, message: str, *, until: datetime, retry_after: timedelta, told: Message | None = None) -> None:
        super().__init__(message, retry_after=retry_after, told=told)
        self.until = until


class VendorUnansweredError(VendorRetryableError):
    """Sent, but not answered: the vendor may have acted. Send the same again."""


class VendorReauthError(VendorError):
    """The credentials are refused: take the connection out of use and ask a human."""


class VendorRejectedError(VendorError):
    """The vendor will never accept this as asked."""


class VendorSlotTakenError(VendorRejectedError):
    """The vendor says that the time is gone."""

"""A vendor's words made fit to be stored and shown: short, printable, and without the addresses that they may quote."""

import re

from pointsman.domain.messages.message import Message, as_written, say
from pointsman.services.ports import VendorRejectedError

_LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]{1,100}(?:@|%40)[^\s<>\"'(),;:/]{1,255}", re.IGNORECASE)


def safe_error_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    printable = "".join(c if c.isprintable() else " " for c in said[: 4 * _LONGEST])
    return _ADDRESS.sub("(address)", printable)[:_LONGEST]


class OwnRefusalError(VendorRejectedError):
    """What no vendor has to be asked for, since it is known here that it cannot be done: told in our own words."""

    def __init__(self, told: Message) -> None:
        super().__init__(told.key)
        self.told = told


def failure_message(error: BaseException) -> Message:
    """Why a call to a vendor failed, to be stored and read: the vendor's own words, where it said any."""
    match error:
        case OwnRefusalError():
            return error.told
        case TimeoutError():
            return say("vendor.no-answer")
        case _:
            return as_written(safe_error_text(error))

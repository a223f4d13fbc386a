"""A vendor's words made fit to be stored and shown: short, printable, and without addresses and secrets that they may quote."""

import re

from pointsman.domain.messages.message import Message, as_written, say
from pointsman.services.ports import VendorRejectedError

_LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]{1,100}(?:@|%40)[^\s<>\"'(),;:/]{1,255}", re.IGNORECASE)

#: A word with figures or with capitals inside: "Basic authentication" is no secret.
_SCHEME = re.compile(r"\b([Bb]earer|[Bb]asic) +(?=[A-Za-z~+/-]{0,300}(?:[a-z][A-Z]|[\d=_]))[\w.~+/=-]{6,}")
_NAMED_SECRET = re.compile(
    r"((?:token|secret|password|passwd|api[_-]?key|signature)[\"']?[ ]?[=:][ ]?[\"']?)[^\s\"'&,;<>()]{3,}",
    re.IGNORECASE,
)


def safe_error_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    printable = "".join(c if c.isprintable() else " " for c in said[: 4 * _LONGEST])
    hidden = _NAMED_SECRET.sub(r"\1(secret)", _SCHEME.sub(r"\1 (secret)", printable))
    return _ADDRESS.sub("(address)", hidden)[:_LONGEST]


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

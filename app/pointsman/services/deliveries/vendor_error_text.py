"""A vendor's words made fit to be stored and shown: short, printable, and without the addresses that they may quote."""

import re

_LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]{1,100}(?:@|%40)[^\s<>\"'(),;:/]{1,255}", re.IGNORECASE)


def safe_error_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    printable = "".join(c if c.isprintable() else " " for c in said[: 4 * _LONGEST])
    return _ADDRESS.sub("(address)", printable)[:_LONGEST]

"""What is said of a connection that is not there."""

from pointsman.domain.errors import NotFound
from pointsman.domain.messages.message import say

_LONGEST = 60


def no_connection(key: str) -> NotFound:
    """To be raised; `key` is as somebody typed it."""
    return NotFound(
        f"There is no connection '{key[:_LONGEST]}'.", told=say("refusal.no-connection", key=key[:_LONGEST])
    )

"""Handshakes in a query: the vendor tries an address, and wants its own words back."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from pointsman_sdk.abilities.intake import Reply
from pointsman_sdk.errors import Rejected

_CHALLENGE = re.compile(r"[A-Za-z0-9._~:+/= -]{1,512}")
_PLAIN = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
_MOST_FIELDS = 50


def query_of(url: str) -> Mapping[str, Sequence[str]]:
    """The values of each name in an address. Rejected for more of them than a vendor sends."""
    try:
        return parse_qs(urlsplit(url).query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Rejected("the webhook's address asks for too much") from None


def echo(challenge: str) -> Reply:
    """The challenge as plain text, which no browser takes for a page."""
    if not _CHALLENGE.fullmatch(challenge):
        raise Rejected("the handshake's challenge is none")
    return Reply(headers=_PLAIN, body=challenge.encode())

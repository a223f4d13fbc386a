"""The tokens of signed links: sealed, expiring, and stored nowhere; what they are for is in the link's row."""

import base64
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pointsman.domain.errors import NotFound, PointsmanError
from pointsman.services.ports import Secrets

LINK_PATH = "/book/"
SEAL_CONTEXT = "booking-link"

_HEAD = struct.Struct(">B16sQ")  # version, link, expiry in seconds; language and zone follow as text
_VERSION = 1
_MAX_TOKEN_CHARS = 1_000
#: A token and what stands behind an address in a sentence, which programs that look for addresses take along.
_WITH_END = re.compile(r"([\w-]+)[^\w=-]+", re.ASCII)


class LinkExpired(NotFound):
    """The link was ours, and its time is over: it has run out, or was revoked."""

    code = "link-expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLink:
    """What a token says: its link, its expiry, and how its reader likes times written."""

    id: UUID
    expires_at: datetime
    language: str | None = None
    time_zone: str | None = None


def without_end(token: str) -> str:
    """The token without the marks, spaces or slashes that were sent behind it: no token has such a character."""
    found = _WITH_END.fullmatch(token)
    return found[1] if found else token


def sign_link(vault: Secrets, link: SignedLink, *, context: str = SEAL_CONTEXT) -> str:
    """The link as the last part of an address; `context` is the kind of page that it opens, and no other."""
    head = _HEAD.pack(_VERSION, link.id.bytes, int(link.expires_at.timestamp()))
    rest = f"{link.language or ''}\0{link.time_zone or ''}".encode()
    return _encode(vault.seal(head + rest, context=context))


def read_link(vault: Secrets, token: str, *, now: datetime, context: str = SEAL_CONTEXT) -> SignedLink:
    """What `token` says. Raises NotFound for a link that we did not sign, and LinkExpired."""
    try:
        link = _decode(vault, token, context)
    except (PointsmanError, ValueError, struct.error, OverflowError, OSError):
        raise NotFound("This link is not valid.", code="no-such-link") from None
    if now >= link.expires_at:
        raise link_expired(link)
    return link


def link_expired(link: SignedLink) -> LinkExpired:
    """The error of a link that leads nowhere any more."""
    return LinkExpired("This link has expired.", extra={"language": link.language})


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def _decode(vault: Secrets, token: str, context: str) -> SignedLink:
    if not token or len(token) > _MAX_TOKEN_CHARS:
        raise ValueError(token[:20])
    sealed = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    if _encode(sealed) != token:  # bits that mean nothing: not ours
        raise ValueError(token[:20])
    plain = vault.open(sealed, context=context)
    version, link_id, expiry = _HEAD.unpack_from(plain)
    if version != _VERSION:
        raise ValueError(version)
    language, _, zone = plain[_HEAD.size :].decode().partition("\0")
    return SignedLink(
        id=UUID(bytes=link_id),
        expires_at=datetime.fromtimestamp(expiry, UTC),
        language=language or None,
        time_zone=zone or None,
    )

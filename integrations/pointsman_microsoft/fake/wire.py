"""What every part of the fake answers with: a status and JSON, or a refusal with a code, and collections in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Answer = tuple[int, Any]
"""A status, and a body that can be written as JSON."""
_MOST = 1_000  # of $top


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as Graph looks at it. `url` is where it came, without a query; `prefer` are its preferences by name."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    prefer: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def immutable(self) -> bool:
        return self.prefer.get("idtype") == "ImmutableId"

    def link(self, query: Mapping[str, str]) -> str:
        """The same path with another query."""
        return f"{self.url}?" + "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in query.items())


class Refused(Exception):
    """Graph says no: a status, and a code which says why."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code


def preferences(header: str) -> dict[str, str]:
    """A Prefer header (RFC 7240) by name."""
    parts = (part.strip().partition("=") for part in header.split(",") if part.strip())
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts}


def page(asked: Asked, rows: Sequence[Any], size: int) -> dict[str, Any]:
    """A part of a collection, with the link to the next part (@odata.nextLink)."""
    start, top = _number(asked.query.get("$skip", "0")), _number(asked.query.get("$top", str(size)))
    if not 1 <= top <= _MOST:
        raise Refused(400, "ErrorInvalidUrlQuery", "$top is from 1 to 1000")
    following = start + min(top, size)
    found: dict[str, Any] = {"value": list(rows[start:following])}
    if following < len(rows):
        found["@odata.nextLink"] = asked.link({**asked.query, "$skip": str(following)})
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise Refused(400, "ErrorInvalidUrlQuery", "not a number")
    return int(text)

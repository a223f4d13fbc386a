"""What every part of the fake answers with: JSON, or an error as Google words it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as the fake looks at it. `user` is the one who is signed in; `path` lies below the API's own."""

    method: str
    path: tuple[str, ...]
    user: str = ""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def one(self, name: str) -> str | None:
        """The parameter's only value, or None."""
        return next(iter(self.query.get(name, [])), None)

    def number(self, name: str, default: int) -> int:
        return int(self.one(name) or default)


class Refused(Exception):
    """Google says no: a status and the reason beside it (developers.google.com/calendar/api/guides/errors)."""

    def __init__(self, status: int, reason: str, message: str = "", *, domain: str = "global") -> None:
        super().__init__(reason)
        self.status, self.reason, self.message, self.domain = status, reason, message or reason, domain


def error(refusal: Refused) -> httpx.Response:
    """As the API writes an error: the reason in a list, and the status and the message beside it."""
    told = {"domain": refusal.domain, "reason": refusal.reason, "message": refusal.message}
    body = {"errors": [told], "code": refusal.status, "message": refusal.message}
    return httpx.Response(refusal.status, json={"error": body})


def not_found() -> Refused:
    return Refused(404, "notFound", "Not Found")


def selected(answer: Mapping[str, Any], fields: str | None) -> dict[str, Any]:
    """The part of an answer that `fields` names: names at the top, and in brackets those of each item of a list."""
    if fields is None:
        return dict(answer)
    found: dict[str, Any] = {}
    for name, inner in _split(fields):
        if name in answer:
            value = answer[name]
            found[name] = [selected(one, inner) for one in value] if inner and isinstance(value, list) else value
    return found


def _split(fields: str) -> list[tuple[str, str | None]]:
    parts, depth, word = [], 0, ""
    for letter in f"{fields},":
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            name, bracket, inner = word.partition("(")
            parts.append((name, inner.removesuffix(")") if bracket else None))
            word = ""
        else:
            word += letter
    return parts

"""What every part of the fake is asked and answers with: JSON, or an error as HubSpot words it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"
LEGACY, LEGACY_ASSOCIATIONS = "v3", "v4"
_PARTS = frozenset({"objects", "owners", "properties", "lists", "associations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, as far as the fake looks at it. `path` is the same for both families of paths: it begins with the part."""

    method: str
    path: tuple[str, ...]
    version: str = "2026-09"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    def number(self, name: str, default: int, most: int) -> int:
        given = int(self.query.get(name) or default)
        if not 0 < given <= most:
            raise Refused(400, "VALIDATION_ERROR", f"The {name} is out of its bounds")
        return given


class Refused(Exception):
    """HubSpot says no: a status, a category and a message, with what they are about."""

    def __init__(
        self, status: int, category: str, message: str = "", *, context: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(category)
        self.status, self.category, self.message, self.context = status, category, message or category, context


def not_found(what: str = "resource not found") -> Refused:
    return Refused(404, "OBJECT_NOT_FOUND", what)


def error(refusal: Refused) -> httpx.Response:
    """As the API writes an error."""
    return httpx.Response(refusal.status, json=error_body(refusal))


def error_body(refusal: Refused) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": "error",
        "message": refusal.message,
        "correlationId": CORRELATION,
        "category": refusal.category,
    }
    if refusal.context:
        body["errors"] = [{"message": refusal.message, "context": dict(refusal.context)}]
        body["context"] = dict(refusal.context)
    return body


def too_many(policy: str) -> httpx.Response:
    """More calls than the policy allows."""
    limit = {"DAILY": "daily", "SECONDLY": "secondly"}.get(policy, "ten_secondly_rolling")
    body = {
        "status": "error",
        "message": f"You have reached your {limit} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": CORRELATION,
        "policyName": policy,
    }
    return httpx.Response(429, json=body)


def canonical(parts: Sequence[str]) -> tuple[tuple[str, ...], str] | None:
    """The path without its version, and the version; None for a path of neither family."""
    match [*parts]:
        case ["crm", part, version, *rest] if part in _PARTS and _is_date(version):
            return (part, *rest), version
        case ["crm", "v4", ("objects" | "associations") as part, *rest]:
            return (part, *rest), LEGACY_ASSOCIATIONS
        case ["crm", "v3", ("objects" | "owners" | "properties" | "lists") as part, *rest]:
            return (part, *rest), LEGACY
        case ["account-info", version, "details"] if version == LEGACY or _is_date(version):
            return ("account",), version
        case _:
            return None


def _is_date(version: str) -> bool:
    year, _, month = version.partition("-")
    return len(year) == 4 and year.isdigit() and month in ("03", "09")


def page(rows: Sequence[Any], after: str | None, limit: int) -> dict[str, Any]:
    """Those from the cursor on, and the next cursor where there are more."""
    start = int(after or 0)
    found: dict[str, Any] = {"results": list(rows[start : start + limit])}
    if start + limit < len(rows):
        found["paging"] = {"next": {"after": str(start + limit)}}
    return found


def stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)

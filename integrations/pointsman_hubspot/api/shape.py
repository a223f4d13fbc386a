"""Reading what HubSpot answered, and writing what it is told: every value of a property is a text there."""

import html
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pointsman_sdk import AmbiguousOutcome, Rejected

T = TypeVar("T")
LONGEST_TEXT = 65_000  # characters: HubSpot keeps 65,536 of a text
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"<(?:br|/p|/div)[^<>]{0,200}>", re.IGNORECASE)
_OTHER_TAG = re.compile(r"<[^<>]{1,500}>")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.{1,40}")
_MILLISECONDS = re.compile(r"-?\d{10,16}", re.ASCII)


def shaped(read: Callable[[Any], T], data: Any, *, writes: bool = False) -> T:
    """What `read` makes of `data`. Raises Rejected where it is of another shape, AmbiguousOutcome in the answer to a write."""
    try:
        return read(data)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError):
        said = "HubSpot answered in an unknown shape"
        raise (AmbiguousOutcome(said) if writes else Rejected(said)) from None


def rows(data: Any, name: str = "results") -> list[Any]:
    """The list of this name, which must be one: an object or null is not an empty list."""
    found = data[name]
    if not isinstance(found, list):
        raise TypeError("a list was expected")
    return found


def text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text was expected")
    return value


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)


def next_page(data: Any) -> str | None:
    """Where the next page begins, None at the end."""
    following = (data.get("paging") or {}).get("next")
    return None if following is None else text(following["after"])


def instant(value: Any) -> datetime:
    """A time as HubSpot writes it: RFC 3339, or milliseconds since 1970. ValueError for another."""
    written = text(value)
    if _MILLISECONDS.fullmatch(written):
        return datetime.fromtimestamp(int(written) / 1000, tz=UTC)
    found = datetime.fromisoformat(written)
    if found.tzinfo is None:
        raise ValueError("a time without an offset")
    return found.astimezone(UTC)


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def written_instant(moment: datetime) -> str:
    """As HubSpot writes it itself."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def written(value: object) -> str:
    """The value of a property as HubSpot takes it; nothing takes the value away."""
    if isinstance(value, datetime):
        return written_instant(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return line(value)
    if isinstance(value, Iterable):
        return ";".join(written(one) for one in value)
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def line(value: str) -> str:
    """A text without what no field keeps."""
    return _CONTROLS.sub("", value)[:LONGEST_TEXT].strip()


def rich(value: str) -> str:
    """A plain text as a field with formatted text takes it: markup in it is shown, not obeyed."""
    return html.escape(line(value.replace("\r\n", "\n")), quote=False).replace("\n", "<br>")[:LONGEST_TEXT]


def plain(value: str) -> str:
    """What a formatted text says, to compare it with another: HubSpot writes markup in its own way."""
    return " ".join(html.unescape(_OTHER_TAG.sub("", _TAG.sub(" ", value))).split())


def same(name: str, have: str | None, want: str) -> bool:
    """Whether a property says already what it is to say."""
    if (have or "") == want:
        return True
    if have is None or not want:
        return False
    if name.endswith(("_body", "_notes")):
        return plain(have) == plain(want)
    if _INSTANT.fullmatch(want):
        try:
            return instant(have) == instant(want)
        except ValueError:
            return False
    return False

"""Watches: hearing of changes in a calendar, by push where the vendor has it, by sync tokens where not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A subscription. `state` is the connector's own note, which the host keeps; the watch is renewed by `renew_at`."""

    state: str
    renew_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed in a place since a cursor: the host's own `keys` among it, and whether `others` changed too.

    `complete` False: something is missing (410, a bad token), so the host reads all. The cursor is where the next begins.
    """

    keys: Sequence[str] = ()
    others: bool = False
    cursor: str | None = None
    complete: bool = True


@runtime_checkable
class Watches(Protocol):
    """Changes of the calendars that appointments stand in."""

    async def watch(self, place: str, callback: str, secret: SecretStr) -> Watch | None:
        """Have the vendor call `callback`, a URL, when something changes; None where the vendor has no push."""
        ...

    async def unwatch(self, place: str, state: str) -> None:
        """End a subscription: twice is fine, unknown is fine."""
        ...

    async def changed(self, place: str, cursor: str | None) -> Changes:
        """What changed since the cursor; None begins one, and tells no change."""
        ...

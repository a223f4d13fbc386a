"""Small notes by name in the connection's memory, each kept for a while: many workers write them, and none is lost."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

from pointsman_sdk import Memory, Retryable
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

Notes: TypeAlias = dict[str, tuple[str, int]]
"""Texts by name, each with the time until which it counts, in milliseconds."""

_TRIES = 10
_MOST = 60_000  # bytes of a shelf: MOST_MEMORY, with some room
_FOREVER = 2**53


class Memo:
    """Notes on shelves: the name says on which, so that workers seldom write the same one."""

    def __init__(self, memory: Memory, clock: Callable[[], datetime], prefix: str, *, shelves: int = 256) -> None:
        self._memory, self._clock, self._prefix, self._shelves = memory, clock, prefix, shelves

    async def get(self, name: str) -> str | None:
        """What is noted under the name and still counts."""
        kept = await self._memory.get(self._shelf(name))
        found = _read(kept.value).get(name) if kept else None
        return found[0] if found is not None and found[1] > self._now() else None

    async def note(self, name: str, text: str, *, lasts: timedelta | None = None) -> None:
        until = _FOREVER if lasts is None else self._now() + round(lasts.total_seconds() * 1000)

        def noted(notes: Notes) -> bool:
            notes[name] = (text, until)
            return True

        await self._changed(name, noted)

    async def claim(self, name: str, *, lasts: timedelta) -> str | None:
        """Note that this worker has the name, unless another one has: a mark to let go with, or None."""
        until = self._now() + round(lasts.total_seconds() * 1000)

        def claimed(notes: Notes) -> bool:
            if name in notes and notes[name][1] > self._now():
                return False
            notes[name] = (str(until), until)
            return True

        return str(until) if await self._changed(name, claimed) else None

    async def forget(self, name: str, *, mark: str | None = None) -> None:
        """Take the note away; with a mark, only the one that has it."""

        def forgotten(notes: Notes) -> bool:
            if name not in notes or (mark is not None and notes[name][0] != mark):
                return False
            del notes[name]
            return True

        await self._changed(name, forgotten)

    async def _changed(self, name: str, change: Callable[[Notes], bool]) -> bool:
        """Whether `change` changed something, which is kept then."""
        shelf = self._shelf(name)
        for _ in range(_TRIES):
            kept = await self._memory.get(shelf)
            notes = {one: note for one, note in (_read(kept.value) if kept else {}).items() if note[1] > self._now()}
            if not change(notes):
                return False
            if await self._memory.put(shelf, _written(notes), if_version=kept.version if kept else None):
                return True
        raise Retryable("other workers write the same notes about HubSpot all the time")

    def _shelf(self, name: str) -> str:
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % self._shelves
        return f"{self._prefix}-{number}"

    def _now(self) -> int:
        return round(self._clock().timestamp() * 1000)


def _read(value: bytes) -> Notes:
    try:
        found = parse_json(value)
    except Unreadable:
        return {}
    return {name: (text, until) for name, (text, until) in found.items()} if isinstance(found, Mapping) else {}


def _written(notes: Notes) -> bytes:
    """The newest notes, as many as there is room for."""
    while len(value := json.dumps(notes).encode()) > _MOST:
        del notes[next(iter(notes))]
    return value

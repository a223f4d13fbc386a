"""The addresses of owners, by id: read whole now and then, so that an event costs no call for them."""

import json
from collections.abc import Mapping
from datetime import timedelta

from pointsman_hubspot.owners import HubSpotOwners
from pointsman_sdk import Context, Rejected, all_items
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_NAME = "owners"
_READ_AGAIN = timedelta(minutes=10)
_MOST = 60_000  # bytes


class OwnerBook:
    """An owner who is not in it has it read again, at most every ten minutes."""

    def __init__(self, context: Context, owners: HubSpotOwners) -> None:
        self._memory, self._clock, self._owners = context.memory, context.clock, owners

    async def emails(self, ids: frozenset[str]) -> Mapping[str, str]:
        """The addresses of those that are known."""
        kept = await self._memory.get(_NAME)
        read_at, known = _read(kept.value) if kept else (0.0, {})
        now = self._clock().timestamp()
        if ids <= known.keys() or now - read_at < _READ_AGAIN.total_seconds():
            return known
        try:
            known = {user.id: user.email async for user in all_items(self._owners.page)}
        except Rejected:
            return known  # without the scope of owners: nothing else is lost by that
        while len(value := json.dumps({"at": now, "emails": known}).encode()) > _MOST:
            known.popitem()
        await self._memory.put(_NAME, value, if_version=kept.version if kept else None)
        return known


def _read(value: bytes) -> tuple[float, dict[str, str]]:
    try:
        found = parse_json(value)
        return float(found["at"]), {str(one): str(email) for one, email in found["emails"].items()}
    except (Unreadable, KeyError, TypeError, ValueError, AttributeError):
        return 0.0, {}

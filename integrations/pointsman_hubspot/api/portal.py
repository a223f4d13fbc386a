"""What is known of the account: its number, by which a record's page has its address, and its zone."""

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pointsman_hubspot.api.shape import shaped
from pointsman_sdk import Memory, Rejected
from pointsman_sdk.readers import Unreadable
from pointsman_sdk.readers.strict_json import parse_json

_NAME = "account"
_TRIES = 3
#: HubSpot's numbers of the kinds of records (developers.hubspot.com/docs/guides/crm/understanding-the-crm#object-type-ids).
TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "tasks": "0-27", "meetings": "0-47"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """One HubSpot account; None of what is not known yet."""

    number: str | None = None
    host: str = "app.hubspot.com"
    zone: ZoneInfo | None = None

    def page_of(self, kind: str, record: str) -> str | None:
        """Where a person opens the record."""
        if self.number is None:
            return None
        return f"https://{self.host}/contacts/{self.number}/record/{TYPE_IDS[kind]}/{record}"


class PortalMemory:
    """The account as it was asked for last, kept in the connection's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._known: Portal | None = None

    async def known(self) -> Portal:
        if self._known is None:
            kept = await self._memory.get(_NAME)
            if kept is None:
                return Portal()
            self._known = _read(kept.value)
        return self._known

    async def learn(self, answer: Any) -> None:
        """Keep what the account says of itself. Raises Rejected for what is no account."""
        number = shaped(lambda data: str(int(data["portalId"])), answer)
        host = shaped(lambda data: _host(data.get("uiDomain")), answer)
        zone = shaped(lambda data: str(data.get("timeZone") or ""), answer)
        if zone and _zone(zone) is None:
            zone = ""
        value = json.dumps({"number": number, "host": host, "zone": zone}).encode()
        self._known = _read(value)
        for _ in range(_TRIES):
            kept = await self._memory.get(_NAME)
            if kept is not None and kept.value == value:
                return
            if await self._memory.put(_NAME, value, if_version=kept.version if kept else None):
                return
        raise Rejected("the connection's memory is changed by others all the time")


def _read(value: bytes) -> Portal:
    try:
        found = parse_json(value)
        return Portal(number=found["number"], host=found["host"], zone=_zone(found["zone"]))
    except (Unreadable, KeyError, TypeError):
        return Portal()


def _host(said: Any) -> str:
    """The host of the account's pages; HubSpot's usual one where it says none of its own."""
    if isinstance(said, str) and said.endswith(".hubspot.com") and len(said) < 100 and said.isascii():
        return said if all(part.replace("-", "").isalnum() for part in said.split(".")) else "app.hubspot.com"
    return "app.hubspot.com"


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None

"""The CalDAV connector as tests call it: made over a client, and asked about one calendar."""

import logging
from typing import Any

import httpx

from pointsman_caldav import CaldavConfig, CaldavConnector
from pointsman_sdk import CalendarRef, Context, NoMemory, NoTokens, Rejected, Retryable, Slot, Unreadable
from pointsman_sdk.testing import NOW
from pointsman_sdk.testing.bench import reader_processes


def on(http: httpx.AsyncClient, **config: Any) -> CaldavConnector:
    """The connector over this client; its server is dav.example where nothing else is said."""
    context = Context(
        http=http,
        clock=lambda: NOW,
        tokens=NoTokens(),
        memory=NoMemory(),
        readers=reader_processes(),
        log=logging.getLogger("test"),
    )
    return CaldavConnector(CaldavConfig.model_validate({"base_url": "https://dav.example/", **config}), context)


async def busy(
    connector: CaldavConnector, calendar: str, window: Slot, *, zone: str = "UTC", owner: str | None = None
) -> list[Slot]:
    """The busy times of one calendar, by start. Raises Rejected for an unreadable one, Retryable where the server failed."""
    found = (await connector.busy.read([CalendarRef(id=calendar, zone=zone, owner=owner)], window))[calendar]
    if isinstance(found, Unreadable):
        raise (Retryable if "busy or failing" in found.reason else Rejected)(found.reason)
    return sorted((time.slot for time in found.times), key=lambda slot: slot.utc().start)

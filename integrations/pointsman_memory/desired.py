"""Desired state: bring an item of the vendor's to it, and lose nothing that others wrote meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from pointsman_memory.client import Changed, Client
from pointsman_memory.shape import shaped
from pointsman_sdk import Retryable

MOST_TRIES = 5
_THE_VENDORS_OWN = frozenset({"id", "key", "place", "version", "url"})

Beside: TypeAlias = Callable[[Any], Awaitable[Mapping[str, Any]]]
"""What has to change of an item that is there, beside the state."""


async def bring(
    client: Client,
    path: tuple[str, ...],
    sequence: int,
    state: Mapping[str, Any],
    *,
    once: bool = False,
    also: Beside | None = None,
) -> Any:
    """The item at `path` once it is in `state`, as the vendor has it then; what a newer sequence wrote stays as it is.

    `once` is for what cannot be changed any more when it is there.

    The key is the vendor's name of the item, so that the vendor keeps it single. An update replaces the whole item, so that what
    others wrote is sent along, and its condition is the version that was read: an update in between is read, not overwritten.
    """
    for _ in range(MOST_TRIES):
        try:
            return await _brought(client, path, sequence, state, once=once, also=also)
        except Changed:
            continue
    raise Retryable("others change the same thing at the memory vendor")


async def _brought(
    client: Client, path: tuple[str, ...], sequence: int, state: Mapping[str, Any], *, once: bool, also: Beside | None
) -> Any:
    """The same, tried once. Raises Changed where others were faster."""
    present = await client.call("GET", *path, absent_is_none=True)
    if present is None:
        wanted, condition = {**state, "sequence": sequence}, {"If-None-Match": "*"}
    else:
        if once or shaped(lambda item: item["sequence"] is not None and int(item["sequence"]) > sequence, present):
            return present
        kept = shaped(lambda item: {name: item[name] for name in item if name not in _THE_VENDORS_OWN}, present)
        beside = await also(present) if also else {}
        wanted = {**kept, **state, **beside, "sequence": sequence}
        if wanted == kept:
            return present
        condition = {"If-Match": shaped(lambda item: str(item["version"]), present)}
    return await client.call("PUT", *path, body=wanted, headers=condition)


async def read(client: Client, path: tuple[str, ...]) -> Any:
    """The item at `path`, or None."""
    return await client.call("GET", *path, absent_is_none=True)


async def remove(client: Client, path: tuple[str, ...]) -> None:
    """Take the item away: twice is fine, unknown is fine."""
    await client.call("DELETE", *path, absent_is_none=True)

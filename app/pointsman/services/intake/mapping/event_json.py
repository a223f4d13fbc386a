"""JSON that senders post: small bodies are read here, large ones are checked beside this process first."""

from dataclasses import asdict
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge
from pointsman.domain.text.marked_json import MarkedJson, marked_of, marked_outcome, read_marked_json
from pointsman.domain.text.strict_json import LARGE_BYTES, WEBHOOK_LIMITS, json_outcome, parse_json, reread_json
from pointsman.services.ports import Env


async def read_event_json(env: Env, body: bytes) -> Any:
    """The value in `body`. Raises Invalid or TooLarge for what is wrong with it, Unavailable when too many are being read."""
    if len(body) <= LARGE_BYTES:
        return parse_json(body)
    await env.readers.read(json_outcome, body, bounds=asdict(WEBHOOK_LIMITS))
    return reread_json(body)


async def read_marked_event_json(env: Env, body: bytes) -> MarkedJson:
    """As `read_event_json`, and what is wrong with a part of it is marked there; Invalid or TooLarge for the whole of it."""
    try:
        return MarkedJson(await read_event_json(env, body))
    except (Invalid, TooLarge):
        if len(body) <= LARGE_BYTES:
            return read_marked_json(body)
        return marked_of(await env.readers.read(marked_outcome, body, bounds=asdict(WEBHOOK_LIMITS)))


async def read_mended_event_json(env: Env, body: bytes) -> Any:
    """The value in `body`, without what cannot be kept of it: for an item that a human took up again."""
    marked = await read_marked_event_json(env, body)
    return marked.mended(marked.value)

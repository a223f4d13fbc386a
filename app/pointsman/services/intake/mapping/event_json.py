"""JSON that senders post: small bodies are read here, large ones are checked beside this process first."""

from dataclasses import asdict
from typing import Any

from pointsman.domain.text.strict_json import LARGE_BYTES, WEBHOOK_LIMITS, json_outcome, parse_json, reread_json
from pointsman.services.ports import Env


async def read_event_json(env: Env, body: bytes) -> Any:
    """The value in `body`. Raises Invalid or TooLarge for what is wrong with it, Unavailable when too many are being read."""
    if len(body) <= LARGE_BYTES:
        return parse_json(body)
    await env.readers.read(json_outcome, body, bounds=asdict(WEBHOOK_LIMITS))
    return reread_json(body)

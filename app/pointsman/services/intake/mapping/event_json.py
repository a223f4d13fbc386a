"""What senders post: JSON or a form. Quick readings are made here, dear ones beside this process."""

from dataclasses import asdict
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge, UnsupportedMedia
from pointsman.domain.text.forms import MEDIA_TYPE as FORM
from pointsman.domain.text.forms import form_outcome, read_marked_form
from pointsman.domain.text.marked_json import MarkedJson, marked_of, marked_outcome, read_marked_json
from pointsman.domain.text.strict_json import (
    DEAR_BYTES,
    LARGE_BYTES,
    WEBHOOK_LIMITS,
    json_outcome,
    parse_json,
    reread_json,
)
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
        if len(body) <= DEAR_BYTES:
            return read_marked_json(body)
        return marked_of(await env.readers.read(marked_outcome, body, bounds=asdict(WEBHOOK_LIMITS)))


async def read_marked_event_body(env: Env, body: bytes, content_type: str) -> tuple[MarkedJson, bool]:
    """(value, whether it is a form): as `content_type` says, unless the body begins as JSON does.

    Raises UnsupportedMedia, and as `read_marked_event_json`.
    """
    kind, _, rest = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == "multipart/form-data":
        raise UnsupportedMedia(
            "Forms with files are not read. Send the fields as application/x-www-form-urlencoded (a form without enctype) or "
            "as application/json.",
            code="multipart",
        )
    if kind == FORM and body.lstrip()[:1] not in (b"{", b"["):
        named = (part.partition("=") for part in rest.lower().split(";"))
        charset = next((value for name, _, value in named if name.strip() == "charset"), None)
        return await read_marked_event_form(env, body, charset=charset), True
    return await read_marked_event_json(env, body), False


async def read_marked_event_form(env: Env, body: bytes, *, charset: str | None = None) -> MarkedJson:
    """As `read_marked_form`; Unavailable when too many are being read."""
    if len(body) <= DEAR_BYTES:
        return read_marked_form(body, charset=charset)
    value, mark = await env.readers.read(form_outcome, body, charset=charset)
    return MarkedJson(value, mark)


async def read_mended_event_json(env: Env, body: bytes) -> Any:
    """The value in `body`, without what cannot be kept of it: for an item that a human took up again."""
    marked = await read_marked_event_json(env, body)
    return marked.mended(marked.value)

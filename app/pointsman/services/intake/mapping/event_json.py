"""What senders post: JSON or a form. Quick readings are made here, dear ones beside this process."""

from dataclasses import asdict
from typing import Any

from pointsman.domain.errors import Invalid, TooLarge, UnsupportedMedia
from pointsman.domain.text.forms import MEDIA_TYPE as FORM
from pointsman.domain.text.forms import encoding_of, form_outcome, looks_like_form, read_marked_form
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
    """(value, whether it is of other bytes than JSON in UTF-8): as `content_type` says, unless the body begins as JSON does.

    JSON is UTF-8, and where it is not, of the charset that `content_type` names. Raises UnsupportedMedia, and as
    `read_marked_event_json`.
    """
    kind, _, rest = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == "multipart/form-data":
        raise UnsupportedMedia(
            "Forms with files are not read. Send the fields as application/x-www-form-urlencoded (a form without enctype) or "
            "as application/json.",
            code="multipart",
        )
    named = (part.partition("=") for part in rest.lower().split(";"))
    charset = next((value for name, _, value in named if name.strip() == "charset"), None)
    if kind == FORM and body.lstrip()[:1] not in (b"{", b"["):
        return await read_marked_event_form(env, body, charset=charset), True
    in_utf_8 = _as_utf_8(body, charset)
    try:
        return await read_marked_event_json(env, in_utf_8), in_utf_8 is not body
    except Invalid as fault:
        if fault.code == "not-json" and (hint := _instead_of_json(body)):
            raise Invalid(f"The body is not JSON. {hint}", code="not-json") from None
        raise


def _as_utf_8(body: bytes, charset: str | None) -> bytes:
    """The body, in UTF-8 where it is of another charset that is read."""
    encoding = encoding_of(charset) if charset else None
    if encoding is None or encoding == "utf-8":
        return body
    try:
        body.decode("utf-8")  # JSON is UTF-8 nearly always, whatever its sender calls it
    except UnicodeDecodeError:
        return body.decode(encoding, errors="replace").encode()
    return body


def _instead_of_json(body: bytes) -> str | None:
    """What to do with a body that is of another kind by its first bytes."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in body[:4]:
        return "It looks like UTF-16: send it as UTF-8."
    if body.lstrip()[:1] == b"<":
        return "It looks like XML or HTML: send JSON, or a form."
    if looks_like_form(body):
        return "It looks like a form: send it with Content-Type application/x-www-form-urlencoded."
    return None


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

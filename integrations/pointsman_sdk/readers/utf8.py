"""Text from outside: UTF-8 of a bounded size, or unreadable."""

from pointsman_sdk.readers.unreadable import Reason, Unreadable


def checked_utf8(body: bytes, *, size: int, what: str) -> str:
    """The text without its byte order mark. Unreadable beyond `size` bytes, for another encoding, and with a NUL."""
    if len(body) > size:
        raise Unreadable(Reason.TOO_LARGE, f"{what} is longer than {size} bytes.")
    # UTF-16 and UTF-32 of ordinary text are full of it, and no format that is read here allows it.
    if b"\x00" in body:
        raise Unreadable(Reason.MALFORMED, f"{what} contains the character NUL, or is not UTF-8.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.MALFORMED, f"{what} is not UTF-8 at byte {error.start}.") from None

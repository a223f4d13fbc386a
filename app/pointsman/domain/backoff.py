"""How long to wait before a failed effect is tried again."""

from datetime import timedelta
from uuid import UUID
from zlib import crc32

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=6)


def wait_after(attempts: int, delivery_id: UUID, retry_after: timedelta | None) -> timedelta:
    """How long to wait after this many attempts: doubling, spread by the id, no less than the vendor asks (capped)."""
    doubled = min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
    spread = doubled * (0.75 + crc32(f"{delivery_id}:{attempts}".encode()) / 2**33)
    return max(spread, min(retry_after, LONGEST_WAIT)) if retry_after else spread

"""How long to wait before a failed effect is tried again."""

from datetime import timedelta
from uuid import UUID
from zlib import crc32

INITIAL_DELAY = timedelta(seconds=5)
MAX_DELAY = timedelta(hours=6)


def retry_delay(attempts: int, delivery_id: UUID, retry_after: timedelta | None) -> timedelta:
    """How long to wait after this many attempts: doubling, spread by the id, no less than the vendor asks (capped)."""
    doubled = min(INITIAL_DELAY * (1 << min(attempts - 1, 20)), MAX_DELAY)
    spread = doubled * (0.75 + crc32(f"{delivery_id}:{attempts}".encode()) / 2**33)
    return max(spread, min(retry_after, MAX_DELAY)) if retry_after else spread

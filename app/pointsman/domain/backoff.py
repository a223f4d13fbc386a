"""How long to wait before something that failed is tried again."""

from datetime import timedelta
from uuid import UUID
from zlib import crc32

INITIAL_DELAY = timedelta(seconds=5)
MAX_DELAY = timedelta(hours=6)

#: An inbox item is tried for so long since its first attempt, and at least so often.
INBOX_RETRY_FOR = timedelta(hours=24)
INBOX_MIN_ATTEMPTS = 8
INBOX_MAX_DELAY = timedelta(minutes=30)


#: A delivery is tried for so long at least: what is down on a Friday evening is mended on Monday.
DELIVERY_RETRY_FOR = timedelta(hours=75)


def retry_delay(
    attempts: int, seed: UUID, retry_after: timedelta | None = None, *, longest: timedelta = MAX_DELAY
) -> timedelta:
    """How long to wait after this many attempts: doubling up to `longest`, spread by the seed by a quarter.

    No less than a vendor asks for with `retry_after`, which `longest` caps, too.
    """
    doubled = min(INITIAL_DELAY * (1 << min(attempts - 1, 20)), longest)
    spread = doubled * (0.75 + crc32(f"{seed}:{attempts}".encode()) / 2**33)
    return max(spread, min(retry_after, longest)) if retry_after else spread


def inbox_retry_delay(attempts: int, item_id: UUID, *, tried_for: timedelta) -> timedelta | None:
    """How long an inbox item waits after its failed attempt; None when it was tried for long enough.

    Its age decides, and not how often it was tried: what is down on a Friday evening is mended within a day or by a human.
    """
    if tried_for >= INBOX_RETRY_FOR and attempts >= INBOX_MIN_ATTEMPTS:
        return None
    return retry_delay(attempts, item_id, longest=INBOX_MAX_DELAY)

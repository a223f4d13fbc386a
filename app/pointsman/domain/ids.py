"""UUIDv7 (RFC 9562): ids that sort by time, so indexes stay dense and shards can split by key."""

from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, entropy: bytes) -> UUID:
    """The UUIDv7 of an aware instant and 10 random bytes."""
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(entropy[:10], "big")
    value &= ~(0xF << 76) & ~(0x3 << 62)
    return UUID(int=value | (0x7 << 76) | (0x2 << 62))

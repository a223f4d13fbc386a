"""An answer without end."""

from collections.abc import AsyncIterator

import httpx


class Flood(httpx.AsyncByteStream):
    """A body without end that counts what was read of it."""

    CHUNK = b" " * 65_536
    ENOUGH = 64 * 1024 * 1024

    def __init__(self) -> None:
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.read < self.ENOUGH:
            self.read += len(self.CHUNK)
            yield self.CHUNK

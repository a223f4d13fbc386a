"""Which messages the server took: it cannot be asked, so the connection remembers the last ones of them."""

from contextlib import suppress
from hashlib import sha256

from pointsman_sdk import ConnectorError, Memory

_SHELVES = 64
_BYTES = 12
_MOST = 400  # on one shelf, so that some 25,000 are remembered, each shelf in 5 kB
_TRIES = 5


class Sent:
    """The keys of messages that were taken, as digests, on shelves of the connection's memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def has(self, key: str) -> bool:
        """Whether the message was taken, as far as is remembered."""
        shelf, mark = _marked(key)
        kept = await self._memory.get(shelf)
        return kept is not None and mark in _marks(kept.value)

    async def add(self, key: str) -> None:
        """Remember it. Where that fails nothing is lost: sent again, the message has the same Message-ID."""
        shelf, mark = _marked(key)
        with suppress(ConnectorError):
            for _ in range(_TRIES):
                kept = await self._memory.get(shelf)
                marks = [] if kept is None else _marks(kept.value)
                if mark in marks:
                    return
                value = b"".join([*marks[-(_MOST - 1) :], mark])
                if await self._memory.put(shelf, value, if_version=None if kept is None else kept.version):
                    return


def _marked(key: str) -> tuple[str, bytes]:
    digest = sha256(key.encode()).digest()
    return f"sent-{digest[-1] % _SHELVES}", digest[:_BYTES]


def _marks(value: bytes) -> list[bytes]:
    return [value[start : start + _BYTES] for start in range(0, len(value), _BYTES)]

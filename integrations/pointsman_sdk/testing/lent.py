"""What the bench lends beside a client: a memory, tokens that are renewed one at a time, and a log that is read."""

import asyncio
import itertools
import logging

from pointsman_sdk import MOST_MEMORY, Remembered, Renew, Token
from pointsman_sdk.testing.vendors import TokenVendor

_NUMBERS = itertools.count(1)


class BenchMemory:
    """A connection's memory, as long as the check runs."""

    def __init__(self) -> None:
        self.kept: dict[str, Remembered] = {}

    async def get(self, name: str) -> Remembered | None:
        """See `pointsman_sdk.Memory`."""
        return self.kept.get(name)

    async def put(self, name: str, value: bytes, *, if_version: int | None) -> bool:
        """See `pointsman_sdk.Memory`."""
        if len(value) > MOST_MEMORY:
            raise ValueError(f"more than {MOST_MEMORY} bytes")
        present = self.kept.get(name)
        if (present.version if present else None) != if_version:
            return False
        self.kept[name] = Remembered(value=value, version=(if_version or 0) + 1)
        return True


class BenchTokens:
    """Tokens of a vendor on the bench: a stale one is renewed once, however many ask meanwhile."""

    def __init__(self, vendor: TokenVendor) -> None:
        self._vendor, self._turn = vendor, asyncio.Lock()
        self._token: Token | None = None

    def lend(self, token: Token) -> None:
        """Have this one be the current token."""
        self._token = token

    async def current(self, *, subject: str | None = None, renew: Renew | None = None) -> Token:  # noqa: ARG002  # one subject
        """The token that was issued last; the first one is issued now."""
        if self._token is None:
            self._token = await renew(None) if renew else self._vendor.issue()
        return self._token

    async def renewed(self, stale: Token, *, subject: str | None = None, renew: Renew | None = None) -> Token:  # noqa: ARG002  # one subject
        """Another token than `stale`."""
        async with self._turn:
            await asyncio.sleep(0)
            if self._token is None or self._token == stale:
                self._vendor.issued.renewals += 1
                self._token = await renew(stale) if renew else self._vendor.issue()
            return self._token


class Lines(logging.Handler):
    """A log of a connector's own, of every level."""

    def __init__(self) -> None:
        super().__init__(level=logging.NOTSET)
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(logging.Formatter().format(record))

    def logger(self) -> logging.Logger:
        """The logger to lend."""
        made = logging.getLogger(f"pointsman_sdk.testing.{next(_NUMBERS)}")
        made.setLevel(logging.DEBUG)
        made.addHandler(self)
        return made

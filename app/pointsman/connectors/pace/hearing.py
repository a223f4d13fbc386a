"""Whether a vendor answered anything during one call: one that does is not away, though the call as a whole failed.

A call is several requests. Where one in three of them fails, hardly a call succeeds, and still the vendor works.
"""

from contextvars import ContextVar
from dataclasses import dataclass

import httpx


@dataclass(slots=True)
class Heard:
    """What came back in one call."""

    answer: bool = False


HEARING: ContextVar[Heard | None] = ContextVar("hearing", default=None)
"""Of the call that runs; None: no call does."""


async def hear(response: httpx.Response) -> None:
    """httpx's hook of each response. A failure, and "too many calls", say nothing of how the vendor does."""
    heard = HEARING.get()
    if heard is not None and response.status_code < 500 and response.status_code != 429:
        heard.answer = True

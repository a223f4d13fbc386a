"""Readers of outside text: a pure function, run beside this process."""

from collections.abc import Callable
from typing import Any, Protocol

from pointsman.domain.text.outcomes import Outcome

#: A function at a module's top level: it computes from the bytes and from plain keyword arguments alone.
TextReader = Callable[..., Outcome]


class TextReaders(Protocol):
    """Runs a reader beside this process, bounded in memory and time: it can neither stop nor end the service.

    Both ways return the value of the outcome and raise its Invalid or TooLarge; Invalid "unreadable" for a text that
    broke a bound or its reader; Unavailable when too many texts are being read.
    """

    async def read(self, reader: TextReader, text: bytes, **arguments: Any) -> Any: ...

    def read_now(self, reader: TextReader, text: bytes, **arguments: Any) -> Any: ...

    def warm(self, *readers: TextReader) -> None:
        """Be ready for these before the first text comes."""
        ...

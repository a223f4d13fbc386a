"""The reader processes of this process of the service, shared by all that it reads."""

import atexit
from functools import cache
from typing import Any, NoReturn

from pointsman.domain.errors import Fault, Invalid, Unavailable
from pointsman.domain.text.outcomes import value_of
from pointsman.services.ports.text_readers import TextReader
from pointsman_sdk.readers import Limits, ReaderPool, ReadersBusy, Unreadable


class ChildTextReaders:
    """Reads in children of the SDK's pools; one for each reader and process of the service, whatever its parts are wired to.

    Texts of one kind, however many and dear, take no child from those of another: policies none from what webhooks bring.
    """

    async def read(self, reader: TextReader, text: bytes, **arguments: Any) -> Any:
        try:
            return value_of(await _pool(reader).read(reader, text, limits=_limits(text), **arguments))
        except (Unreadable, ReadersBusy) as error:
            _refuse(error)

    def read_now(self, reader: TextReader, text: bytes, **arguments: Any) -> Any:
        try:
            return value_of(_pool(reader).read_now(reader, text, limits=_limits(text), **arguments))
        except (Unreadable, ReadersBusy) as error:
            _refuse(error)

    def warm(self, *readers: TextReader) -> None:
        for reader in readers:
            _pool(reader).warm(reader)


@cache
def _pool(_reader: TextReader) -> ReaderPool:
    pool = ReaderPool()
    atexit.register(pool.close)
    return pool


def _limits(text: bytes) -> Limits:
    """An answer within two seconds for a body of ordinary size; who allows larger ones allows them their time."""
    size = len(text)
    return Limits(
        input_bytes=max(size, 1),  # how much a body may have was decided at the door
        output_bytes=4_000_000 + 2 * size,
        memory_bytes=256_000_000 + 50 * size,
        seconds=1.2 + size / 10_000_000,
    )


def _refuse(error: Unreadable | ReadersBusy) -> NoReturn:
    if isinstance(error, ReadersBusy):
        raise Unavailable(str(error)) from None
    message = str(error)
    fault = Fault(path="body", code=error.reason.value, message=message)
    raise Invalid(f"The text cannot be read: {message}", code="unreadable", faults=[fault]) from None

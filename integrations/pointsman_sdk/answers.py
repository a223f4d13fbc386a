"""Reading a vendor's answer in bounds: what cannot be read becomes the error that says what happens next."""

from dataclasses import replace
from typing import Any, Protocol

from pointsman_sdk.errors import AmbiguousOutcome, ConnectorError, Rejected, Retryable
from pointsman_sdk.readers import Limits, Reader, ReadersBusy, Reason, Unreadable

ANSWER_LIMITS = Limits(
    input_bytes=4 * 1024 * 1024,
    output_bytes=2_000_000,
    memory_bytes=256_000_000,
    seconds=10.0,
    cpu_seconds=2,
    wait_seconds=30.0,
)
"""For the largest kind of answer, which is a calendar; each reader has counts of its own. An honest answer takes a fraction of
a second of processor time, which on a busy machine may take longer on the clock; the caller has a deadline of its own."""

PAGE_LIMITS = replace(ANSWER_LIMITS, input_bytes=2 * 1024 * 1024)
"""For a page of a list, or some records of any kind."""
RECORD_LIMITS = replace(ANSWER_LIMITS, input_bytes=1024 * 1024, output_bytes=1_000_000)
"""For one record: an event with all that hangs on it, a person, a token."""

SMALL = 32 * 1024
"""Bytes of an answer that a reader without recursion, as those of JSON and iCalendar are, takes in a few milliseconds."""

#: The same answer may be read in time a moment later, by a machine with less to do.
_MAYBE_LATER = frozenset({Reason.TOOK_TOO_LONG, Reason.CRASHED})


class Readers(Protocol):
    """The host's reader processes."""

    async def read(self, reader: Reader, data: bytes, *, limits: Limits, **arguments: Any) -> Any:
        """What `reader(data, **arguments)` returns, run in a child. Raises Unreadable, ReadersBusy."""
        ...


async def read_answer(
    readers: Readers,
    reader: Reader,
    body: bytes,
    *,
    vendor: str,
    writes: bool = False,
    small: int = 0,
    limits: Limits = ANSWER_LIMITS,
    **arguments: Any,
) -> Any:
    """What `reader(body, **arguments)` makes of an answer: a function at a module's top level, from bytes to JSON values.

    It runs in a child process, killed at its deadline. Up to `small` bytes it runs here, which is for readers that
    neither recurse nor call a parser written in C. `writes` says that the answer is to a request that changed something.

    Raises Rejected for what cannot be read, Retryable for what could not be read in time; AmbiguousOutcome for both
    when the request was a write, since the vendor has acted.
    """
    try:
        if len(body) <= small:
            return reader(body, **arguments)
        return await readers.read(reader, body, limits=limits, **arguments)
    except ReadersBusy:
        raise _error(f"{vendor} answered, and too much else is being read", later=True, writes=writes) from None
    except Unreadable as fault:
        why = str(fault).rstrip(".")
        said = f"{vendor} answered what cannot be read: {why[:1].lower()}{why[1:]}"
        raise _error(said, later=fault.reason in _MAYBE_LATER, writes=writes) from None


def _error(said: str, *, later: bool, writes: bool) -> ConnectorError:
    if writes:
        return AmbiguousOutcome(said)
    return Retryable(said) if later else Rejected(said)

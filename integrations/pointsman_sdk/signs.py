"""Signs: what a vendor's signature covers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a signature covers: the `body` as it arrived, and the `time`, so that a recording goes stale."""

    body: bool
    time: bool

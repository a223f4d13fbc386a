"""How long a fuzzed reader is tried: once in `make test`, a minute in `make test-deep`, as long as one asks for on demand."""

import os
import time
from collections.abc import Callable

from hypothesis import settings

DEEP_SECONDS = 60.0


def fuzz(*attempts: Callable[[], None]) -> None:
    """Run `attempts`, tests that draw their own examples, again and again until their time is up; at least once.

    `FUZZ_SECONDS` says how long (600 for ten minutes), whatever the profile.
    """
    seconds = os.environ.get("FUZZ_SECONDS")
    deep = settings.get_current_profile_name() == "deep"
    until = time.monotonic() + (float(seconds) if seconds else DEEP_SECONDS if deep else 0.0)
    while True:
        for attempt in attempts:
            attempt()
        if time.monotonic() >= until:
            return
